import type { Question, TimeRange } from '../../../reader.ts';
import type { RouteStats } from '../../../telemetry.ts';
import { FAILED, ofScenarios, SERVED } from './fields.ts';
import { type Aggregated, all, exists, type Search, term, within } from './search.ts';
import { ofRoute } from './traces.ts';

const MEASURES = {
  errors: { filter: FAILED },
  latency: { percentiles: { field: 'event.duration', percents: [50, 95, 99] } },
};

/** Real or scenario requests per service, method and route; the busiest first. */
export async function askRoutes(
  search: Search,
  question: Extract<Question, { ask: 'routes' }>,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<RouteStats[]> {
  const filter = [within(window), SERVED, ...ofScenarios(question.synthetic)];
  if (question.service !== undefined) filter.push(term('service.name', question.service));
  if (question.route !== undefined) filter.push(ofRoute(question.route));
  const source = (name: string, field: string) => ({ [name]: { terms: { field, missing_bucket: true } } });
  const options = { most: 500, abort };
  const isNamed = [exists('http.route'), exists('http.request.method')];
  const sources = [source('service', 'service.name'), source('method', 'http.request.method')];
  const [routed, named] = await Promise.all([
    search.groups(
      'traces',
      all([...filter, { bool: { should: isNamed, minimum_should_match: 1 } }]),
      [...sources, source('route', 'http.route')],
      MEASURES,
      options,
    ),
    // Of another protocol: known by its name.
    search.groups('traces', all(filter, isNamed), [...sources, source('route', 'span.name')], MEASURES, options),
  ]);
  return [...routed, ...named].map(statsOf).sort((a, b) => b.count - a.count || a.route.localeCompare(b.route));
}

function statsOf({ key, doc_count, errors, latency }: Aggregated): RouteStats {
  const ms = (percent: string) => latency.values[percent] / 1e6;
  return {
    service: key.service ?? '',
    method: key.method ?? '',
    route: key.route ?? '',
    count: doc_count,
    errors: errors.doc_count,
    p50_ms: ms('50.0'),
    p95_ms: ms('95.0'),
    p99_ms: ms('99.0'),
  };
}
