import type { SpoolRecord } from '../exporter.ts';
import { emptyAttributes } from '../otlp/decode-attributes.ts';
import type { DecodedPoint } from '../otlp/model.ts';
import type { Attributes } from '../telemetry.ts';
import { ExponentialSketch } from './exponential-sketch.ts';
import type { GaugeState } from './gauge-state.ts';
import type { StatsdMetric } from './parse.ts';
import { decodeStatsd } from './walk.ts';

/** Lines of one record that share type, name, tags and time. */
interface Gathered {
  metric: StatsdMetric;
  timeNs: bigint;
  sum: number;
  level: number;
  members: Set<string>;
  sketch: ExponentialSketch | undefined;
}

const DISTRIBUTED = new Set<StatsdMetric['type']>(['timer', 'histogram', 'distribution']);

/**
 * Sums the well-formed StatsD lines of a record into OTLP data points, one per type, name, tags and time, in the order
 * of their first lines; malformed ones are passed over (`countStatsd` says how many are not).
 *
 * - counter: delta Sum of value / sample rate, monotonic unless it fell
 * - gauge: Gauge, the last level; `+3` and `-3` change what `state` remembers
 * - timer (unit ms), histogram, distribution: delta exponential histogram of scale 6 (buckets of 1.09 % width); a
 *   sampled value weighs 1 / rate, rounded per bucket
 * - set: Gauge of the distinct members of this record alone
 *
 * Tags are attributes, in the order of their names. The time is the line's own `|T…`, else that of receipt; `startNs` is
 * 0n. The resource is empty.
 */
export function statsdToPoints(record: SpoolRecord, state: GaugeState): DecodedPoint[] {
  const series = new Map<string, Gathered>();
  const levels = new Map<string, number>();
  const receivedNs = BigInt(Math.round(record.receivedAt * 1_000)) * 1_000n;
  for (const metric of decodeStatsd(record.bytes)) {
    const name = seriesName(metric);
    const key = metric.timestamp === undefined ? name : `${metric.timestamp} ${name}`;
    let gathered = series.get(key);
    if (!gathered) {
      gathered = {
        metric,
        timeNs: metric.timestamp === undefined ? receivedNs : secondsToNs(metric.timestamp),
        sum: 0,
        level: 0,
        members: new Set(),
        sketch: DISTRIBUTED.has(metric.type) ? new ExponentialSketch() : undefined,
      };
      series.set(key, gathered);
    }
    if (metric.type === 'gauge') {
      gathered.level = raised(levels.get(name) ?? state.levelBefore(name, record.position), metric);
      levels.set(name, gathered.level);
    } else gather(gathered, metric);
  }
  for (const [name, level] of levels) state.setLevel(name, record.position, level);
  const resource = emptyAttributes();
  return [...series.values()].map((gathered) => pointOf(gathered, resource));
}

function raised(level: number, { relative, values }: StatsdMetric): number {
  return relative ? values.reduce((sum, value) => finite(sum + value), level) : values.at(-1)!;
}

function gather(gathered: Gathered, metric: StatsdMetric): void {
  if (metric.type === 'set') gathered.members.add(metric.member);
  for (const value of metric.values) {
    if (gathered.sketch) gathered.sketch.add(value, 1 / metric.sampleRate);
    else gathered.sum = finite(gathered.sum + value / metric.sampleRate);
  }
}

function pointOf({ metric, timeNs, sum, level, members, sketch }: Gathered, resource: Attributes): DecodedPoint {
  const attributes = emptyAttributes();
  for (const tag of Object.keys(metric.tags).sort()) attributes[tag] = metric.tags[tag]!;
  const base = { name: metric.name, unit: '', description: '', timeNs, startNs: 0n, attributes, resource };
  if (sketch) {
    const unit = metric.type === 'timer' ? 'ms' : '';
    return { type: 'exponential_histogram', ...base, unit, temporality: 'delta', ...sketch.finish() };
  }
  if (metric.type === 'counter') {
    return { type: 'sum', ...base, temporality: 'delta', monotonic: sum >= 0, value: sum };
  }
  return { type: 'gauge', ...base, value: metric.type === 'set' ? members.size : level };
}

/** Equal for lines of one series, whatever the order of their tags. */
function seriesName({ type, name, tags }: StatsdMetric): string {
  let series = `${type} ${name}`;
  const keys = Object.keys(tags);
  if (keys.length > 1) keys.sort();
  for (const key of keys) series += `\u0001${key}\u0002${tags[key]}`;
  return series;
}

/** A sender may claim any second; OTLP's nanoseconds end in 2554. */
function secondsToNs(seconds: number): bigint {
  return BigInt(Math.min(seconds, 18_446_744_073)) * 1_000_000_000n;
}

/** Infinity would make every total that it enters unreadable. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
