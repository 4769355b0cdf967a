import { type Interval, QUANTILES } from '../../../charts/interval.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import type { Question, TimeRange } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import { Chart } from './chart.ts';
import { labelFields, labelOf, labelSources, SERVED, spanField } from './fields.ts';
import { type Intervals, intervalsOf } from './intervals.ts';
import { addIncreases, runningTotals } from './running-totals.ts';
import { type Aggregated, all, any, exists, type Query, type Search, term, within } from './search.ts';

export type MetricQuestion = Extract<Question, { ask: 'metric' }>;

const REQUEST_DURATION = 'http.server.request.duration';
const TOTALS = Object.fromEntries(
  [
    ['sum', 'value'],
    ['value_count', 'value'],
    ['min', 'value'],
    ['max', 'value'],
    ['sum', 'count'],
    ['sum', 'sum'],
    ['min', 'min'],
    ['max', 'max'],
  ].map(([kind, field]) => [`${kind}_${field}`, { [kind!]: { field: `metric.${field}` } }]),
);
/** Exponential histograms are stored with at most 320 buckets, and so are most explicit ones. */
const BUCKETS = {
  buckets: {
    nested: { path: 'metric.buckets' },
    aggs: {
      bounds: {
        terms: { field: 'metric.buckets.upper', size: 2_000 },
        aggs: {
          lower: { min: { field: 'metric.buckets.lower' } },
          count: { sum: { field: 'metric.buckets.count' } },
        },
      },
    },
  },
};

/**
 * A metric over time. Running totals are told as their increase. `http.server.request.duration` is worked out from
 * SERVER spans where nobody sends it.
 */
export async function askMetric(
  search: Search,
  question: MetricQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<MetricSeries[]> {
  const intervals = intervalsOf(window, question.interval_ms);
  const chart = new Chart();
  const isTotal = term('metric.temporality', 'cumulative');
  const [, totals] = await Promise.all([
    addPoints(search, question, all([within(window), ...matching(question)], [isTotal]), intervals, chart, abort),
    runningTotals(search, [isTotal, ...matching(question)], question.group_by, window, intervals, abort),
  ]);
  addIncreases(totals, chart);
  if (chart.isEmpty && question.name === REQUEST_DURATION) {
    await addFromSpans(search, question, window, intervals, chart, abort);
  }
  return chart.series(question.name, question.group_by, question.aggregate, intervals);
}

function matching({ name, attributes }: MetricQuestion): Query[] {
  const labels = Object.entries(attributes ?? {}).map(([key, value]) => {
    const [own, inherited] = labelFields(key) as [string, string];
    return any([term(own, value), all([term(inherited, value)], [exists(own)])]);
  });
  return [term('metric.name', name), ...labels];
}

async function addPoints(
  search: Search,
  question: MetricQuestion,
  query: Query,
  intervals: Intervals,
  chart: Chart,
  abort?: AbortSignal,
): Promise<void> {
  const isQuantile = QUANTILES[question.aggregate] !== undefined;
  const names = groupedBy(question.group_by);
  const sources = [
    ...['unit', 'type'].map((key) => ({ [key]: { terms: { field: `metric.${key}` } } })),
    ...labelSources(names),
    ...intervals.sources,
  ];
  const inner = { ...TOTALS, ...(isQuantile ? BUCKETS : {}) };
  // An answer may hold 65,536 buckets, those of the histograms included.
  const found = await search.groups('metrics', query, sources, inner, { most: isQuantile ? 100 : 1_000, abort });
  for (const bucket of found) {
    const { unit, type, time: start } = bucket.key;
    const group = groupName(names.map((_, index) => labelOf(bucket.key, index) ?? ''));
    add(chart.interval(unit, type, group, start ?? intervals.starts[0]!), type, bucket);
  }
}

function add(interval: Interval, type: string, bucket: Aggregated): void {
  const value = (name: string): number => bucket[name].value ?? 0;
  // A counter counts what it was raised by, not how often.
  interval.count += value('sum_count') + (type === 'sum' ? value('sum_value') : value('value_count_value'));
  interval.sum += value('sum_sum') + value('sum_value');
  const extremes = (kind: 'min' | 'max') =>
    [interval[kind], bucket[`${kind}_${kind}`].value, bucket[`${kind}_value`].value].filter((one) => one !== null);
  const [low, high] = [extremes('min'), extremes('max')];
  interval.min = low.length > 0 ? Math.min(...low) : null;
  interval.max = high.length > 0 ? Math.max(...high) : null;
  for (const { key, lower, count } of bucket.buckets?.bounds.buckets ?? []) {
    interval.slices.push({ lower: lower.value, upper: key, count: count.value });
  }
}

/** Seconds. */
async function addFromSpans(
  search: Search,
  question: MetricQuestion,
  window: TimeRange,
  intervals: Intervals,
  chart: Chart,
  abort?: AbortSignal,
): Promise<void> {
  const labels = Object.entries(question.attributes ?? {}).map(([key, value]) => term(spanField(key), value));
  const { group_by, aggregate } = question;
  const names = groupedBy(group_by);
  const labelled = names.map((name, index) => ({
    [`label${index}`]: { terms: { field: spanField(name), missing_bucket: true } },
  }));
  // It takes at least one source, and every SERVER span has this one.
  const sources = [{ kind: { terms: { field: 'span.kind' } } }, ...labelled, ...intervals.sources];
  const quantile = QUANTILES[aggregate];
  const inner = {
    duration: { stats: { field: 'event.duration' } },
    ...(quantile ? { latency: { percentiles: { field: 'event.duration', percents: [quantile * 100] } } } : {}),
  };
  const query = all([within(window), SERVED, ...labels]);
  for (const bucket of await search.groups('traces', query, sources, inner, { abort })) {
    const group = groupName(names.map((_, index) => String(bucket.key[`label${index}`] ?? '')));
    const interval = chart.interval('s', 'histogram', group, bucket.key.time ?? intervals.starts[0]!);
    const { count, sum, min, max } = bucket.duration;
    interval.count += count;
    interval.sum += sum / 1e9;
    interval.min = min / 1e9;
    interval.max = max / 1e9;
    if (quantile) {
      const at = (Object.values(bucket.latency.values)[0] as number) / 1e9;
      interval.slices.push({ lower: at, upper: at, count });
    }
  }
}
