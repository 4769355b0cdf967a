import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { TokenBucket } from './token-bucket.ts';

/** Takes whatever is to be had, over and over. @returns when each was taken */
function drain(bucket: TokenBucket, fromMs: number, toMs: number, stepMs = 1): number[] {
  const taken: number[] = [];
  for (let now = fromMs; now < toMs; now += stepMs) while (bucket.take(now)) taken.push(now);
  return taken;
}

function mostInAMinute(times: readonly number[]): number {
  let most = 0;
  for (let begin = 0, end = 0; end < times.length; end++) {
    while (times[end]! - times[begin]! >= 60_000) begin++;
    most = Math.max(most, end - begin + 1);
  }
  return most;
}

describe.each([1, 2, 12, 20, 30, 60, 120, 600])('a limit of %i a minute', (limit) => {
  test('is used but never exceeded in any sixty seconds, whatever came before', () => {
    const random = seededRandom(limit);
    const bucket = new TokenBucket(limit, 0);
    const times: number[] = [];
    for (let now = 0; now < 1_200_000; ) {
      const until = now + 200_000 * random();
      times.push(...drain(bucket, now, until, 23));
      now = until + 100_000 * random();
    }
    expect(mostInAMinute(times)).toBeLessThanOrEqual(limit);
  });

  test('is nearly reached by a crowd that waits', () => {
    const taken = drain(new TokenBucket(limit, 0), 0, 600_000, 23);
    expect(taken.length).toBeGreaterThanOrEqual(10 * limit * 0.48);
  });
});

test('what waits leaves evenly, and a pause allows a small burst', () => {
  const bucket = new TokenBucket(120, 0);
  const even = drain(bucket, 0, 60_000);
  const gaps = even.slice(1).map((at, index) => at - even[index]!);
  expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
  expect(drain(bucket, 120_000, 120_001)).toHaveLength(bucket.burst);
  expect(bucket.burst).toBe(10);
});

test('a process that is restarted over and over stays below the limit', () => {
  const times: number[] = [];
  for (let start = 0; start < 300_000; start += 10_000) {
    times.push(...drain(new TokenBucket(120, start), start, start + 10_000, 3));
  }
  expect(mostInAMinute(times)).toBeLessThanOrEqual(120);
});

test('it names the moment of the next one exactly: nobody is woken in vain', () => {
  const bucket = new TokenBucket(90, 0);
  bucket.take(0);
  for (let now = 0, turns = 0; turns < 200; turns++) {
    const next = bucket.readyAt(now);
    expect(next).toBeGreaterThan(now);
    expect(bucket.take(next)).toBe(true);
    now = next;
  }
});
