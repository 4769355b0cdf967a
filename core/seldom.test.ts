import { expect, test } from '@jest/globals';
import { seldom } from './seldom.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

test('the first is done at once, what follows within the time once at its end, and nothing after the end', async () => {
  const clock = new VirtualClock(0);
  const done: number[] = [];
  const ending = new AbortController();
  const tell = seldom(clock, 1_000, () => done.push(clock.now()), ending.signal);
  tell();
  tell();
  await clock.advance(400);
  tell();
  await clock.advance(5_000);
  expect(done).toEqual([0, 1_000]);
  tell();
  expect(done).toEqual([0, 1_000, 5_400]);
  tell();
  ending.abort();
  await clock.advance(5_000);
  tell();
  expect(done).toHaveLength(3);
});
