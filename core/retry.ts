/** Exponential backoff with full jitter. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
}

/**
 * Milliseconds to wait before the next try.
 * @param attempt the number of tries made so far, from 1
 * @param retryAfterMs what the other side asked for; never undercut
 * @param random uniform in [0, 1)
 */
export function backoffMs(backoff: Backoff, attempt: number, random: () => number, retryAfterMs = 0): number {
  const ceiling = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(retryAfterMs, ceiling / 2 + (random() * ceiling) / 2);
}

/**
 * Reads an HTTP Retry-After header (RFC 9110 §10.2.3): seconds or a date.
 * @returns milliseconds from `now`, or undefined when absent or unreadable
 */
export function parseRetryAfter(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
