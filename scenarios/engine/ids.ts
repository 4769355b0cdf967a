import { randomFillSync } from 'node:crypto';
import type { Instant } from '../../core/clock.ts';

/** A source of random hexadecimal digits in lower case, at most a thousand at once; tests seed it. */
export type Entropy = (digits: number) => string;

const bytes = Buffer.alloc(4_096);
let pool = '';
let used = 0;

/** Digits of the system, fetched in bulk: a call for sixteen of them costs as much as one for thousands. */
export const systemEntropy: Entropy = (digits) => {
  if (used + digits > pool.length) {
    pool = randomFillSync(bytes).toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
};

/** RFC 9562 §5.7: ordered by time, the rest random. */
export function uuidV7(now: Instant, entropy = systemEntropy): string {
  const time = Math.floor(now).toString(16).padStart(12, '0');
  const random = entropy(19);
  const variant = '89ab'[Number.parseInt(random[0]!, 16) % 4];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-${variant}${random.slice(4, 7)}-${random.slice(7)}`;
}

/** W3C Trace Context §3.2.2.3: 16 bytes, not all zero. */
export function traceId(entropy = systemEntropy): string {
  return nonZero(entropy(32));
}

/** W3C Trace Context §3.2.2.4: 8 bytes, not all zero. */
export function spanId(entropy = systemEntropy): string {
  return nonZero(entropy(16));
}

/** The run's own span: the random half of its UUIDv7, whose variant bits keep it from being zero. */
export function runSpanId(runId: string): string {
  return runId.replaceAll('-', '').slice(16);
}

/** W3C Trace Context §3.2, sampled. */
export function traceparent(trace: string, span: string): string {
  return `00-${trace}-${span}-01`;
}

const nonZero = (text: string) => (/^0+$/.test(text) ? `${text.slice(1)}1` : text);
