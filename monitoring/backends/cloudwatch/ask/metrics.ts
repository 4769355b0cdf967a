import {
  type CloudWatchClient,
  type Dimension,
  GetMetricDataCommand,
  ListMetricsCommand,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { RingdownError } from '../../../../core/errors.ts';
import { groupedBy, groupName, metricLabels } from '../../../group-by.ts';
import { type Aggregate, type Answers, CannotAnswer, type Question, type TimeRange } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import type { CloudwatchConfig } from '../config.ts';
import { memberName } from '../encode/metrics.ts';
import type { MetricCatalog } from '../metric-catalog.ts';

type MetricQuestion = Extract<Question, { ask: 'metric' }>;

export interface MetricsContext {
  config: CloudwatchConfig;
  client: CloudWatchClient;
  catalog: MetricCatalog;
}

const MINUTE_MS = 60_000;
const MOST_INTERVALS = 10_000;
/** Of GetMetricData: queries in one request. */
const MOST_QUERIES = 500;
/** Series that one chart adds up. */
const MOST_SERIES = 500;
const BASE = ['service', 'environment'];

/** Statistic that answers an aggregate, and how those of several series go together. */
const ADD = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

/**
 * A metric over time, by GetMetricData: whole minutes, as CloudWatch keeps them, so the first and last interval may
 * reach past the window. What it cannot look up it says.
 */
export async function askMetric(
  context: MetricsContext,
  question: MetricQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<MetricSeries[]> {
  const whole = question.interval_ms === undefined;
  // Periods of CloudWatch begin where it likes; those of a minute can be put together to any window.
  const step = question.interval_ms ?? MINUTE_MS;
  if (!(step >= MINUTE_MS) || step % MINUTE_MS !== 0) {
    throw new CannotAnswer('CloudWatch keeps these metrics by the minute: ask for intervals of whole minutes');
  }
  const first = Math.floor(window.from / step);
  const end = Math.ceil(window.to / step);
  if (end - first > MOST_INTERVALS) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  const name = memberName(question.name);
  const kind = context.catalog.get(name);
  const stats = statisticsFor(question.aggregate, kind?.type);
  const groups = await seriesOf(context, question, name, abort);
  const isPercentile = /^p\d/.test(stats[0] ?? '');
  if (isPercentile && whole && end - first > 1) {
    throw new CannotAnswer(
      'percentiles of several minutes cannot be put together: ask for one interval of whole minutes',
    );
  }
  if (isPercentile && [...groups.values()].some((series) => series.length > 1)) {
    throw new CannotAnswer(
      'percentiles of several CloudWatch metrics cannot be put together: ask by service and environment',
    );
  }
  const queries: (MetricDataQuery & { group: string | null; stat: string })[] = [];
  for (const [group, series] of groups) {
    for (const Dimensions of series) {
      for (const stat of stats) {
        const Metric = { Namespace: context.config.namespace, MetricName: name, Dimensions };
        const MetricStat = { Metric, Period: step / 1_000, Stat: stat };
        queries.push({ Id: `q${queries.length}`, MetricStat, ReturnData: true, group, stat });
      }
    }
  }
  const range = { from: first * step, to: end * step };
  const values = await fetchValues(context.client, queries, range, step, abort);
  return [...groups.keys()]
    .map((group) => {
      const of = (stat: string, places: readonly number[]) =>
        queries
          .filter((query) => query.group === group && query.stat === stat)
          .flatMap((query) => places.flatMap((place) => values.get(query.Id!)?.get(place) ?? []));
      const point = (places: readonly number[]): [number, number | null] => [
        places[0]! * step,
        together(question.aggregate, (stat) => of(stat, places), stats, places.length * step),
      ];
      const places = Array.from({ length: end - first }, (_, index) => first + index);
      const points = whole ? [point(places)] : places.map((place) => point([place]));
      return {
        name: question.name,
        unit: kind?.unit ?? '',
        attributes: metricLabels(question.group_by, group),
        points,
      };
    })
    .filter(({ points }) => points.some(([, value]) => value !== null))
    .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes)));
}

function statisticsFor(aggregate: Aggregate, type: string | undefined): string[] {
  const isCounter = type === 'counter';
  switch (aggregate) {
    case 'count':
      return ['SampleCount'];
    case 'sum':
      return ['Sum'];
    case 'rate':
      return type === 'gauge' ? [] : [type === 'histogram' ? 'SampleCount' : 'Sum'];
    case 'avg':
      return isCounter ? [] : ['Sum', 'SampleCount'];
    case 'min':
      return isCounter ? [] : ['Minimum'];
    case 'max':
      return isCounter ? [] : ['Maximum'];
    default:
      // Percentiles of levels and of what was added say nothing, here as everywhere.
      return type === undefined || type === 'histogram' ? [aggregate] : [];
  }
}

