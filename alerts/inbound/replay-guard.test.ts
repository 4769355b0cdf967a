import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { REPLAY_WINDOW_MS, ReplayGuard, type TakenRequest } from './replay-guard.ts';

test('a request is taken once within 24 hours, by each sender for itself', async () => {
  const clock = new VirtualClock();
  const guard = new ReplayGuard(clock);
  expect(guard.take('slack', 'id')).not.toBeNull();
  expect(guard.take('slack', 'id')).toBeNull();
  expect(guard.take('twilio', 'id')).not.toBeNull();
  await clock.advance(REPLAY_WINDOW_MS - 1);
  expect(guard.take('slack', 'id')).toBeNull();
  await clock.advance(1);
  expect(guard.take('slack', 'id')).not.toBeNull();
});

test('a clock that is set back lets nothing in again', () => {
  const clock = new VirtualClock();
  const guard = new ReplayGuard(clock);
  guard.take('slack', 'id');
  clock.step(-7 * REPLAY_WINDOW_MS);
  expect(guard.take('slack', 'id')).toBeNull();
});

test('what could not be carried out may come again; what was is on disk, and known to the next process', async () => {
  const clock = new VirtualClock();
  const saved: TakenRequest[] = [];
  const guard = new ReplayGuard(clock, async (entry) => void saved.push(entry));
  guard.take('slack', 'failed')!.failed();
  expect(guard.take('slack', 'failed')).not.toBeNull();
  await guard.take('slack', 'done')!.carriedOut();
  expect(JSON.stringify(saved)).not.toContain('done');
  const next = new ReplayGuard(clock);
  next.remember(saved);
  expect(next.take('slack', 'done')).toBeNull();
});

test('memory is bounded: of a flood the oldest are forgotten', () => {
  const guard = new ReplayGuard(new VirtualClock(), undefined, 1_000);
  for (let index = 0; index <= 1_000; index++) guard.take('flood', String(index));
  expect(guard.take('flood', '1000')).toBeNull();
  expect(guard.take('flood', '0')).not.toBeNull();
});

test('one that bears no time is known a year later, after a restart and a flood of others', async () => {
  const clock = new VirtualClock();
  const saved: TakenRequest[] = [];
  const first = new ReplayGuard(clock, async (entry) => void saved.push(entry), 1_000);
  await first.take('sms', 'reply', true)!.carriedOut();
  for (let index = 0; index <= 1_000; index++) await first.take('flood', String(index))!.carriedOut();
  expect(first.take('sms', 'reply', true)).toBeNull();
  await clock.advance(365 * 86_400_000);
  const next = new ReplayGuard(clock, undefined, 1_000);
  // As the store lists them: what it may forget is what was taken more than a day ago.
  const since = clock.now() - REPLAY_WINDOW_MS;
  const kept = saved.filter(({ at }) => Date.parse(at) > since);
  expect(kept).toHaveLength(1);
  next.remember(kept);
  expect(next.take('sms', 'reply', true)).toBeNull();
  expect(first.take('sms', 'reply', true)).toBeNull();
});
