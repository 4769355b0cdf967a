import { randomFillSync } from 'node:crypto';

// xoshiro128++ (Blackman and Vigna, 2018), seeded from the system: ids need to be unique, not secret,
// and asking the system for each of them costs more than the rest of a span.
const state = randomFillSync(new Int32Array(4)) as Int32Array;
if (state.every((word) => word === 0)) state[0] = 1;

/** A uniformly distributed signed 32-bit integer. */
export function randomInt32(): number {
  let s0 = state[0]!;
  let s1 = state[1]!;
  let s2 = state[2]!;
  let s3 = state[3]!;
  const sum = (s0 + s3) | 0;
  const result = (((sum << 7) | (sum >>> 25)) + s0) | 0;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = (s3 << 11) | (s3 >>> 21);
  state[0] = s0;
  state[1] = s1;
  state[2] = s2;
  state[3] = s3;
  return result;
}

/** Uniform in [0, 1). */
export function randomFraction(): number {
  return (randomInt32() >>> 0) / 4_294_967_296;
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexOfWord(word: number): string {
  return (
    hexOfByte[word >>> 24]! + hexOfByte[(word >>> 16) & 255]! + hexOfByte[(word >>> 8) & 255]! + hexOfByte[word & 255]!
  );
}

/** 16 random bytes in lower-case hex, never all zero (W3C Trace Context §3.2.2.3). */
export function newTraceId(): string {
  return hexOfWord(randomInt32()) + hexOfWord(randomInt32()) + hexOfWord(randomInt32()) + hexOfWord(randomInt32() | 1);
}

/** 8 random bytes in lower-case hex, never all zero (W3C Trace Context §3.2.2.4). */
export function newSpanId(): string {
  return hexOfWord(randomInt32()) + hexOfWord(randomInt32() | 1);
}
