import { randomFillSync } from 'node:crypto';
import type { Instant } from '../../core/clock.ts';

/** A source of random bytes; tests seed it. */
export type Entropy = (bytes: number) => Uint8Array;

const pool = new Uint8Array(4_096);
let unused = 0;

/** Random bytes of the system, fetched in bulk: a call for eight of them costs as much as one for thousands. */
export const systemEntropy: Entropy = (bytes) => {
  if (unused < bytes) {
    randomFillSync(pool);
    unused = pool.length;
  }
  unused -= bytes;
  return pool.slice(unused, unused + bytes);
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

/** RFC 9562 §5.7: ordered by time, the rest random. */
export function uuidV7(now: Instant, entropy: Entropy): string {
  const bytes = entropy(16).slice();
  let left = Math.floor(now);
  for (let index = 5; index >= 0; index--) {
    bytes[index] = left % 256;
    left = Math.floor(left / 256);
  }
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const text = hex(bytes);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

/** W3C Trace Context §3.2.2.3: 16 bytes, not all zero. */
export function traceId(entropy: Entropy): string {
  return nonZero(hex(entropy(16)));
}

/** W3C Trace Context §3.2.2.4: 8 bytes, not all zero. */
export function spanId(entropy: Entropy): string {
  return nonZero(hex(entropy(8)));
}

/** The run's own span: the random half of its UUIDv7, whose variant bits keep it from being zero. */
export function runSpanId(runId: string): string {
  return runId.replaceAll('-', '').slice(16);
}

/** W3C Trace Context §3.2, sampled. */
export function traceparent(trace: string, span: string): string {
  return `00-${trace}-${span}-01`;
}

const nonZero = (text: string) => (/[^0]/.test(text) ? text : `${text.slice(1)}1`);
