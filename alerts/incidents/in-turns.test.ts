import { expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../../core/clock.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { inTurns } from './in-turns.ts';

const all = Array.from({ length: 1_000 }, (_, index) => index);
const never = new AbortController().signal;

/** Each part takes five milliseconds. */
class SlowWork {
  spent = 0;
  waits = 0;
  readonly seen: number[] = [];
  readonly clock: Clock = {
    now: () => 0,
    monotonic: () => this.spent,
    timer: async () => void this.waits++,
  };
  readonly do = async (part: readonly number[]) => {
    this.seen.push(...part);
    this.spent += 5;
  };
}

test('everybody else has a turn each few milliseconds, and each is done once, in order', async () => {
  const work = new SlowWork();
  await inTurns(work.clock, all, work.do, never);
  expect(work.seen).toEqual(all);
  expect(work.waits).toBe(9);
});

test('what takes no time is done at once', () => {
  const seen: number[] = [];
  void inTurns(new VirtualClock(), all, async (part) => void seen.push(...part), never);
  expect(seen).toEqual(all);
});

test('it ends between two turns when it is told to', async () => {
  const work = new SlowWork();
  await inTurns(
    { ...systemClock, monotonic: work.clock.monotonic },
    all,
    work.do,
    AbortSignal.abort(new Error('ends')),
  );
  expect(work.seen).toHaveLength(100);
});
