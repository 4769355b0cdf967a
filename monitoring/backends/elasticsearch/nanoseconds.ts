/** The last moment that a date_nanos field holds, in nanoseconds. */
const LAST_NS = 2n ** 63n - 1n;

/** RFC 3339 in UTC with nine digits, exact. */
export function formatNs(ns: bigint): string {
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, '0');
  return `${new Date(Number(ns / 1_000_000_000n) * 1_000).toISOString().slice(0, 19)}.${fraction}Z`;
}

export function msToNs(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6));
}

/** Unix milliseconds as text for a range query, kept inside what date_nanos holds: 1970 to 2262. */
export function boundary(ms: number): string {
  const ns = Number.isFinite(ms) ? msToNs(Math.max(0, ms)) : ms > 0 ? LAST_NS : 0n;
  return formatNs(ns > LAST_NS ? LAST_NS : ns);
}
