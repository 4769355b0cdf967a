import { performance } from 'node:perf_hooks';

/** How far the wall clock may run from the monotonic one before new spans follow it. */
const TOLERATED_DRIFT_MS = 50;

let originSeconds = 0;
let originNanos = 0;
let originMs = 0;

function anchor(unixMs: number): void {
  originMs = unixMs;
  originSeconds = Math.floor(unixMs / 1000);
  originNanos = Math.round((unixMs - originSeconds * 1000) * 1e6);
}
anchor(performance.timeOrigin);

/** Milliseconds since process start, monotonic, with a resolution of nanoseconds. */
export function monotonicMs(): number {
  return performance.now();
}

/** Follows steps of the system's clock (NTP, a resumed machine). Called between exports, never within one span. */
export function followWallClock(nowMs: number = Date.now()): void {
  const actualOrigin = nowMs - performance.now();
  if (Math.abs(actualOrigin - originMs) > TOLERATED_DRIFT_MS) anchor(actualOrigin);
}

/** The two halves of a 64-bit count of Unix nanoseconds; valid until the next call of a function that returns it. */
export interface UnixNanos {
  low: number;
  high: number;
}

const nanos: UnixNanos = { low: 0, high: 0 };

/** Unix nanoseconds of a `monotonicMs` reading. The sum never passes through a double, so no nanosecond is rounded. */
export function unixNanosOf(monotonic: number): UnixNanos {
  const seconds = Math.floor(monotonic / 1000);
  return joinUnixNanos(originSeconds + seconds, originNanos + Math.round((monotonic - seconds * 1000) * 1e6));
}

/** seconds × 10⁹ + nanoseconds in 64-bit arithmetic. `nanoseconds` below 2³²; seconds below 2³². */
export function joinUnixNanos(seconds: number, nanoseconds: number): UnixNanos {
  const upper = Math.floor(seconds / 65_536) * 1e9;
  const lower = (upper % 65_536) * 65_536 + (seconds % 65_536) * 1e9 + nanoseconds;
  nanos.low = lower % 4_294_967_296;
  nanos.high = Math.floor(upper / 65_536) + Math.floor(lower / 4_294_967_296);
  return nanos;
}

/** Unix nanoseconds of Unix milliseconds, which may carry a fraction. */
export function unixNanosOfMs(unixMs: number): UnixNanos {
  const seconds = Math.floor(unixMs / 1000);
  return joinUnixNanos(seconds, Math.round((unixMs - seconds * 1000) * 1e6));
}
