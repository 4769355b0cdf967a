import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { Deadlines } from './deadline.ts';
import { TimeUp } from './http/time-up.ts';

const never = new AbortController().signal;

test('deadlines fire in time, a shorter one that comes later included, and cancelled ones do not', async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const long = deadlines.start(1_000, never);
  const cancelled = deadlines.start(500, never);
  const short = deadlines.start(40, never);
  cancelled.cancel();
  await clock.advance(39);
  expect(short.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(short.signal.reason).toBeInstanceOf(TimeUp);
  expect(short.signal.reason.limitMs).toBe(40);
  await clock.advance(959);
  expect(long.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(long.signal.aborted).toBe(true);
  expect(cancelled.signal.aborted).toBe(false);
});

test("the parent's end is the deadline's, with its reason, before and after the start", () => {
  const deadlines = new Deadlines(new VirtualClock());
  const parent = new AbortController();
  const before = deadlines.start(1_000, parent.signal);
  parent.abort(new Error('stopped'));
  const after = deadlines.start(1_000, parent.signal);
  expect([before.signal.reason.message, after.signal.reason.message]).toEqual(['stopped', 'stopped']);
});

test('no timer is left soon after the last deadline is cancelled', async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const all = Array.from({ length: 50 }, () => deadlines.start(10_000, never));
  await clock.advance(250);
  for (const deadline of all) deadline.cancel();
  await clock.advance(100);
  expect(clock.pending).toBe(0);
});
