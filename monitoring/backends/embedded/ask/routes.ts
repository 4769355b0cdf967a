import { BIGINT } from '@duckdb/node-api';
import type { Question } from '../../../reader.ts';
import type { RouteStats } from '../../../telemetry.ts';
import { exponentialSlice, GROWTH, quantile, type Slice } from '../histogram.ts';
import type { PartitionState, Query, Row } from '../partition.ts';
import { countedSpans, MINUTE_NS } from '../rollup.ts';
import type { Store } from '../store.ts';
import { Parameters, type Window } from './parameters.ts';

/** SERVER spans counted: per minute, group and latency bucket. */
export interface SpanCount {
  minute: number;
  service: string;
  method: string;
  route: string;
  synthetic: boolean;
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

/** @param perMinute false merges all minutes into minute 0, inside the database */
export async function countSpans(
  query: Query,
  state: Readonly<PartitionState>,
  window: Window,
  perMinute: boolean,
): Promise<SpanCount[]> {
  const parameters = new Parameters();
  const { first, end } = wholeMinutes(window);
  const rollup = `SELECT * FROM span_rollup WHERE minute >= ${parameters.add(first, BIGINT)} AND minute < ${parameters.add(end, BIGINT)}`;
  const parts = [rollup, ...rawParts(window, 'start_ns', state.rolledUpTo, parameters).map(countedSpans)];
  const rows = await query(
    `SELECT ${perMinute ? 'minute' : '0'} AS minute, service, method, route, synthetic, bucket,
       sum(count)::DOUBLE AS count, sum(errors)::DOUBLE AS errors, sum(sum_ns)::DOUBLE AS sum
     FROM (${parts.join(' UNION ALL ')}) AS c JOIN span_groups g ON g.id = c.span_group GROUP BY ALL`,
    parameters.list,
  );
  return rows as (Row & SpanCount)[];
}

/** Real or scenario requests per service, method and route; the busiest first. */
export async function askRoutes(
  store: Store,
  question: Extract<Question, { ask: 'routes' }>,
  window: Window,
  abort?: AbortSignal,
): Promise<RouteStats[]> {
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    (query, state) => countSpans(query, state, window, false),
    abort,
  );
  const routes = new Map<string, { stats: RouteStats; slices: Slice[] }>();
  for (const span of parts.flat()) {
    if (question.service !== undefined && span.service !== question.service) continue;
    if (question.route !== undefined && span.route !== question.route) continue;
    if (question.synthetic !== undefined && span.synthetic !== question.synthetic) continue;
    const { service, method, route } = span;
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
