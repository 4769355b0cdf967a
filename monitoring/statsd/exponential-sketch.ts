import type { ExponentialBuckets, ExponentialHistogramPoint } from '../otlp/model.ts';

const SCALE = 6;
/** Covers 2^64 between the smallest and the largest value; what spreads further gets wider buckets. */
const MAX_BUCKETS = 4_096;

type Distribution = Pick<
  ExponentialHistogramPoint,
  'count' | 'sum' | 'min' | 'max' | 'scale' | 'zeroCount' | 'zeroThreshold' | 'positive' | 'negative'
>;

/**
 * Gathers values into OTLP's exponential histogram.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export class ExponentialSketch {
  readonly #positive = new Map<number, number>();
  readonly #negative = new Map<number, number>();
  #zero = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** @param weight how many values it stands for, > 0 */
  add(value: number, weight: number): void {
    this.#sum += value * weight;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) {
      this.#zero += weight;
      return;
    }
    const buckets = value > 0 ? this.#positive : this.#negative;
    const index = bucketIndex(Math.abs(value));
    buckets.set(index, (buckets.get(index) ?? 0) + weight);
  }

  /** `count` is the sum of all buckets, each rounded to a whole number; `sum` is null where a value was negative. */
  finish(): Distribution {
    const down = Math.max(narrowing(this.#positive), narrowing(this.#negative));
    const positive = dense(this.#positive, down);
    const negative = dense(this.#negative, down);
    const zeroCount = whole(this.#zero);
    const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
    return {
      count: zeroCount + total(positive.counts) + total(negative.counts),
      sum: this.#min < 0 || !Number.isFinite(this.#sum) ? null : this.#sum,
      min: this.#min,
      max: this.#max,
      scale: SCALE - down,
      zeroCount,
      zeroThreshold: 0,
      positive,
      negative,
    };
  }
}

/** Bucket i covers (2^(i/64), 2^((i+1)/64)]. Exact powers of two end theirs, which the logarithm alone would miss. */
function bucketIndex(value: number): number {
  const log = Math.log2(value);
  return Number.isInteger(log) ? log * 2 ** SCALE - 1 : Math.ceil(log * 2 ** SCALE) - 1;
}

/** How often buckets must be merged in pairs to be at most MAX_BUCKETS. */
function narrowing(buckets: Map<number, number>): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const index of buckets.keys()) {
    if (index < least) least = index;
    if (index > most) most = index;
  }
  let down = 0;
  while (most >= least && (most >> down) - (least >> down) >= MAX_BUCKETS) down++;
  return down;
}

function dense(buckets: Map<number, number>, down: number): ExponentialBuckets {
  const merged = new Map<number, number>();
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const [fine, weight] of buckets) {
    const index = fine >> down;
    merged.set(index, (merged.get(index) ?? 0) + weight);
    if (index < least) least = index;
    if (index > most) most = index;
  }
  if (merged.size === 0) return { offset: 0, counts: [] };
  const counts = new Array<number>(most - least + 1).fill(0);
  for (const [index, weight] of merged) counts[index - least] = whole(weight);
  return { offset: least, counts };
}

/** Something was there, so never 0. */
function whole(weight: number): number {
  return weight === 0 ? 0 : Math.max(1, Math.min(Number.MAX_SAFE_INTEGER, Math.round(weight)));
}
