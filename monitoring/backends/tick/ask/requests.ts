import { RingdownError } from '../../../../core/errors.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import type { Question, RequestSeries, TimeRange } from '../../../reader.ts';
import type { Attributes } from '../../../telemetry.ts';
import { text } from '../encode/values.ts';
import { literal } from '../influx/influxql.ts';
import { type Row, tooMuch } from '../influx/query.ts';
import { type Ask, fromJson, MOST_ROWS, type Steps, stepsOf, within } from './window.ts';

export type RequestsQuestion = Extract<Question, { ask: 'requests' }>;

const MOST_INTERVALS = 10_000;
const QUANTILES: Partial<Record<RequestsQuestion['measure'], number>> = { p50: 50, p95: 95, p99: 99 };
/** Span attributes that are tags: InfluxDB groups by them. */
const TAGS: Readonly<Record<string, string>> = {
  'http.request.method': 'method',
  'http.route': 'route',
  'service.name': 'service',
};
/** Span attributes with a field of their own. */
const FIELDS: Readonly<Record<string, string>> = {
  'client.address': 'client',
  'http.response.status_code': 'status_code',
  'user.id': 'user',
};

/** group → [count, value] of each interval that has requests. */
type Groups = Map<string | null, Map<number, { count: number; value: number | null }>>;

/**
 * SERVER spans, counted or measured. Percentiles are of the nearest rank, over every span. What is grouped by a tag is
 * reckoned by InfluxDB; for other attributes Ringdown reads the spans and adds up itself, up to 500,000 of them.
 * @throws RingdownError `TOO_MANY_ROWS`, `TOO_MANY_INTERVALS`
 */
export async function askRequests(ask: Ask, question: RequestsQuestion, range: TimeRange): Promise<RequestSeries[]> {
  const steps = stepsOf(range, question.interval_ms, MOST_INTERVALS);
  if (!steps) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  const { group_by, measure, attribute = '' } = question;
  const isGroupedByTag = groupedBy(group_by).every((name) => Object.hasOwn(TAGS, name));
  const isOfField =
    measure !== 'distinct' || (Object.hasOwn(FIELDS, attribute) && attribute !== 'http.response.status_code');
  const groups =
    isGroupedByTag && isOfField
      ? await fromInflux(ask, question, range, steps)
      : await fromSpans(ask, question, range, steps);
  return [...groups]
    .map(([group, at]) => ({ group, at, total: [...at.values()].reduce((sum, { count }) => sum + count, 0) }))
    .sort((a, b) => b.total - a.total || String(a.group).localeCompare(String(b.group)))
    .slice(0, question.limit)
    .map(({ group, at }) => ({
      group,
      points: steps.starts.map((start, index): [number, number | null] => [start, at.get(index)?.value ?? null]),
    }));
}

function conditions({ service, route, status, synthetic }: RequestsQuestion, range: TimeRange): string {
  const where = [within(range), `kind = 'server'`];
  if (service !== undefined) where.push(`service = ${literal(service)}`);
  if (route !== undefined) where.push(`route = ${literal(route)}`);
  if (status === 'error' || status === 'ok') where.push(`failed = ${status === 'error' ? 1 : 0}`);
  else if (typeof status === 'number') where.push(`status_code = ${status}`);
  else if (status !== undefined) where.push(`status_code >= ${status[0]}00 AND status_code <= ${status[0]}99`);
  if (synthetic !== undefined) where.push(`synthetic = '${synthetic}'`);
  return where.join(' AND ');
}

