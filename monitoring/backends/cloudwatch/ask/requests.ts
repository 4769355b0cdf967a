import { RingdownError } from '../../../../core/errors.ts';
import { groupedBy, groupName, groupValues } from '../../../group-by.ts';
import type { Question, RequestSeries, RequestStatus, TimeRange } from '../../../reader.ts';
import type { RouteStats, ServiceVersion } from '../../../telemetry.ts';
import { type AskContext, groupsOf, within } from './context.ts';
import { type InsightsRow, MOST_ROWS, quote } from './insights.ts';

type RequestsQuestion = Extract<Question, { ask: 'requests' }>;

const MOST_INTERVALS = 10_000;

/** Attributes that have a field of their own in every event. */
const FIELDS: Record<string, string> = {
  'service.name': 'service',
  'service.version': 'service_version',
  'deployment.environment.name': 'environment',
  'http.request.method': 'http_method',
  'http.route': 'http_route',
  'http.response.status_code': 'http_status',
  'client.address': 'client_address',
  'user.id': 'user_id',
};

/** @throws RingdownError `INVALID_ATTRIBUTE` for a name that cannot stand in a query */
function fieldOf(attribute: string): string {
  if (Object.hasOwn(FIELDS, attribute)) return FIELDS[attribute]!;
  if (!/^[\w.\-/@]{1,200}$/.test(attribute)) {
    throw new RingdownError(
      'INVALID_ATTRIBUTE',
      `Logs Insights has no field for the attribute ${JSON.stringify(attribute)}`,
    );
  }
  return `\`attributes.${attribute}\``;
}

interface Requests {
  service?: string;
  route?: string;
  status?: RequestStatus;
  synthetic?: boolean;
}

function serverSpans(question: Requests, window: TimeRange): string[] {
  const where = ['signal = "span"', 'kind = "server"', within(window)];
  if (question.service !== undefined) where.push(`service = ${quote(question.service)}`);
  if (question.route !== undefined) where.push(`http_route = ${quote(question.route)}`);
  if (question.status !== undefined) where.push(...ofStatus(question.status));
  if (question.synthetic !== undefined) where.push(`synthetic = ${question.synthetic ? 1 : 0}`);
  return where;
}

function ofStatus(status: RequestStatus): string[] {
  if (status === 'error' || status === 'ok') return [`failed = ${status === 'error' ? 1 : 0}`];
  if (typeof status === 'number') return [`http_status = ${Math.floor(status)}`];
  return [`http_status >= ${status[0]}00`, `http_status <= ${status[0]}99`];
}

