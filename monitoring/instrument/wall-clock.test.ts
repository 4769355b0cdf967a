import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { followWallClock, joinUnixNanos, monotonicMs, unixNanosOf, unixNanosOfMs } from './wall-clock.ts';

const big = ({ low, high }: { low: number; high: number }) => (BigInt(high) << 32n) | BigInt(low);

test('seconds and nanoseconds join to the exact 64-bit count', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), fc.nat({ max: 0xffff_ffff }), (seconds, nanoseconds) => {
      expect(big(joinUnixNanos(seconds, nanoseconds))).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
    }),
  );
});

test('two monotonic readings differ by as many nanoseconds in Unix time, after years of uptime too', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 }), fc.nat({ max: 999 }), (startedMs, laterMicros) => {
      const before = big(unixNanosOf(startedMs));
      const after = big(unixNanosOf(startedMs + laterMicros / 1000));
      const error = Number(after - before) - laterMicros * 1000;
      // A double of two billion milliseconds resolves a quarter of a microsecond.
      expect(Math.abs(error)).toBeLessThanOrEqual(500);
    }),
  );
});

test('milliseconds of the wall clock become nanoseconds', () => {
  expect(big(unixNanosOfMs(1_700_000_000_123))).toBe(1_700_000_000_123_000_000n);
});

test('a step of the wall clock is followed, a wobble is not', () => {
  const now = () => Number(big(unixNanosOf(monotonicMs())) / 1_000_000n);
  const before = now() - Date.now();
  followWallClock(Date.now() + 40);
  expect(Math.abs(now() - Date.now() - before)).toBeLessThan(35);
  followWallClock(Date.now() + 3_600_000);
  expect(now() - Date.now()).toBeGreaterThan(3_590_000);
  followWallClock();
  expect(Math.abs(now() - Date.now())).toBeLessThan(100);
});
