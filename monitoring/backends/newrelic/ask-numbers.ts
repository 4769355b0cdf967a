import { groupedBy, groupName, metricLabels } from '../../group-by.ts';
import {
  type Aggregate,
  type Answers,
  CannotAnswer,
  type Question,
  type RequestSeries,
  type RequestStatus,
  type TimeRange,
} from '../../reader.ts';
import type { MetricSeries, RouteStats, ServiceVersion } from '../../telemetry.ts';
import { type Ask, requestConditions } from './ask-events.ts';
import type { NrqlRow } from './nerdgraph.ts';
import { during, field, intervals, MOST_ROWS, text, timeseries, where } from './nrql.ts';

const FAILED = `numeric(${field('http.response.status_code')}) >= 500`;

function ofRoute(route: string | undefined): string[] {
  return route === undefined ? [] : [`${field('http.route')} = ${text(route)}`];
}

function ofStatus(status: RequestStatus | undefined): string | undefined {
  const code = field('http.response.status_code');
  if (status === undefined) return undefined;
  if (status === 'error') return FAILED;
  // What has no status has not failed, and compares with nothing.
  if (status === 'ok') return `(${code} IS NULL OR numeric(${code}) < 500)`;
  if (typeof status === 'number') return `numeric(${code}) = ${Math.floor(status)}`;
  const first = Number(status[0]) * 100;
  return `numeric(${code}) >= ${first} AND numeric(${code}) < ${first + 100}`;
}

/** Counts are exact; percentiles and distinct values are New Relic's sketches. */
export async function askRequests(
  ask: Ask,
  question: Extract<Question, { ask: 'requests' }>,
  window: TimeRange,
): Promise<RequestSeries[]> {
  const { measure, attribute, interval_ms: intervalMs, limit } = question;
  const names = groupedBy(question.group_by);
  const value = {
    count: 'count(*)',
    error_rate: `filter(count(*), WHERE ${FAILED}) / count(*)`,
    p50: `percentile(${field('duration.ms')}, 50)`,
    p95: `percentile(${field('duration.ms')}, 95)`,
    p99: `percentile(${field('duration.ms')}, 99)`,
    distinct: `uniqueCount(${field(attribute ?? 'user.id')})`,
  }[measure];
  const parts = [
    `SELECT count(*) AS 'requests', ${value} AS 'value' FROM Span`,
    where([...requestConditions(question), ...ofRoute(question.route), ofStatus(question.status)]),
    names.length === 0 ? '' : `FACET ${names.map(field).join(', ')} LIMIT ${Math.min(limit, MOST_ROWS)}`,
  ];
  const starts = intervalMs === undefined ? undefined : intervals(window, intervalMs);
  const wide = starts ? { from: starts[0]!, to: starts.at(-1)! + intervalMs! } : window;
  parts.push(during(wide), starts ? timeseries(intervalMs!) : '');
  const rows = await ask(parts.filter((part) => part !== '').join(' '));
  const groups = new Map<string | null, Map<number, number | null>>();
  for (const row of rows) {
    const group = groupName(facets(row).slice(0, names.length));
    const points = groups.get(group) ?? new Map<number, number | null>();
    groups.set(group, points);
    const at = starts ? Number(row.beginTimeSeconds) * 1_000 : window.from;
    points.set(at, measure !== 'count' && Number(row.requests ?? 0) === 0 ? null : numberOf(row.value));
  }
  const empty = measure === 'count' ? 0 : null;
  return [...groups].map(([group, points]) => ({
    group,
    points: (starts ?? [window.from]).map((start): [number, number | null] => [start, points.get(start) ?? empty]),
  }));
}

export async function askRoutes(
  ask: Ask,
  question: Extract<Question, { ask: 'routes' }>,
  window: TimeRange,
): Promise<RouteStats[]> {
  const { route } = question;
  const conditions = [...requestConditions(question), ...ofRoute(route)];
  const percentile = (rank: number) => `percentile(${field('duration.ms')}, ${rank}) AS 'p${rank}'`;
  const rows = await ask(
    `SELECT count(*) AS 'count', filter(count(*), WHERE ${FAILED}) AS 'errors', ${[50, 95, 99].map(percentile).join(', ')} ` +
      `FROM Span ${where(conditions)} FACET ${field('service.name')}, ${field('http.request.method')}, ${field('http.route')} ` +
      `LIMIT ${MOST_ROWS} ${during(window)}`,
  );
  return rows
    .map((row) => {
      const [service = '', method = '', path = ''] = facets(row);
      return {
        service,
        method,
        route: path,
        count: numberOf(row.count) ?? 0,
        errors: numberOf(row.errors) ?? 0,
        p50_ms: numberOf(row.p50) ?? 0,
        p95_ms: numberOf(row.p95) ?? 0,
        p99_ms: numberOf(row.p99) ?? 0,
      };
    })
    .sort((a, b) => b.count - a.count || a.route.localeCompare(b.route));
}