async function fromInflux(ask: Ask, question: RequestsQuestion, range: TimeRange, steps: Steps): Promise<Groups> {
  const { group_by, interval_ms, measure, attribute = '' } = question;
  const tags = groupedBy(group_by).map((name) => TAGS[name]!);
  const by = [...tags, ...(interval_ms === undefined ? [] : [`time(${Math.floor(interval_ms)}ms)`])];
  const value =
    {
      count: 'COUNT(duration_ns)',
      error_rate: 'SUM(failed)',
      distinct: `COUNT(DISTINCT("${FIELDS[attribute]}"))`,
    }[measure as string] ?? `PERCENTILE(duration_ns, ${QUANTILES[measure]})`;
  const rows = await ask(
    `SELECT COUNT(duration_ns) AS requests, ${value} AS "value" FROM spans WHERE ${conditions(question, range)}${
      by.length > 0 ? ` GROUP BY ${by.join(', ')}` : ''
    }${interval_ms === undefined ? '' : ' fill(none)'}`,
  );
  const groups: Groups = new Map();
  for (const row of rows) {
    const count = Number(row.requests ?? 0);
    const index = steps.indexOf(row.time);
    if (count === 0 || index === undefined) continue;
    const found = Number(row.value ?? 0);
    const measured = measure === 'error_rate' ? found / count : QUANTILES[measure] === undefined ? found : found / 1e6;
    put(groups, groupName(tags.map((tag) => String(row[tag] ?? '') || null)), index, { count, value: measured });
  }
  return groups;
}

function put<T>(groups: Map<string | null, Map<number, T>>, group: string | null, index: number, value: T): void {
  const at = groups.get(group) ?? new Map<number, T>();
  groups.set(group, at);
  at.set(index, value);
}

/** What fell into one interval of one group. */
interface Gathered {
  count: number;
  failed: number;
  durations: number[];
  members: Set<string>;
}

async function fromSpans(ask: Ask, question: RequestsQuestion, range: TimeRange, steps: Steps): Promise<Groups> {
  const { measure, group_by, attribute } = question;
  const by = groupedBy(group_by);
  const names = [...by, ...(measure === 'distinct' && attribute !== undefined ? [attribute] : [])];
  const columns = new Set(['duration_ns', 'failed']);
  for (const name of names) for (const column of columnsOf(name)) columns.add(column);
  const rows = await ask(
    `SELECT ${[...columns].map((column) => `"${column}"`).join(', ')} FROM spans WHERE ${conditions(question, range)} LIMIT ${
      MOST_ROWS + 1
    }`,
  );
  if (rows.length > MOST_ROWS) throw tooMuch();
  const gathered = new Map<string | null, Map<number, Gathered>>();
  for (const row of rows) {
    const index = steps.indexOf(row.time);
    if (index === undefined) continue;
    const group = groupName(by.map((name) => attributeOf(row, name)));
    let one = gathered.get(group)?.get(index);
    if (!one) {
      one = { count: 0, failed: 0, durations: [], members: new Set() };
      put(gathered, group, index, one);
    }
    one.count++;
    one.failed += Number(row.failed ?? 0);
    if (QUANTILES[measure] !== undefined) one.durations.push(Number(row.duration_ns ?? 0));
    const member = measure === 'distinct' ? attributeOf(row, attribute ?? '') : null;
    if (member !== null) one.members.add(member);
  }
  const groups: Groups = new Map();
  for (const [group, at] of gathered) {
    for (const [index, one] of at) put(groups, group, index, { count: one.count, value: measured(one, measure) });
  }
  return groups;
}

function columnsOf(attribute: string): string[] {
  const own = Object.hasOwn(TAGS, attribute)
    ? TAGS[attribute]
    : Object.hasOwn(FIELDS, attribute)
      ? FIELDS[attribute]
      : undefined;
  return own ? [own] : ['attributes', 'resource'];
}

/** The value of a span's attribute, or else of its resource's, as text. */
function attributeOf(row: Row, attribute: string): string | null {
  const [own, other] = columnsOf(attribute);
  if (other === undefined) return row[own!] === null || row[own!] === undefined ? null : String(row[own!]) || null;
  for (const column of [own!, other]) {
    const attributes = fromJson<Attributes>(row[column], {});
    if (Object.hasOwn(attributes, attribute)) return text(attributes[attribute]);
  }
  return null;
}

function measured({ count, failed, durations, members }: Gathered, measure: RequestsQuestion['measure']): number {
  if (measure === 'count') return count;
  if (measure === 'error_rate') return failed / count;
  if (measure === 'distinct') return members.size;
  const sorted = durations.sort((a, b) => a - b);
  // As InfluxDB's PERCENTILE: the nearest rank.
  const rank = Math.floor((sorted.length * QUANTILES[measure]!) / 100 + 0.5) - 1;
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank))]! / 1e6;
}
