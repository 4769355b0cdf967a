import type { SpoolRecord } from '../../../exporter.ts';
import { parseStatsd, type StatsdMetric } from '../../../statsd/index.ts';
import { bucketOf, GROWTH, ZERO_BUCKET } from '../histogram.ts';
import { clampNs, msToNs } from '../values.ts';
import type { Encoded } from './encoded.ts';
import type { PointEncoder, SeriesKind } from './points.ts';

/** What one series gathered in one second. */
interface Gathered {
  series: number;
  timeNs: bigint;
  type: StatsdMetric['type'];
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
  buckets: Map<number, number> | null;
}

const COUNTED = new Set(['timer', 'histogram', 'distribution']);
const MAX_MEMBERS = 10_000;

/**
 * Sums StatsD lines per series and second, as a StatsD server does per flush interval. Gauges changed by a sign and
 * sets need memory beyond a batch; it is taken over only when the batch is committed, so that a retry counts once.
 */
export class StatsdEncoder {
  readonly #points: PointEncoder;
  readonly #decoder = new TextDecoder();
  #gathered = new Map<string, Gathered>();
  #gauges = new Map<string, number>();
  #newGauges = new Map<string, number>();
  #members = new Map<string, Set<string>>();
  #newMembers: [Set<string>, string][] = [];

  constructor(points: PointEncoder) {
    this.#points = points;
  }

  /** @returns how many lines were understood */
  take(record: SpoolRecord, encoded: Encoded): number {
    let understood = 0;
    for (const line of this.#decoder.decode(record.bytes).split('\n')) {
      if (line === '') continue;
      const metric = parseStatsd(line);
      if (!metric) continue;
      understood++;
      this.#add(metric, record.receivedAt, encoded);
    }
    return understood;
  }

  #add(metric: StatsdMetric, receivedAt: number, encoded: Encoded): void {
    const second = metric.timestamp ?? Math.floor(receivedAt / 1000);
    const name = seriesKey(metric);
    const key = `${second} ${name}`;
    let gathered = this.#gathered.get(key);
    if (!gathered) {
      const timeNs = clampNs(msToNs(second * 1000));
      gathered = {
        series: this.#points.series(metric.name, kindOf(metric), metric.tags, null, timeNs, encoded),
        timeNs,
        type: metric.type,
        count: 0,
        sum: 0,
        min: Number.POSITIVE_INFINITY,
        max: Number.NEGATIVE_INFINITY,
        last: 0,
        buckets: COUNTED.has(metric.type) ? new Map() : null,
      };
      this.#gathered.set(key, gathered);
    }
    if (metric.type === 'set') {
      if (this.#isNewMember(name, second, metric.member)) gather(gathered, 1, 1);
    } else if (metric.type === 'gauge') {
      for (const value of metric.values) {
        const before = this.#newGauges.get(name) ?? this.#gauges.get(name) ?? 0;
        const level = metric.relative ? before + value : value;
        this.#newGauges.set(name, level);
        gather(gathered, level, 1);
      }
    } else {
      for (const value of metric.values) gather(gathered, value, 1 / metric.sampleRate);
    }
  }

  #isNewMember(name: string, second: number, member: string): boolean {
    const key = `${name} ${second}`;
    let members = this.#members.get(key);
    if (!members) {
      if (this.#members.size > 1_000) this.#members.clear();
      members = new Set();
      this.#members.set(key, members);
    }
    if (members.has(member) || members.size >= MAX_MEMBERS) return false;
    members.add(member);
    this.#newMembers.push([members, member]);
    return true;
  }

  flush(batch: bigint, encoded: Encoded): void {
    for (const one of this.#gathered.values()) {
      if (one.count === 0) continue;
      const { zeroCount, bucketOffset, buckets } = dense(one.buckets);
      this.#points.row(
        one.series,
        {
          timeNs: one.timeNs,
          startNs: one.timeNs,
          // A counter counts what it was raised by, not how often.
          count: one.type === 'counter' ? one.sum : one.count,
          sum: one.sum,
          min: one.min,
          max: one.max,
          last: one.last,
          zeroCount,
          bucketOffset,
          buckets,
        },
        batch,
        encoded,
      );
    }
    this.#gathered = new Map();
  }

  committed(): void {
    if (this.#gauges.size > 50_000) this.#gauges.clear();
    for (const [name, level] of this.#newGauges) this.#gauges.set(name, level);
    this.#newGauges.clear();
    this.#newMembers = [];
  }

  rolledBack(): void {
    this.#gathered = new Map();
    this.#newGauges.clear();
    for (const [members, member] of this.#newMembers) members.delete(member);
    this.#newMembers = [];
  }
}

function gather(gathered: Gathered, value: number, weight: number): void {
  gathered.count = finite(gathered.count + weight);
  gathered.sum = finite(gathered.sum + value * weight);
  if (value < gathered.min) gathered.min = value;
  if (value > gathered.max) gathered.max = value;
  gathered.last = value;
  if (gathered.buckets) {
    const bucket = bucketOf(value);
    gathered.buckets.set(bucket, finite((gathered.buckets.get(bucket) ?? 0) + weight));
  }
}

/** Infinity would make every total that it enters unreadable. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

function kindOf(metric: StatsdMetric): SeriesKind {
  return {
    type: metric.type,
    unit: metric.type === 'timer' ? 'ms' : '',
    delta: metric.type !== 'gauge',
    cumulative: false,
    bounds: null,
    base: COUNTED.has(metric.type) ? GROWTH : null,
  };
}

function seriesKey(metric: StatsdMetric): string {
  let key = `${metric.type} ${metric.name}`;
  for (const tag in metric.tags) key += `\u0001${tag}\u0002${metric.tags[tag]}`;
  return key;
}

function dense(buckets: Map<number, number> | null) {
  if (!buckets) return { zeroCount: 0, bucketOffset: 0, buckets: null };
  const zeroCount = buckets.get(ZERO_BUCKET) ?? 0;
  const used = [...buckets.keys()].filter((bucket) => bucket !== ZERO_BUCKET);
  if (used.length === 0) return { zeroCount, bucketOffset: 0, buckets: [] };
  const bucketOffset = Math.min(...used);
  const counts = new Array<number>(Math.max(...used) - bucketOffset + 1).fill(0);
  for (const bucket of used) counts[bucket - bucketOffset] = buckets.get(bucket)!;
  return { zeroCount, bucketOffset, buckets: counts };
}
