import { expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { SimulationClock } from './simulation-clock.ts';

test('timers fire in the order of their time, then of their making, at their time', async () => {
  const clock = new SimulationClock(1_000);
  const random = seededRandom(3);
  const fired: { at: number; number: number; now: number }[] = [];
  for (let number = 0; number < 500; number++) {
    const at = Math.floor(random() * 50);
    void clock.timer(at).then(() => fired.push({ at, number, now: clock.now() }));
  }
  await clock.advanceTo(100);
  expect(fired).toHaveLength(500);
  expect(fired.every(({ at, now }) => now === 1_000 + at)).toBe(true);
  expect(fired).toEqual([...fired].sort((a, b) => a.at - b.at || a.number - b.number));
  expect(clock.monotonic()).toBe(100);
});

test('a timer made by a timer fires in the same go, an aborted one never', async () => {
  const clock = new SimulationClock(0);
  const fired: string[] = [];
  const abort = new AbortController();
  void clock.timer(10).then(async () => {
    abort.abort(new Error('no longer wanted'));
    await clock.timer(10);
    fired.push(`second at ${clock.monotonic()}`);
  });
  const aborted = clock.timer(15, abort.signal).then(
    () => fired.push('aborted'),
    (reason: Error) => fired.push(reason.message),
  );
  await clock.advanceTo(30);
  await aborted;
  expect(fired).toEqual(['no longer wanted', 'second at 20']);
  await expect(clock.timer(1, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
});

test('setting the wall clock moves no timer', async () => {
  const clock = new SimulationClock(0);
  let fired = Number.NaN;
  void clock.timer(1_000).then(() => {
    fired = clock.monotonic();
  });
  clock.step(-3_600_000);
  await clock.advanceTo(999);
  expect(fired).toBeNaN();
  await clock.advanceTo(1_000);
  expect(fired).toBe(1_000);
  expect(clock.now()).toBe(-3_599_000);
});
