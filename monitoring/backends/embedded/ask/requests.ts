import { BIGINT, BOOLEAN, VARCHAR } from '@duckdb/node-api';
import { QUANTILES } from '../../../charts/interval.ts';
import { quantile, type Slice } from '../../../charts/slice.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import type { Question, RequestSeries, RequestStatus, TimeRange } from '../../../reader.ts';
import { bucketSql, exponentialSlice, GROWTH } from '../histogram.ts';
import type { Row } from '../partition.ts';
import type { Store } from '../store.ts';
import { Parameters, type Window } from './parameters.ts';
import { countSpans, type SpanGroup } from './routes.ts';

type RequestsQuestion = Extract<Question, { ask: 'requests' }>;

/** What fell into one stretch of time of one group. */
interface Stretch {
  count: number;
  errors: number;
  slices: Slice[];
  members: Set<string>;
}

/** Attributes that span groups keep, so that the rollups know them. */
const GROUPED: Readonly<Record<string, (group: SpanGroup) => string>> = {
  'service.name': ({ service }) => service,
  'http.request.method': ({ method }) => method,
  'http.route': ({ route }) => route,
};

/** SERVER spans, counted or measured. Percentiles are at most 2.5 % off (see histogram.ts); distinct values are exact. */
export async function askRequests(
  store: Store,
  question: RequestsQuestion,
  range: TimeRange,
  window: Window,
  abort?: AbortSignal,
): Promise<RequestSeries[]> {
  const stepMs = question.interval_ms ?? range.to - range.from;
  const groups = isInRollups(question)
    ? await fromRollups(store, question, window, abort)
    : await fromRows(store, question, stepMs, window, abort);
  const first = question.interval_ms === undefined ? 0 : Math.floor(range.from / stepMs);
  const end = question.interval_ms === undefined ? 1 : Math.ceil(range.to / stepMs);
  const startOf = (stretch: number) => (question.interval_ms === undefined ? range.from : stretch * stepMs);
  return [...groups]
    .map(([group, at]) => ({ group, at, total: [...at.values()].reduce((sum, { count }) => sum + count, 0) }))
    .sort((a, b) => b.total - a.total || String(a.group).localeCompare(String(b.group)))
    .slice(0, question.limit)
    .map(({ group, at }) => ({
      group,
      points: Array.from({ length: Math.max(0, end - first) }, (_, index): [number, number | null] => {
        const stretch = at.get(first + index);
        return [startOf(first + index), stretch ? measure(stretch, question.measure) : null];
      }),
    }));
}

function isInRollups({ measure, group_by, interval_ms, status }: RequestsQuestion): boolean {
  return (
    measure !== 'distinct' &&
    (status === undefined || (measure === 'count' && (status === 'ok' || status === 'error'))) &&
    groupedBy(group_by).every((name) => Object.hasOwn(GROUPED, name)) &&
    (interval_ms === undefined || interval_ms % 60_000 === 0)
  );
}

type Groups = Map<string | null, Map<number, Stretch>>;

function stretchOf(groups: Groups, group: string | null, number: number): Stretch {
  const at = groups.get(group) ?? new Map<number, Stretch>();
  groups.set(group, at);
  const stretch = at.get(number) ?? { count: 0, errors: 0, slices: [], members: new Set() };
  at.set(number, stretch);
  return stretch;
}

async function fromRollups(
  store: Store,
  { service, route, status, synthetic, group_by, interval_ms }: RequestsQuestion,
  window: Window,
  abort?: AbortSignal,
): Promise<Groups> {
  const names = groupedBy(group_by);
  const lineOf = (group: SpanGroup) => {
    if (service !== undefined && group.service !== service) return undefined;
    if (route !== undefined && group.route !== route) return undefined;
    if (synthetic !== undefined && group.synthetic !== synthetic) return undefined;
    return groupName(names.map((name) => GROUPED[name]!(group) || null)) ?? '';
  };
  const minutes = interval_ms === undefined ? undefined : interval_ms / 60_000;
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    (query, state) => countSpans(query, state, window, lineOf, minutes),
    abort,
  );
  const groups: Groups = new Map();
  for (const { line, stretch, count: all, errors, slices } of parts.flat()) {
    const count = status === 'error' ? errors : status === 'ok' ? all - errors : all;
    if (count === 0) continue;
    const found = stretchOf(groups, line === '' ? null : line, stretch);
    found.count += count;
    found.errors += errors;
    found.slices.push(...slices);
  }
  return groups;
}

