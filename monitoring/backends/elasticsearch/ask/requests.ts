import { RingdownError } from '../../../../core/errors.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import type { Question, RequestSeries, TimeRange } from '../../../reader.ts';
import { FAILED, ofScenarios, ofStatus, SERVED, spanField } from './fields.ts';
import { type Intervals, intervalsOf, pointsOf } from './intervals.ts';
import { type Aggregated, all, exists, type Query, type Search, term, within } from './search.ts';

type RequestsQuestion = Extract<Question, { ask: 'requests' }>;

const PERCENTS = { p50: 50, p95: 95, p99: 99 } as const;
/** Up to so many different values are counted exactly; beyond, HyperLogLog++ is a few percent off. */
const EXACT_VALUES = 10_000;
/** Every shard names so many groups, of which the busiest are told: exact where there are no more. */
const GROUPS_PER_SHARD = 10_000;
/** Elasticsearch refuses an answer of more than 65,536 buckets (search.max_buckets). */
const MOST_BUCKETS = 50_000;

/** SERVER spans, counted or measured. */
export async function askRequests(
  search: Search,
  question: RequestsQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<RequestSeries[]> {
  const { limit } = question;
  const names = groupedBy(question.group_by);
  const intervals = question.interval_ms === undefined ? undefined : intervalsOf(window, question.interval_ms);
  if (intervals && names.length > 0 && (limit + 1) * intervals.starts.length > MOST_BUCKETS) {
    throw new RingdownError(
      'TOO_MANY_INTERVALS',
      `${limit} groups of ${intervals.starts.length} intervals are too many`,
      {
        hint: 'ask for fewer groups, a shorter window or a longer interval',
      },
    );
  }
  const filter = [within(window), SERVED, ...ofScenarios(question.synthetic), ...ofStatus(question.status)];
  if (question.route !== undefined) filter.push(term('http.route', question.route));
  if (question.service !== undefined) filter.push(term('service.name', question.service));
  const query = all(filter);
  const inner = intervals ? chart(intervals, measure(question)) : measure(question);
  const points = (bucket: Aggregated) => {
    if (!intervals) return [[window.from, measured(bucket, question)]] as [number, number | null][];
    const byStart = new Map<number, Aggregated>(bucket.chart?.buckets.map((at: Aggregated) => [at.key, at]));
    return pointsOf(intervals, (start) => (byStart.has(start) ? measured(byStart.get(start), question) : null));
  };
  if (names.length > 1) {
    const sources = names.map((name, index) => ({
      [`label${index}`]: { terms: { field: spanField(name), missing_bucket: true } },
    }));
    const most = Math.max(1, Math.min(1_000, Math.floor(MOST_BUCKETS / (1 + (intervals?.starts.length ?? 0)))));
    const combinations = await search.groups('traces', query, sources, inner, { most, abort });
    return combinations
      .sort((a, b) => b.doc_count - a.doc_count)
      .slice(0, limit)
      .map((bucket) => ({
        group: groupName(names.map((_, index) => textOf(bucket.key[`label${index}`]))),
        points: points(bucket),
      }));
  }
  const [name] = names;
  const aggs =
    name === undefined ? { whole: { filter: { match_all: {} }, aggs: inner } } : groups(spanField(name), limit, inner);
  const { aggregations } = await search.run('traces', { size: 0, query, aggs }, abort);
  if (name === undefined) {
    return [{ group: null, points: points(aggregations.whole ?? { doc_count: 0 }) }];
  }
  const found = [...(aggregations.groups?.buckets ?? [])];
  if (aggregations.none?.doc_count > 0) found.push({ ...aggregations.none, key: null });
  return found
    .sort((a, b) => b.doc_count - a.doc_count)
    .slice(0, limit)
    .map((bucket) => ({ group: textOf(bucket.key), points: points(bucket) }));
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function groups(field: string, limit: number, inner: Query): Query {
  const size = Math.max(1, Math.floor(limit));
  return {
    groups: { terms: { field, size, shard_size: Math.max(size, GROUPS_PER_SHARD) }, ...withInner(inner) },
    none: { filter: { bool: { must_not: [exists(field)] } }, ...withInner(inner) },
  };
}

function chart({ stepMs }: Intervals, inner: Query): Query {
  return {
    chart: {
      date_histogram: { field: '@timestamp', fixed_interval: `${stepMs}ms`, min_doc_count: 1 },
      ...withInner(inner),
    },
  };
}

function withInner(inner: Query): Query {
  return Object.keys(inner).length > 0 ? { aggs: inner } : {};
}

function measure({ measure: wanted, attribute }: RequestsQuestion): Query {
  switch (wanted) {
    case 'count':
      return {};
    case 'error_rate':
      return { errors: { filter: FAILED } };
    case 'distinct':
      return {
        distinct: { cardinality: { field: spanField(attribute ?? 'user.id'), precision_threshold: EXACT_VALUES } },
      };
    default:
      return { latency: { percentiles: { field: 'event.duration', percents: [PERCENTS[wanted]] } } };
  }
}

function measured(bucket: Aggregated, { measure: wanted }: RequestsQuestion): number | null {
  if (bucket.doc_count === 0) return null;
  switch (wanted) {
    case 'count':
      return bucket.doc_count;
    case 'error_rate':
      return bucket.errors.doc_count / bucket.doc_count;
    case 'distinct':
      return bucket.distinct.value;
    default:
      return (Object.values(bucket.latency.values)[0] as number) / 1e6;
  }
}
