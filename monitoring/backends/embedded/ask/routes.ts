import { BIGINT, type DuckDBListValue } from '@duckdb/node-api';
import { quantile, type Slice } from '../../../charts/slice.ts';
import type { Question } from '../../../reader.ts';
import type { RouteStats } from '../../../telemetry.ts';
import { exponentialSlice, GROWTH } from '../histogram.ts';
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

/** SERVER spans of one line, begun in one stretch of time. */
export interface SpanCount {
  line: string;
  /** Number of the stretch since the epoch. */
  stretch: number;
  count: number;
  errors: number;
  /** Nanoseconds. */
  sum: number;
  /** Latencies, nanoseconds. */
  slices: Slice[];
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
 * @param lineOf names the line that a group is counted in; undefined leaves it out
 * @param minutes length of a stretch; undefined makes one stretch, number 0, of the whole window
 */
export async function countSpans(
  query: Query,
  state: Readonly<PartitionState>,
  window: Window,
  lineOf: (group: SpanGroup) => string | undefined,
  minutes: number | undefined,
): Promise<SpanCount[]> {
  const lines = new Map<string, number>();
  const members: string[] = [];
  for (const row of (await query('SELECT * FROM span_groups')) as unknown as (SpanGroup & { id: number })[]) {
    const line = lineOf(row);
    if (line === undefined) continue;
    if (!lines.has(line)) lines.set(line, lines.size);
    members.push(`(${row.id}, ${lines.get(line)})`);
  }
  if (members.length === 0) return [];
  const parameters = new Parameters();
  const { first, end } = wholeMinutes(window);
  const rollup = `SELECT * FROM span_rollup WHERE minute >= ${parameters.add(first, BIGINT)} AND minute < ${parameters.add(end, BIGINT)}`;
  const parts = [rollup, ...rawParts(window, 'start_ns', state.rolledUpTo, parameters).map(countedSpans)];
  const rows = await query(
    `SELECT line, stretch, sum(count)::DOUBLE AS count, sum(errors)::DOUBLE AS errors, sum(sum)::DOUBLE AS sum,
       list(bucket) AS buckets, list(count::DOUBLE) AS counts
     FROM (
       SELECT line, ${minutes === undefined ? '0' : `minute // ${Math.floor(minutes)}`} AS stretch, bucket,
         sum(count) AS count, sum(errors) AS errors, sum(sum_ns) AS sum
       FROM (${parts.join(' UNION ALL ')}) AS counted
         JOIN (VALUES ${members.join(', ')}) AS member(id, line) ON member.id = counted.span_group
       GROUP BY ALL
     ) GROUP BY line, stretch`,
    parameters.list,
  );
  const names = [...lines.keys()];
  return rows.map((row) => {
    const buckets = (row.buckets as DuckDBListValue).items as number[];
    const counts = (row.counts as DuckDBListValue).items as number[];
    return {
      ...(row as unknown as SpanCount),
      line: names[row.line as number]!,
      slices: buckets.map((bucket, index) => exponentialSlice(GROWTH, bucket, counts[index]!)),
    };
  });
}

/** Real or scenario requests per service, method and route; the busiest first. */
export async function askRoutes(
  store: Store,
  question: Extract<Question, { ask: 'routes' }>,
  window: Window,
  abort?: AbortSignal,
): Promise<RouteStats[]> {
  const lineOf = (group: SpanGroup) => {
    if (question.service !== undefined && group.service !== question.service) return undefined;
    if (question.route !== undefined && group.route !== question.route) return undefined;
    if (question.synthetic !== undefined && group.synthetic !== question.synthetic) return undefined;
    return JSON.stringify([group.service, group.method, group.route]);
  };
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    (query, state) => countSpans(query, state, window, lineOf, undefined),
    abort,
  );
  const routes = new Map<string, { stats: RouteStats; slices: Slice[] }>();
  for (const { line, count, errors, slices } of parts.flat()) {
    let entry = routes.get(line);
    if (!entry) {
      const [service, method, route] = JSON.parse(line) as [string, string, string];
      entry = { stats: { service, method, route, count: 0, errors: 0, p50_ms: 0, p95_ms: 0, p99_ms: 0 }, slices: [] };
      routes.set(line, entry);
    }
    entry.stats.count += count;
    entry.stats.errors += errors;
    entry.slices.push(...slices);
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