/** Counts are of events: what was held twice after a lost answer counts twice. Percentiles are CloudWatch's own. */
export async function askRoutes(
  context: AskContext,
  question: Extract<Question, { ask: 'routes' }>,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<RouteStats[]> {
  const query = [
    `filter ${serverSpans(question, window).join(' and ')}`,
    `stats count(*) as requests, sum(failed) as failures, pct(duration_ms, 50) as p50, pct(duration_ms, 95) as p95, pct(duration_ms, 99) as p99 by service, http_method, http_route`,
    `limit ${MOST_ROWS}`,
  ].join(' | ');
  const rows = await context.insights.run(await groupsOf(context, abort), query, window, abort);
  return rows
    .map((row) => ({
      service: row.service ?? '',
      method: row.http_method ?? '',
      route: row.http_route ?? '',
      count: Number(row.requests),
      errors: Number(row.failures),
      p50_ms: Number(row.p50),
      p95_ms: Number(row.p95),
      p99_ms: Number(row.p99),
    }))
    .sort((a, b) => b.count - a.count || a.route.localeCompare(b.route));
}

function measureOf(question: RequestsQuestion): string {
  switch (question.measure) {
    case 'count':
      return 'count(*)';
    case 'error_rate':
      return 'avg(failed)';
    case 'distinct':
      return `count_distinct(${fieldOf(question.attribute ?? 'user.id')})`;
    default:
      return `pct(duration_ms, ${question.measure.slice(1)})`;
  }
}

export async function askRequests(
  context: AskContext,
  question: RequestsQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<RequestSeries[]> {
  const step = question.interval_ms;
  const first = step === undefined ? 0 : Math.floor(window.from / step);
  const end = step === undefined ? 1 : Math.ceil(window.to / step);
  if (step !== undefined && (!(step >= 1) || end - first > MOST_INTERVALS)) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  const groups = await groupsOf(context, abort);
  const fields = groupedBy(question.group_by).map(fieldOf);
  const where = serverSpans(question, window);
  const stats = (measure: string, keys: string[], more: string[] = []) => {
    const grouping = keys.length > 0 ? ` by ${keys.join(', ')}` : '';
    const limit = ['sort requests desc', `limit ${MOST_ROWS}`];
    return [
      `filter ${[...where, ...more].join(' and ')}`,
      `stats count(*) as requests, ${measure} as figure${grouping}`,
      ...limit,
    ].join(' | ');
  };
  const run = (query: string) => context.insights.run(groups, query, window, abort);
  const keys = fields.map((field, index) => `${field} as grp${index}`);
  const totals = (await run(stats(measureOf(question), keys)))
    .sort((a, b) => Number(b.requests) - Number(a.requests))
    .slice(0, question.limit);
  if (step === undefined) {
    return totals.map((row) => ({ group: groupOf(row, fields), points: [[window.from, figureOf(row)]] }));
  }
  const rows = await run(
    stats(
      measureOf(question),
      [...keys, `floor(at_ms / ${step}) as place`],
      fields.length > 0 ? [among(fields, totals)] : [],
    ),
  );
  return totals.map((total) => {
    const name = groupOf(total, fields);
    const at = new Map(
      rows.filter((row) => groupOf(row, fields) === name).map((row) => [Number(row.place), figureOf(row)]),
    );
    const points = Array.from({ length: end - first }, (_, index): [number, number | null] => [
      (first + index) * step,
      at.get(first + index) ?? null,
    ]);
    return { group: name, points };
  });
}

function groupOf(row: InsightsRow, fields: readonly string[]): string | null {
  return groupName(fields.map((_, index) => row[`grp${index}`] || null));
}

function figureOf(row: InsightsRow): number | null {
  return Number(row.requests) === 0 || row.figure === undefined ? null : Number(row.figure);
}

/** Keeps the groups that are shown. */
function among(fields: readonly string[], rows: readonly InsightsRow[]): string {
  if (rows.length === 0) return 'at_ms < 0';
  const [field] = fields;
  if (fields.length > 1) {
    const combinations = rows.map((row) => {
      const values = groupValues(fields, groupOf(row, fields));
      return `(${fields.map((one, index) => isValue(one, values[index]!)).join(' and ')})`;
    });
    return `(${combinations.join(' or ')})`;
  }
  const names = rows.map((row) => groupOf(row, fields));
  const known = names.filter((name) => name !== null).map(quote);
  const parts = [
    ...(known.length > 0 ? [`${field} in [${known.join(', ')}]`] : []),
    ...(names.includes(null) ? [isValue(field!, null)] : []),
  ];
  return `(${parts.join(' or ')})`;
}

function isValue(field: string, value: string | null): string {
  return value === null ? `not ispresent(${field})` : `${field} = ${quote(value)}`;
}

/** How far before the window a version may have been seen already. */
const LOOK_BACK_MS = 7 * 86_400_000;

/** Versions that the week before the window had not seen, oldest first, by the millisecond. */
export async function askVersions(
  context: AskContext,
  service: string | undefined,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<ServiceVersion[]> {
  const wide = { from: Math.max(0, window.from - LOOK_BACK_MS), to: window.to };
  const where = [
    'ispresent(service_version)',
    within(wide),
    ...(service === undefined ? [] : [`service = ${quote(service)}`]),
  ];
  const query = `filter ${where.join(' and ')} | stats min(at_ms) as first by service, service_version | limit ${MOST_ROWS}`;
  const rows = await context.insights.run(await groupsOf(context, abort), query, wide, abort);
  return rows
    .map((row) => ({ service: row.service ?? '', version: row.service_version ?? '', first: Number(row.first) }))
    .filter(({ first }) => first >= window.from)
    .sort((a, b) => a.first - b.first)
    .map(({ service: name, version, first }) => ({
      service: name,
      version,
      first_seen: new Date(first).toISOString(),
    }));
}
