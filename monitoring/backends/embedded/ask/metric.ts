import { BIGINT } from '@duckdb/node-api';
import { RingdownError } from '../../../../core/errors.ts';
import { addValues, aggregated, emptyInterval, type Interval, QUANTILES } from '../../../charts/interval.ts';
import { type GroupBy, groupedBy, groupName, groupValues, metricLabels } from '../../../group-by.ts';
import type { Question, TimeRange } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import type { PartitionState, Query } from '../partition.ts';
import { explodedBuckets, MINUTE_NS } from '../rollup.ts';
import type { Store } from '../store.ts';
import { Parameters, type Window } from './parameters.ts';
import { countSpans, rawParts, type SpanGroup, wholeMinutes } from './routes.ts';
import { addIncreases, type RunningTotal, runningTotals } from './running-totals.ts';
import { findSeries, type Series, sliceOf } from './series.ts';

export type MetricQuestion = Extract<Question, { ask: 'metric' }>;

/** Lines of a chart while they are added up: key → unit, labels and intervals by number. */
export class Chart {
  readonly lines = new Map<
    string,
    { unit: string; type: string; attributes: Record<string, string>; at: Map<number, Interval> }
  >();
  readonly #groupBy: GroupBy | undefined;

  constructor(groupBy: GroupBy | undefined) {
    this.#groupBy = groupBy;
  }