export async function askMetric(
  ask: Ask,
  question: Extract<Question, { ask: 'metric' }>,
  window: TimeRange,
): Promise<MetricSeries[]> {
  const { name, attributes = {}, group_by: groupBy, aggregate, interval_ms: intervalMs } = question;
  const names = groupedBy(groupBy);
  const starts = intervalMs === undefined ? [window.from] : intervals(window, intervalMs);
  const end = intervalMs === undefined ? window.to : starts.at(-1)! + intervalMs;
  const conditions = [
    `metricName = ${text(name)}`,
    ...Object.entries(attributes).map(([key, value]) => `${field(key)} = ${text(value)}`),
  ];
  const rows = await ask(
    [
      `SELECT ${valueOfMetric(name, aggregate)} AS 'value' FROM Metric ${where(conditions)}`,
      ...(names.length === 0 ? [] : [`FACET ${names.map(field).join(', ')} LIMIT ${MOST_ROWS}`]),
      during({ from: starts[0]!, to: end }),
      ...(intervalMs === undefined ? [] : [timeseries(intervalMs)]),
    ].join(' '),
  );
  const lines = new Map<string | null, Map<number, number | null>>();
  for (const row of rows) {
    const group = groupName(facets(row).slice(0, names.length));
    const points = lines.get(group) ?? new Map<number, number | null>();
    lines.set(group, points);
    points.set(intervalMs === undefined ? window.from : Number(row.beginTimeSeconds) * 1_000, numberOf(row.value));
  }
  return [...lines].map(([group, points]) => ({
    name,
    unit: '',
    attributes: metricLabels(groupBy, group),
    points: starts.map((start): [number, number | null] => [start, points.get(start) ?? null]),
  }));
}

/** Counts answer to sum and rate, levels to average, min and max, distributions to all. */
function valueOfMetric(name: string, aggregate: Aggregate): string {
  const metric = field(name);
  switch (aggregate) {
    case 'count':
      return `count(${metric})`;
    case 'sum':
      return `sum(${metric})`;
    case 'rate':
      return `rate(sum(${metric}), 1 second)`;
    case 'avg':
      return `average(${metric})`;
    case 'min':
    case 'max':
      return `${aggregate}(${metric})`;
    default:
      return `percentile(${metric}, ${aggregate.slice(1)})`;
  }
}

export async function askMetricNames(ask: Ask, window: TimeRange): Promise<Answers['metric_names']> {
  const [row] = await ask(`SELECT uniques(metricName, ${MOST_ROWS}) AS 'names' FROM Metric ${during(window)}`);
  const names = row?.names ?? row?.['uniques.metricName'];
  if (!Array.isArray(names)) throw new CannotAnswer('New Relic did not list the names of its metrics');
  return names.map((name) => ({ name: String(name), unit: '', type: '' })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function askVersions(ask: Ask, service: string | undefined, window: TimeRange): Promise<ServiceVersion[]> {
  const conditions = [
    `${field('service.version')} IS NOT NULL`,
    service === undefined ? undefined : `${field('service.name')} = ${text(service)}`,
  ];
  const rows = await ask(
    `SELECT min(timestamp) AS 'first' FROM Span ${where(conditions)} ` +
      `FACET ${field('service.name')}, ${field('service.version')} LIMIT ${MOST_ROWS} ${during(window)}`,
  );
  return rows.map((row) => {
    const [name = '', version = ''] = facets(row);
    const first = new Date(numberOf(row.first) ?? 0).toISOString().replace('Z', '000000Z');
    return { service: name, version, first_seen: first };
  });
}

function facets({ facet }: NrqlRow): string[] {
  return (Array.isArray(facet) ? facet : [facet]).map((value) =>
    value === null || value === undefined ? '' : String(value),
  );
}

/** A number, or one inside an object such as `{ "95": 12.5 }`, as percentiles come. */
function numberOf(value: unknown): number | null {
  const inner = typeof value === 'object' && value !== null ? Object.values(value)[0] : value;
  return typeof inner === 'number' && Number.isFinite(inner) ? inner : null;
}
