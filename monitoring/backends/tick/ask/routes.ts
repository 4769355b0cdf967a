import type { Question, TimeRange } from '../../../reader.ts';
import type { RouteStats } from '../../../telemetry.ts';
import { literal } from '../influx/influxql.ts';
import { type Ask, within } from './window.ts';

/** Real or scenario requests per service, method and route; the busiest first. A span of no HTTP goes by its name. */
export async function askRoutes(
  ask: Ask,
  { service, route, synthetic }: Extract<Question, { ask: 'routes' }>,
  range: TimeRange,
): Promise<RouteStats[]> {
  const where = [within(range), `kind = 'server'`];
  if (service !== undefined) where.push(`service = ${literal(service)}`);
  if (synthetic !== undefined) where.push(`synthetic = '${synthetic}'`);
  if (route !== undefined) where.push(`(route = ${literal(route)} OR operation = ${literal(route)})`);
  const percentiles = [50, 95, 99].map((q) => `PERCENTILE(duration_ns, ${q}) AS p${q}`);
  const rows = await ask(
    `SELECT COUNT(duration_ns) AS requests, SUM(failed) AS errors, ${percentiles.join(', ')} FROM spans WHERE ${where.join(
      ' AND ',
    )} GROUP BY service, method, route, operation`,
  );
  return rows
    .map((row) => ({
      service: String(row.service ?? ''),
      method: String(row.method ?? ''),
      route: String(row.route || row.operation || ''),
      count: Number(row.requests),
      errors: Number(row.errors),
      p50_ms: Number(row.p50) / 1e6,
      p95_ms: Number(row.p95) / 1e6,
      p99_ms: Number(row.p99) / 1e6,
    }))
    .sort((a, b) => b.count - a.count || a.route.localeCompare(b.route));
}