  interval(unit: string, type: string, label: (name: string) => string | undefined, number: number): Interval {
    const group = groupName(groupedBy(this.#groupBy).map((name) => label(name) ?? ''));
    const key = JSON.stringify([unit, type, group]);
    let line = this.lines.get(key);
    if (!line) {
      line = { unit, type, attributes: metricLabels(this.#groupBy, group), at: new Map() };
      this.lines.set(key, line);
    }
    let interval = line.at.get(number);
    if (!interval) {
      interval = emptyInterval();
      line.at.set(number, interval);
    }
    return interval;
  }
}

const MOST_INTERVALS = 10_000;
const REQUEST_DURATION = 'http.server.request.duration';

/**
 * A metric over time. Intervals begin at multiples of `interval_ms`, or one is the whole window; whole minutes come from the rollups where the
 * interval allows. Running totals are told as their increase. `http.server.request.duration` is
 * worked out from SERVER spans where nobody sends it.
 */
export async function askMetric(
  store: Store,
  question: MetricQuestion,
  range: TimeRange,
  window: Window,
  abort?: AbortSignal,
): Promise<MetricSeries[]> {
  const whole = question.interval_ms === undefined;
  const step = question.interval_ms ?? range.to - range.from;
  const first = whole ? 0 : Math.floor(range.from / step);
  const end = whole ? 1 : Math.ceil(range.to / step);
  if (!(step >= 1) || end - first > MOST_INTERVALS) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  const chart = new Chart(question.group_by);
  const before = window.fromNs - lookBack(step);
  const totals = await store.ask(
    before,
    window.toNs,
    (query, state) => addPartition(query, state, question, window, before, chart),
    abort,
  );
  addIncreases(totals.flat(), chart, window.fromNs, before);
  if (chart.lines.size === 0 && question.name === REQUEST_DURATION)
    await addFromSpans(store, question, window, chart, abort);
  return [...chart.lines.values()]
    .map(({ unit, type, attributes, at }) => ({
      name: question.name,
      unit,
      attributes,
      points: Array.from({ length: Math.max(0, end - first) }, (_, index): [number, number | null] => {
        const interval = at.get(first + index);
        const start = whole ? range.from : (first + index) * step;
        return [start, interval ? aggregated(interval, question.aggregate, type, step) : null];
      }),
    }))
    .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes)));
}

/** How far before the window a running total's last value is looked for. */
function lookBack(intervalMs: number): bigint {
  return BigInt(Math.max(Math.ceil(intervalMs), 600_000)) * 1_000_000n;
}

/** Number of the interval that a point's time lies in. */
function placeOf({ interval_ms }: MetricQuestion): string {
  return interval_ms === undefined
    ? '0::DOUBLE'
    : `(time_ns // ${BigInt(Math.floor(interval_ms)) * 1_000_000n})::DOUBLE`;
}

function inWholeMinutes({ interval_ms }: MetricQuestion): boolean {
  return interval_ms === undefined || Math.floor(interval_ms) % 60_000 === 0;
}

async function addPartition(
  query: Query,
  state: Readonly<PartitionState>,
  question: MetricQuestion,
  window: Window,
  before: bigint,
  chart: Chart,
): Promise<RunningTotal[]> {
  const series = await findSeries(query, question.name, question.attributes);
  const added = [...series.values()].filter((one) => !one.cumulative);
  const totals = [...series.values()].filter((one) => one.cumulative);
  if (added.length > 0) await addPoints(query, state, question, window, added, chart);
  return totals.length > 0 ? await runningTotals(query, totals, placeOf(question), window, before) : [];
}

async function addPoints(
  query: Query,
  state: Readonly<PartitionState>,
  question: MetricQuestion,
  window: Window,
  series: Series[],
  chart: Chart,
): Promise<void> {
  const byId = new Map(series.map((one) => [one.id, one]));
  const ids = `series IN (${series.map((one) => one.id).join(', ')})`;
  const place = placeOf(question);
  const fromRollup = inWholeMinutes(question);
  const union = (rollup: (where: string) => string, raw: (where: string) => string) => {
    const parameters = new Parameters();
    if (!fromRollup)
      return {
        from: raw(`${ids} AND ${parameters.within('time_ns', window.fromNs, window.toNs)}`),
        list: parameters.list,
      };
    const { first, end } = wholeMinutes(window);
    const minutes = `${ids} AND minute >= ${parameters.add(first, BIGINT)} AND minute < ${parameters.add(end, BIGINT)}`;
    const rest = rawParts(window, 'time_ns', state.rolledUpTo, parameters).map((part) => raw(`${ids} AND ${part}`));
    return { from: [rollup(minutes), ...rest].join(' UNION ALL '), list: parameters.list };
  };
  const points = union(
    (where) =>
      `SELECT series, minute::BIGINT * ${MINUTE_NS} AS time_ns, count, sum, min, max FROM point_rollup WHERE ${where}`,
    (where) => `SELECT series, time_ns, count, sum, min, max FROM points WHERE ${where}`,
  );
  const rows = await query(
    `SELECT series, ${place} AS place, sum(count) AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max
     FROM (${points.from}) GROUP BY ALL`,
    points.list,
  );
  for (const row of rows) {
    const one = byId.get(row.series as number)!;
    const interval = chart.interval(one.unit, one.type, one.label, row.place as number);
    const { count, sum, min, max } = row as Record<'count' | 'sum' | 'min' | 'max', number | null>;
    addValues(interval, count!, sum ?? 0, min, max);
  }
  if (QUANTILES[question.aggregate] === undefined) return;
  const buckets = union(
    (where) =>
      `SELECT series, minute::BIGINT * ${MINUTE_NS} AS time_ns, bucket, count FROM bucket_rollup WHERE ${where}`,
    explodedBuckets,
  );
  const counted = await query(
    `SELECT series, ${place} AS place, bucket, sum(count) AS count FROM (${buckets.from}) GROUP BY ALL`,
    buckets.list,
  );
  for (const row of counted) {
    const one = byId.get(row.series as number)!;
    const interval = chart.interval(one.unit, one.type, one.label, row.place as number);
    interval.slices.push(sliceOf(one, Number(row.bucket), row.count as number));
  }
}

/** Seconds, by the attributes that span groups keep: service, method, route, synthetic. */
async function addFromSpans(
  store: Store,
  question: MetricQuestion,
  window: Window,
  chart: Chart,
  abort?: AbortSignal,
): Promise<void> {
  if (!inWholeMinutes(question)) return;
  const minutes = question.interval_ms === undefined ? undefined : question.interval_ms / 60_000;
  const names = groupedBy(question.group_by);
  const lineOf = (group: SpanGroup) => {
    const fits = Object.entries(question.attributes ?? {}).every(([key, value]) => spanLabel(group, key) === value);
    if (!fits) return undefined;
    return groupName(names.map((name) => spanLabel(group, name) ?? '')) ?? '';
  };
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    (query, state) => countSpans(query, state, window, lineOf, minutes),
    abort,
  );
  for (const { line, stretch, count, sum, slices } of parts.flat()) {
    const values = groupValues(question.group_by, line);
    const interval = chart.interval('s', 'histogram', (name) => values[names.indexOf(name)] ?? '', stretch);
    interval.count += count;
    interval.sum += sum / 1e9;
    for (const slice of slices) {
      interval.slices.push({ count: slice.count, lower: slice.lower / 1e9, upper: slice.upper / 1e9 });
    }
  }
}

function spanLabel(group: SpanGroup, name: string): string | undefined {
  switch (name) {
    case 'service.name':
      return group.service;
    case 'http.request.method':
      return group.method;
    case 'http.route':
      return group.route;
    case 'user_agent.synthetic.type':
      return group.synthetic ? 'test' : undefined;
    default:
      return undefined;
  }
}
