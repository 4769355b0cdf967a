import { BIGINT } from '@duckdb/node-api';
import type { Question } from '../../../reader.ts';
import type { RouteStats } from '../../../telemetry.ts';
import { exponentialSlice, GROWTH, quantile, type Slice } from '../histogram.ts';
import type { PartitionState, Query } from '../partition.ts';
import { countedSpans, MINUTE_NS } from '../rollup.ts';
import type { Store } from '../store.ts';
import { Parameters, type Window } from './parameters.ts';

/** What charts of spans group by. */
export interface SpanGroup {
  service: string;
  method: string;
  route: string;
  synthetic: boolean;
}

/** SERVER spans of one group, in one latency bucket, begun in one stretch of time. */
export interface SpanCount {
  group: SpanGroup;
  /** Number of the stretch since the epoch. */
  stretch: number;
  bucket: number;
  count: number;
  errors: number;
  /** Nanoseconds. */
  sum: number;
}

/** The window's whole minutes; the rest at either end is counted from single rows. */
export function wholeMinutes(window: Window): { first: bigint; end: bigint } {
  const first = (window.fromNs + MINUTE_NS - 1n) / MINUTE_NS;
  const end = window.toNs / MINUTE_NS;
  return { first, end: end < first ? first : end };
}

/**
 * The parts of a window that the rollups do not tell: the incomplete minutes at its ends, and in the whole minutes
 * what was committed after the last roll-up. Conditions on rows of `batch` and the time column; they do not overlap.
 */
export function rawParts(window: Window, column: string, rolledUpTo: bigint, parameters: Parameters): string[] {
  const { first, end } = wholeMinutes(window);
  if (first >= end) return [parameters.within(column, window.fromNs, window.toNs)];
  const parts = [
    `batch > ${parameters.add(rolledUpTo, BIGINT)} AND ${parameters.within(column, first * MINUTE_NS, end * MINUTE_NS)}`,
  ];
  if (window.fromNs < first * MINUTE_NS) parts.push(parameters.within(column, window.fromNs, first * MINUTE_NS));
  if (end * MINUTE_NS < window.toNs) parts.push(parameters.within(column, end * MINUTE_NS, window.toNs));
  return parts;
}

/**
 * @param wanted which groups to count
 * @param minutes length of a stretch; undefined makes one stretch, number 0, of the whole window
 */
export async function countSpans(
  query: Query,
  state: Readonly<PartitionState>,
  window: Window,
  wanted: (group: SpanGroup) => boolean,
  minutes: number | undefined,
): Promise<SpanCount[]> {
  const groups = new Map<number, SpanGroup>();
  for (const row of (await query('SELECT * FROM span_groups')) as unknown as (SpanGroup & { id: number })[]) {
    if (wanted(row)) groups.set(row.id, row);
  }
  if (groups.size === 0) return [];
  const parameters = new Parameters();
  const { first, end } = wholeMinutes(window);
  const rollup = `SELECT * FROM span_rollup WHERE minute >= ${parameters.add(first, BIGINT)} AND minute < ${parameters.add(end, BIGINT)}`;
  const parts = [rollup, ...rawParts(window, 'start_ns', state.rolledUpTo, parameters).map(countedSpans)];
  const rows = await query(
    `SELECT span_group, ${minutes === undefined ? '0' : `minute // ${Math.floor(minutes)}`} AS stretch, bucket,
       sum(count)::DOUBLE AS count, sum(errors)::DOUBLE AS errors, sum(sum_ns)::DOUBLE AS sum
     FROM (${parts.join(' UNION ALL ')}) WHERE span_group IN (${[...groups.keys()].join(', ')}) GROUP BY ALL`,
    parameters.list,
  );
  return rows.map((row) => ({ ...(row as unknown as SpanCount), group: groups.get(row.span_group as number)! }));
}

/** Real or scenario requests per service, method and route; the busiest first. */
export async function askRoutes(
  store: Store,
  question: Extract<Question, { ask: 'routes' }>,
  window: Window,
  abort?: AbortSignal,
): Promise<RouteStats[]> {
  const wanted = (group: SpanGroup) =>
    (question.service === undefined || group.service === question.service) &&
    (question.route === undefined || group.route === question.route) &&
    (question.synthetic === undefined || group.synthetic === question.synthetic);
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    (query, state) => countSpans(query, state, window, wanted, undefined),
    abort,
  );
  const routes = new Map<string, { stats: RouteStats; slices: Slice[] }>();
  for (const span of parts.flat()) {
    const { service, method, route } = span.group;
    const key = JSON.stringify([service, method, route]);
    let entry = routes.get(key);
    if (!entry) {
      const stats = { service, method, route, count: 0, errors: 0, p50_ms: 0, p95_ms: 0, p99_ms: 0 };
      entry = { stats, slices: [] };
      routes.set(key, entry);
    }
    entry.stats.count += span.count;
    entry.stats.errors += span.errors;
    entry.slices.push(exponentialSlice(GROWTH, span.bucket, span.count));
  }
  return [...routes.values()]
    .map(({ stats, slices }) => ({
      ...stats,
      p50_ms: ms(slices, 0.5),
      p95_ms: ms(slices, 0.95),
      p99_ms: ms(slices, 0.99),
    }))
    .sort((a, b) => b.count - a.count || a.route.localeCompare(b.route));
}

function ms(slices: Slice[], q: number): number {
  return (quantile(slices, q) ?? 0) / 1e6;
}
