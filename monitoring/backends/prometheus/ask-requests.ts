import { RingdownError } from '../../../core/errors.ts';
import { labelName } from '../../../core/prometheus-names.ts';
import { groupedBy, groupName } from '../../group-by.ts';
import { CannotAnswer, type Question, type RequestSeries, type RequestStatus, type TimeRange } from '../../reader.ts';
import type { RouteStats } from '../../telemetry.ts';
import { REQUESTS } from './add-span.ts';
import { equals, grownBy, MOST_POINTS, type PrometheusApi, selector } from './promql.ts';

type RequestsQuestion = Extract<Question, { ask: 'requests' }>;
type RoutesQuestion = Extract<Question, { ask: 'routes' }>;

/** Labels of requests; of other attributes nothing is known. */
const GROUPS = ['http.route', 'http.request.method', 'service.name', 'deployment.environment.name'];
const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** Counts, error rate and percentiles of requests, by what is a label. */
export async function askRequests(
  api: PrometheusApi,
  question: RequestsQuestion,
  window: TimeRange,
  abort: AbortSignal,
): Promise<RequestSeries[]> {
  const { measure, limit } = question;
  if (measure === 'distinct') throw new CannotAnswer('single values of attributes, such as users, are no labels');
  const names = groupedBy(question.group_by);
  const unknown = names.find((name) => !GROUPS.includes(name));
  if (unknown !== undefined) {
    throw new CannotAnswer(`${unknown} is no label: every client or user would be a series of its own`);
  }
  const intervalMs = question.interval_ms ?? window.to - window.from;
  const starts = intervalStarts(window, intervalMs, question.interval_ms !== undefined);
  const by = names.map(labelName);
  const matchers = [...requestMatchers(question), ...ofRoute(question.route), ...ofStatus(question.status)];
  const totals = selector(`${REQUESTS}_count`, matchers);
  const ask = (query: string) =>
    api.range(query, starts[0]! + intervalMs, starts.at(-1)! + intervalMs, intervalMs, abort);
  const counts = table(await ask(`sum by (${by.join()}) (${grownBy(totals, intervalMs)})`), by);
  const values = measure === 'count' ? counts : table(await ask(valueQuery(measure, matchers, by, intervalMs)), by);
  const busy = (group: string | null) =>
    [...(counts.get(group)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  const groups = [...counts.keys()].filter((group) => busy(group) > 0).sort((a, b) => busy(b) - busy(a));
  if (groups.length === 0 && names.length === 0) groups.push(null);
  return groups.slice(0, limit).map((group) => ({
    group,
    points: starts.map((start): [number, number | null] => {
      const at = start + intervalMs;
      const requests = Math.round(counts.get(group)?.get(at) ?? 0);
      if (measure === 'count') return [start, requests];
      if (requests === 0) return [start, null];
      return [start, values.get(group)?.get(at) ?? (measure === 'error_rate' ? 0 : null)];
    }),
  }));
}

function valueQuery(
  measure: 'error_rate' | keyof typeof QUANTILES,
  matchers: string[],
  by: string[],
  ms: number,
): string {
  if (measure === 'error_rate') {
    const totals = grownBy(selector(`${REQUESTS}_count`, matchers), ms);
    const failed = grownBy(selector(`${REQUESTS}_count`, [...matchers, equals('status_class', '5xx')]), ms);
    return `sum by (${by.join()}) (${failed}) / sum by (${by.join()}) (${totals})`;
  }
  const buckets = grownBy(selector(`${REQUESTS}_bucket`, matchers), ms);
  return `1000 * histogram_quantile(${QUANTILES[measure]}, sum by (${[...by, 'le'].join()}) (${buckets}))`;
}

/** Requests per service, method and route; the busiest first. */
export async function askRoutes(
  api: PrometheusApi,
  question: RoutesQuestion,
  window: TimeRange,
  abort: AbortSignal,
): Promise<RouteStats[]> {
  const ms = window.to - window.from;
  const matchers = [...requestMatchers(question), ...ofRoute(question.route)];
  const by = 'service_name, http_request_method, http_route';
  const ask = async (query: string) => {
    const rows = await api.instant(query, window.to, abort);
    return new Map(rows.map(({ labels, value }) => [routeKey(labels), value]));
  };
  const counted = (more: string[]) =>
    ask(`sum by (${by}) (${grownBy(selector(`${REQUESTS}_count`, [...matchers, ...more]), ms)})`);
  const buckets = `sum by (${by}, le) (${grownBy(selector(`${REQUESTS}_bucket`, matchers), ms)})`;
  const quantile = (q: number) => ask(`1000 * histogram_quantile(${q}, ${buckets})`);
  const [counts, errors, p50, p95, p99] = await Promise.all([
    counted([]),
    counted([equals('status_class', '5xx')]),
    quantile(0.5),
    quantile(0.95),
    quantile(0.99),
  ]);
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([key, count]) => {
      const [service, method, route] = JSON.parse(key) as [string, string, string];
      return {
        service,
        method,
        route,
        count: Math.round(count),
        errors: Math.round(errors.get(key) ?? 0),
        p50_ms: finite(p50.get(key)),
        p95_ms: finite(p95.get(key)),
        p99_ms: finite(p99.get(key)),
      };
    })
    .sort((a, b) => b.count - a.count || a.route.localeCompare(b.route));
}

function routeKey(labels: Record<string, string>): string {
  return JSON.stringify([labels.service_name ?? '', labels.http_request_method ?? '', labels.http_route ?? '']);
}

function requestMatchers({ service, synthetic }: { service?: string; synthetic?: boolean }): string[] {
  return [
    ...(service === undefined ? [] : [equals('service_name', service)]),
    ...(synthetic === undefined ? [] : [equals('synthetic', String(synthetic))]),
  ];
}

function ofRoute(route: string | undefined): string[] {
  return route === undefined ? [] : [equals('http_route', route)];
}

/** @throws CannotAnswer for a single status */
function ofStatus(status: RequestStatus | undefined): string[] {
  if (status === undefined) return [];
  if (typeof status === 'number')
    throw new CannotAnswer('the scraped series tell classes of status, such as 5xx, alone');
  if (status === 'ok') return ['status_class!="5xx"'];
  return [equals('status_class', status === 'error' ? '5xx' : status)];
}

/** @throws RingdownError `TOO_MANY_INTERVALS` */
export function intervalStarts({ from, to }: TimeRange, intervalMs: number, aligned: boolean): number[] {
  const first = aligned ? Math.floor(from / intervalMs) * intervalMs : from;
  const count = intervalMs >= 1 ? Math.ceil((to - first) / intervalMs) : Number.POSITIVE_INFINITY;
  if (count > MOST_POINTS) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_POINTS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  return Array.from({ length: Math.max(1, count) }, (_, index) => first + index * intervalMs);
}

/** Group → time → value. */
function table(
  rows: { labels: Record<string, string>; values: [number, number][] }[],
  by: readonly string[],
): Map<string | null, Map<number, number>> {
  return new Map(
    rows.map(({ labels, values }) => [
      groupName(by.map((label) => labels[label] ?? null)),
      new Map(values.filter(([, value]) => Number.isFinite(value))),
    ]),
  );
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}