function together(
  aggregate: Aggregate,
  of: (stat: string) => number[],
  stats: readonly string[],
  step: number,
): number | null {
  const values = stats.map(of);
  if (values.length === 0 || values.some((list) => list.length === 0)) return null;
  switch (aggregate) {
    case 'count':
    case 'sum':
      return ADD(values[0]!);
    case 'rate':
      return ADD(values[0]!) / (step / 1_000);
    case 'avg':
      return ADD(values[0]!) / ADD(values[1]!);
    case 'min':
      return Math.min(...values[0]!);
    case 'max':
      return Math.max(...values[0]!);
    default:
      return values[0]![0]!;
  }
}

/** Dimensions of the CloudWatch metrics that make up each line of the chart. */
async function seriesOf(
  context: MetricsContext,
  question: MetricQuestion,
  name: string,
  abort?: AbortSignal,
): Promise<Map<string | null, Dimension[][]>> {
  const wanted = Object.entries(question.attributes ?? {}).map(([key, Value]) => ({
    Name: dimensionOf(context.config, key),
    Value,
  }));
  const by = groupedBy(question.group_by).map((attribute) => dimensionOf(context.config, attribute));
  const groups = new Map<string | null, Dimension[][]>();
  if (wanted.length === 0 && by.length === 0) return groups.set(null, [[]]);
  const names = [...wanted.map(({ Name }) => Name), ...by];
  const isOfBase = names.every((key) => BASE.includes(key));
  const filter = [...wanted, ...by.map((Name) => ({ Name }))];
  for (const dimensions of await listDimensions(context, name, filter, abort)) {
    const own = dimensions.map(({ Name }) => Name ?? '');
    // Totals are metrics of their own: the finer ones beside them would count everything twice.
    if (isOfBase && own.length !== BASE.length) continue;
    if (!names.every((key) => own.includes(key))) continue;
    const group = groupName(by.map((one) => dimensions.find(({ Name }) => Name === one)?.Value ?? ''));
    groups.set(group, [...(groups.get(group) ?? []), dimensions]);
  }
  return groups;
}

/** @throws CannotAnswer for an attribute by which metrics cannot be looked up */
function dimensionOf({ dimensions }: CloudwatchConfig, attribute: string): string {
  if (attribute === 'service.name') return 'service';
  if (attribute === 'deployment.environment.name') return 'environment';
  if (dimensions.includes(attribute)) return attribute;
  throw new CannotAnswer(
    `metrics in CloudWatch can be told apart by service.name, deployment.environment.name and the backend's "dimensions" (${dimensions.join(', ') || 'none'}), not by ${attribute}`,
  );
}

async function listDimensions(
  { client, config }: MetricsContext,
  MetricName: string,
  Dimensions: { Name: string; Value?: string }[],
  abort?: AbortSignal,
): Promise<Dimension[][]> {
  const found: Dimension[][] = [];
  let NextToken: string | undefined;
  do {
    const answer = await client.send(
      new ListMetricsCommand({ Namespace: config.namespace, MetricName, Dimensions, NextToken }),
      abort ? { abortSignal: abort } : {},
    );
    found.push(...(answer.Metrics ?? []).map((metric) => metric.Dimensions ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined && found.length <= MOST_SERIES);
  if (found.length > MOST_SERIES) {
    throw new CannotAnswer(
      `${MetricName} is more than ${MOST_SERIES} metrics in CloudWatch: ask by an attribute that takes fewer values`,
    );
  }
  return found;
}

/** Values by the query's id and the number of the interval. */
async function fetchValues(
  client: CloudWatchClient,
  queries: readonly (MetricDataQuery & { group: string | null; stat: string })[],
  range: TimeRange,
  step: number,
  abort?: AbortSignal,
): Promise<Map<string, Map<number, number>>> {
  const values = new Map<string, Map<number, number>>();
  for (let from = 0; from < queries.length; from += MOST_QUERIES) {
    const MetricDataQueries = queries.slice(from, from + MOST_QUERIES).map(({ group: _, stat: __, ...query }) => query);
    let NextToken: string | undefined;
    do {
      const answer = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries,
          StartTime: new Date(range.from),
          EndTime: new Date(range.to),
          NextToken,
        }),
        abort ? { abortSignal: abort } : {},
      );
      for (const { Id, Timestamps, Values } of answer.MetricDataResults ?? []) {
        if (Id === undefined) continue;
        const at = values.get(Id) ?? new Map<number, number>();
        values.set(Id, at);
        for (const [index, time] of (Timestamps ?? []).entries()) {
          at.set(Math.floor(time.getTime() / step), Values?.[index] ?? 0);
        }
      }
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
  }
  return values;
}

/** Names that had values in the last two weeks: ListMetrics knows no window. */
export async function askMetricNames(context: MetricsContext, abort?: AbortSignal): Promise<Answers['metric_names']> {
  const { client, config, catalog } = context;
  const names = new Set<string>();
  let NextToken: string | undefined;
  do {
    const answer = await client.send(
      new ListMetricsCommand({ Namespace: config.namespace, NextToken }),
      abort ? { abortSignal: abort } : {},
    );
    for (const { MetricName } of answer.Metrics ?? []) if (MetricName !== undefined) names.add(MetricName);
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return [...names].sort().map((name) => {
    const kind = catalog.get(name);
    return { name, unit: kind?.unit ?? '', type: kind?.type ?? 'unknown' };
  });
}
