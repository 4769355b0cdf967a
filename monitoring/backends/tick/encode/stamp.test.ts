import { expect, test } from '@jest/globals';
import { belowMs, stamp } from './stamp.ts';

test('a time keeps its millisecond and carries where the item lies', () => {
  expect(stamp(1_790_000_000_123_456_789n, 5_000_017, 3)).toBe('1790000000123000020');
  expect(belowMs(1_790_000_000_123_456_789n)).toBe('456789i');
});

test('neighbours in the spool never share a time, however their records lie', () => {
  const ns = 1_790_000_000_123_456_789n;
  const times = new Set<string>();
  let position = 987_654_321;
  let items = 0;
  // Records of one to two thousand items, each as long as its items need at least.
  for (let record = 0; items < 150_000; record++) {
    const count = 1 + ((record * 7_919) % 2_000);
    for (let index = 0; index < count; index++) times.add(stamp(ns, position, index));
    items += count;
    position += 32 + count;
  }
  expect(times.size).toBe(items);
});

test('the same item gets the same time at every try', () => {
  expect(stamp(5_000_000n, 123, 4)).toBe(stamp(5_999_999n, 123, 4));
});

test('times that InfluxDB cannot hold become the nearest it can', () => {
  expect(BigInt(stamp(0n, 7, 0))).toBe(7n);
  expect(belowMs(-5n)).toBe('0i');
  expect(BigInt(stamp(2n ** 64n - 1n, 999_999, 0))).toBeLessThan(9_223_372_036_854_775_806n);
});
