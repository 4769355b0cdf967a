import { Buffer } from 'node:buffer';
import type { SpoolRecord } from '../../../exporter.ts';
import type { GaugeState } from '../../../statsd/gauge-state.ts';
import { parseStatsd, type StatsdMetric } from '../../../statsd/index.ts';
import { distribution, isCarried, type Measured, nothingUnmeasured, type Unmeasured } from './measured.ts';

interface Series {
  first: StatsdMetric;
  timestampMs: number;
  lines: number;
  sum: number;
  pairs: [number, number][];
  members: Set<string>;
}

/**
 * The lines of one record by type, name, tags and time: counters are added up, a gauge keeps its last value, a set is how
 * many members the record has, everything else is a distribution. Lines that cannot be read are rejected.
 */
export function measureStatsd(
  record: SpoolRecord,
  gauges: GaugeState,
): { measured: Measured[]; unmeasured: Unmeasured } {
  const unmeasured = nothingUnmeasured();
  const series = new Map<string, Series>();
  const levels = new Map<string, number>();
  let malformed = 0;
  let carried = 0;
  for (const line of linesOf(record.bytes)) {
    const metric = parseStatsd(line);
    if (metric?.values.every(isCarried)) {
      add(metric, record, series, levels, gauges);
      carried++;
    } else malformed++;
  }
  malformed = Math.max(malformed, record.items - carried);
  if (malformed > 0) unmeasured.rejected.push({ count: malformed, reason: 'malformed StatsD line' });
  const measured = [...series.values()].map((one) => measure(one));
  for (const [gauge, level] of levels) gauges.setLevel(gauge, record.position, level);
  return { measured, unmeasured };
}

function linesOf(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line !== '');
}

function add(
  metric: StatsdMetric,
  record: SpoolRecord,
  all: Map<string, Series>,
  levels: Map<string, number>,
  gauges: GaugeState,
): void {
  const tags = Object.entries(metric.tags).sort(([a], [b]) => (a < b ? -1 : 1));
  const timestampMs = metric.timestamp === undefined ? Math.floor(record.receivedAt) : metric.timestamp * 1_000;
  const identity = JSON.stringify([metric.type, metric.name, tags]);
  const key = `${timestampMs} ${identity}`;
  let series = all.get(key);
  if (!series) {
    series = { first: metric, timestampMs, lines: 0, sum: 0, pairs: [], members: new Set() };
    all.set(key, series);
  }
  series.lines++;
  if (metric.type === 'set') series.members.add(metric.member);
  for (const value of metric.values) {
    if (metric.type === 'counter') series.sum += value / metric.sampleRate;
    else if (metric.type !== 'gauge') series.pairs.push([value, 1 / metric.sampleRate]);
    else {
      const before = levels.get(identity) ?? gauges.levelBefore(identity, record.position);
      series.sum = metric.relative ? before + value : value;
      levels.set(identity, series.sum);
    }
  }
}

function measure({ first, timestampMs, lines, sum, pairs, members }: Series): Measured {
  const isSpread = first.type === 'timer' || first.type === 'histogram' || first.type === 'distribution';
  return {
    name: first.name,
    unit: first.type === 'timer' ? 'ms' : '',
    type: isSpread ? 'histogram' : first.type === 'counter' ? 'counter' : 'gauge',
    value: isSpread ? distribution(pairs)! : first.type === 'set' ? members.size : sum,
    timestampMs,
    attributes: first.tags,
    resource: resourceOf(first.tags),
    items: lines,
  };
}

/** StatsD has no resource; the tags that DogStatsD clients give in its place are read as one. */
function resourceOf(tags: Record<string, string>): Record<string, string> {
  const service = tags['service.name'] ?? tags.service;
  const environment = tags['deployment.environment.name'] ?? tags.env;
  return {
    ...(service ? { 'service.name': service } : {}),
    ...(environment ? { 'deployment.environment.name': environment } : {}),
  };
}
