import type { Question, TimeRange } from '../../../reader.ts';
import type { Page, TraceSummary } from '../../../telemetry.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { ofScenarios, SERVED } from './fields.ts';
import { textOf } from './rows.ts';
import { all, any, exists, type Hit, type Query, type Search, type Source, term, within } from './search.ts';

type TracesQuestion = Extract<Question, { ask: 'traces' }>;

const MOST_ROUNDS = 50;
/** What Elasticsearch gives at once. */
const MOST_HITS = 10_000;
const TIME_ORDER = { order: 'desc', format: 'strict_date_optional_time_nanos' };

/**
 * One line per trace: its first SERVER span that fits the question, or its root where it has no SERVER span at all.
 * Works from candidates in the list's order and drops those which another span of their trace represents.
 */
export async function askTraces(
  search: Search,
  question: TracesQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<Page<TraceSummary>> {
  const isLatest = question.order === 'latest';
  const rank = isLatest ? { '@timestamp': TIME_ORDER } : { 'event.duration': 'desc' };
  let after =
    question.cursor === undefined
      ? undefined
      : readCursor(question.cursor, [isLatest ? 'string' : 'number', 'string', 'string']);
  const limit = Math.floor(question.limit);
  const found: Hit[] = [];
  const size = Math.min(MOST_HITS, Math.max(50, 2 * (limit + 1)));
  const query = fits(question, window);
  for (let round = 0; round < MOST_ROUNDS && found.length <= limit; round++) {
    const asked = { size, query, sort: [rank, { 'trace.id': 'desc' }, { 'span.id': 'desc' }] };
    const { hits } = await search.run('traces', { ...asked, ...(after ? { search_after: after } : {}) }, abort);
    if (hits.length === 0) break;
    found.push(...(await representatives(search, query, hits, abort)));
    after = hits.at(-1)!.sort!;
    if (hits.length < size) break;
  }
  const items = found.slice(0, limit);
  const last = items.at(-1)?.sort;
  return {
    items: items.map(({ _source }) => summaryOf(_source)),
    next_cursor: found.length > limit && last ? writeCursor(last) : null,
  };
}

function fits(question: TracesQuestion, window: TimeRange): Query {
  const filter = [within(window), any([SERVED, { bool: { must_not: [exists('parent.id')] } }])];
  if (question.service !== undefined) filter.push(term('service.name', question.service));
  if (question.route !== undefined) filter.push(ofRoute(question.route));
  if (question.errors_only) filter.push(term('event.outcome', 'failure'));
  if (question.min_duration_ms !== undefined) {
    filter.push({ range: { 'event.duration': { gte: Math.ceil(question.min_duration_ms * 1e6) } } });
  }
  return all([...filter, ...ofScenarios(question.synthetic)]);
}

/** A span that is not of HTTP and has no route goes by its name. */
export function ofRoute(route: string): Query {
  const named = all([term('span.name', route)], [exists('http.route'), exists('http.request.method')]);
  return any([term('http.route', route), named]);
}

export function routeOf(source: Source): string | null {
  const route = textOf(source, 'http.route');
  if (route !== null) return route;
  return 'http.request.method' in source ? null : textOf(source, 'span.name');
}

/** Of the candidates, those that stand for their trace. */
async function representatives(search: Search, query: Query, candidates: Hit[], abort?: AbortSignal): Promise<Hit[]> {
  const ids = [...new Set(candidates.map(traceIdOf))];
  const ofThese = { terms: { 'trace.id': ids } };
  const first = { terms: { field: 'trace.id', size: ids.length } };
  const earliest = {
    first: {
      top_hits: {
        size: 1,
        sort: [{ '@timestamp': 'asc' }, { 'span.id': 'asc' }],
        _source: ['span.id'],
      },
    },
  };
  const { aggregations } = await search.run(
    'traces',
    {
      size: 0,
      query: ofThese,
      aggs: {
        fitting: {
          filter: query,
          aggs: {
            served: { filter: SERVED, aggs: { traces: { ...first, aggs: earliest } } },
            others: { filter: { bool: { must_not: [SERVED] } }, aggs: { traces: { ...first, aggs: earliest } } },
          },
        },
        served: { filter: SERVED, aggs: { traces: first } },
      },
    },
    abort,
  );
  const served = new Set<string>();
  for (const { key } of aggregations.served?.traces.buckets ?? []) served.add(key);
  const standing = new Map<string, string>();
  const take = (buckets: { key: string; first: { hits: { hits: Hit[] } } }[], isServed: boolean) => {
    for (const { key, first: top } of buckets) {
      if (served.has(key) === isServed) standing.set(key, top.hits.hits[0]!._source['span.id'] as string);
    }
  };
  take(aggregations.fitting?.others.traces.buckets ?? [], false);
  take(aggregations.fitting?.served.traces.buckets ?? [], true);
  return candidates.filter((hit) => standing.get(traceIdOf(hit)) === hit._source['span.id']);
}

function traceIdOf({ _source }: Hit): string {
  return _source['trace.id'] as string;
}

function summaryOf(source: Source): TraceSummary {
  const code = source['http.response.status_code'];
  return {
    trace_id: source['trace.id'] as string,
    service: source['service.name'] as string,
    name: source['span.name'] as string,
    route: routeOf(source),
    status_code: typeof code === 'number' ? code : null,
    error: source['event.outcome'] === 'failure',
    synthetic: 'user_agent.synthetic.type' in source,
    start_time: source['@timestamp'] as string,
    duration_ms: (source['event.duration'] as number) / 1e6,
  };
}