async function fromRows(
  store: Store,
  question: RequestsQuestion,
  stepMs: number,
  window: Window,
  abort?: AbortSignal,
): Promise<Groups> {
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    async (query) => {
      const { sql, list } = statement(question, stepMs, window);
      return await query(sql, list);
    },
    abort,
  );
  const groups: Groups = new Map();
  for (const row of parts.flat()) addRow(groups, row, question);
  return groups;
}

function addRow(groups: Groups, row: Row, { measure, group_by }: RequestsQuestion): void {
  const values = groupedBy(group_by).map((_, index) => row[`line${index}`] as string | null);
  const stretch = stretchOf(groups, groupName(values), row.stretch as number);
  stretch.count += row.count as number;
  if (measure === 'distinct') {
    if (row.member !== null) stretch.members.add(row.member as string);
    return;
  }
  stretch.errors += row.errors as number;
  stretch.slices.push(exponentialSlice(GROWTH, row.bucket as number, row.count as number));
}

function statement(question: RequestsQuestion, stepMs: number, window: Window) {
  const parameters = new Parameters();
  const lines = groupedBy(question.group_by).map((name, index) => `${attribute(name, parameters)} AS line${index}`);
  const stretch =
    question.interval_ms === undefined
      ? '0'
      : `(start_ns // ${parameters.add(BigInt(Math.floor(stepMs)) * 1_000_000n, BIGINT)})`;
  const member = question.measure === 'distinct' ? attribute(question.attribute ?? '', parameters) : 'NULL';
  const bucket = question.measure === 'distinct' ? 'NULL' : bucketSql('duration_ns');
  const where = ['kind = 2', parameters.within('start_ns', window.fromNs, window.toNs)];
  if (question.service !== undefined) where.push(`g.service = ${parameters.add(question.service, VARCHAR)}`);
  if (question.route !== undefined) where.push(`g.route = ${parameters.add(question.route, VARCHAR)}`);
  if (question.status !== undefined) where.push(ofStatus(question.status));
  if (question.synthetic !== undefined) where.push(`synthetic = ${parameters.add(question.synthetic, BOOLEAN)}`);
  const keys = ['member', 'bucket', ...lines.map((_, index) => `line${index}`)].join(', ');
  const sql = `SELECT ${keys}, stretch::DOUBLE AS stretch, count(*)::DOUBLE AS count,
      count(*) FILTER (failed)::DOUBLE AS errors
    FROM (
      SELECT ${[...lines, `${stretch} AS stretch`].join(', ')}, ${member} AS member, ${bucket} AS bucket, failed
      FROM spans JOIN span_shapes ON span_shapes.id = spans.shape JOIN span_groups g ON g.id = span_shapes.span_group
        JOIN resources ON resources.id = span_shapes.resource
      WHERE ${where.join(' AND ')}
    ) GROUP BY ALL`;
  return { sql, list: parameters.list };
}

/** Nothing of what a user typed stands in it but a number. */
function ofStatus(status: RequestStatus): string {
  if (status === 'error' || status === 'ok') return status === 'error' ? 'failed' : 'NOT failed';
  if (typeof status === 'number') return `http_status = ${Math.floor(status)}`;
  return `http_status // 100 = ${Number(status[0])}`;
}

/** The value of a span's attribute, or else of its resource's, as text. */
function attribute(name: string, parameters: Parameters): string {
  // A JSON pointer (RFC 6901): attribute names have dots, which a path would take apart.
  const pointer = parameters.add(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, VARCHAR);
  const columns = ['spans.attributes', 'span_shapes.attributes', 'resources.attributes'];
  return `coalesce(${columns.map((column) => `json_extract_string(${column}, ${pointer})`).join(', ')})`;
}

function measure({ count, errors, slices, members }: Stretch, wanted: RequestsQuestion['measure']): number | null {
  if (wanted === 'count') return count;
  if (wanted === 'error_rate') return count === 0 ? null : errors / count;
  if (wanted === 'distinct') return members.size;
  const value = quantile(slices, QUANTILES[wanted]!);
  return value === null ? null : value / 1e6;
}
