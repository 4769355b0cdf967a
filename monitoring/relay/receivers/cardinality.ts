import type { Clock } from '../../../core/clock.ts';

export interface CardinalityOptions {
  clock: Clock;
  /** Distinct tag sets of one metric within the window. */
  maxTagSets: number;
  /** A tag set that was not seen for that long makes room; it may take up to twice as long. Default an hour. */
  windowMs?: number;
  /** Distinct tag sets of all metrics together. Default 500,000, some 40 MB. */
  maxInAll?: number;
}

/** A metric and how many items with new tags it had beyond its limit. */
export interface Overflowing {
  metric: string;
  items: number;
}

/** Tag sets of one metric in either generation; one that is seen again moves to the newer. */
interface Metric {
  newer: number;
  older: number;
  overflowed: number;
}

/** What takes the place of the tags of an item beyond the limit, as OpenTelemetry's SDKs name it. */
export const OVERFLOW_TAG = 'otel.metric.overflow';

const WINDOW_MS = 3_600_000;
const MAX_IN_ALL = 500_000;
const MAX_METRICS = 50_000;
/** Metrics beyond the limit of names share this one's. */
const REST = 'all other metrics';
const WORST = 10;

/**
 * Keeps the number of distinct tag sets per metric name within bounds, because each becomes a series that every backend
 * keeps. Tag sets are known by a 32-bit hash of their bytes, seeded anew in each process: of 500,000 one in ten thousand
 * passes for one that is known, and is let through without being counted. The same tags in another order are another
 * set.
 *
 * Two generations stand for the sliding window: what was seen in the newer or the older one is known.
 */
export class CardinalityGuard {
  readonly #clock: Clock;
  readonly #maxTagSets: number;
  readonly #windowMs: number;
  readonly #maxInAll: number;
  #newer = new Set<number>();
  #older = new Set<number>();
  #metrics = new Map<string, Metric>();
  #generationEnds: number;
  /** Of hashes. */
  readonly seed = (Math.random() * 2 ** 32) | 0;
  /** Items whose tags were replaced, since the start. */
  overflowed = 0;

  constructor({ clock, maxTagSets, windowMs, maxInAll }: CardinalityOptions) {
    this.#clock = clock;
    this.#maxTagSets = maxTagSets;
    this.#windowMs = windowMs ?? WINDOW_MS;
    this.#maxInAll = maxInAll ?? MAX_IN_ALL;
    this.#generationEnds = clock.monotonic() + this.#windowMs;
  }

  /** The quick answer for most items; where it is false, `admit` has the full one. @param hash an int32 */
  isKnown(hash: number): boolean {
    return this.#newer.has(hash);
  }

  /** Whether an item may keep its tags. Where not, it is counted. @param hash an int32, of name and tags */
  admit(hash: number, name: string): boolean {
    if (this.#newer.has(hash)) return true;
    const metric = this.#metric(name);
    if (this.#older.delete(hash)) metric.older = Math.max(0, metric.older - 1);
    else if (metric.newer + metric.older >= this.#maxTagSets || this.#newer.size + this.#older.size >= this.#maxInAll) {
      metric.overflowed++;
      this.overflowed++;
      return false;
    }
    this.#newer.add(hash);
    metric.newer++;
    return true;
  }

  #metric(name: string): Metric {
    const known = this.#metrics.get(name) ?? (this.#metrics.size < MAX_METRICS ? undefined : this.#metrics.get(REST));
    if (known) return known;
    const metric = { newer: 0, older: 0, overflowed: 0 };
    this.#metrics.set(this.#metrics.size < MAX_METRICS ? name : REST, metric);
    return metric;
  }

  /** Lets time pass; to be called now and then, not for every item. */
  advance(): void {
    if (this.#clock.monotonic() < this.#generationEnds) return;
    this.#generationEnds = this.#clock.monotonic() + this.#windowMs;
    this.#older = this.#newer;
    this.#newer = new Set();
    for (const [name, metric] of this.#metrics) {
      if (metric.newer === 0) this.#metrics.delete(name);
      else Object.assign(metric, { newer: 0, older: metric.newer });
    }
  }

  /** The ten metrics with the most items beyond the limit, of those seen within the window. */
  worst(): Overflowing[] {
    return [...this.#metrics]
      .filter(([, { overflowed }]) => overflowed > 0)
      .map(([metric, { overflowed }]) => ({ metric, items: overflowed }))
      .sort((one, other) => other.items - one.items)
      .slice(0, WORST);
  }
}

/** FNV-1a over bytes, going on from `hash`. */
export function hashBytes(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let result = hash;
  for (let at = start; at < end; at++) result = Math.imul(result ^ bytes[at]!, 0x01000193);
  return result;
}
