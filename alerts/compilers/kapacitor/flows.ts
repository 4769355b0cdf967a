import type { MetricAggregate, SeriesQuestion } from '../../rules/signal.ts';
import type { Alert } from '../alert.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import { durationText } from '../limits.ts';
import { metricKind } from '../metrics.ts';
import { groupTags, influxqlOf, lambdaOf, type Source, sourceOf, tagOf } from './sources.ts';
import { identifier, node, reference, text } from './tick.ts';

type Path = readonly (string | number)[];
type LimitUnit = 'ms' | 'By' | 'share' | null;

/** Points, one for each group and evaluation, with the fields `value` and, where it is asked for, `samples`. */
export interface Flow {
  /** TICKscript without a name. */
  script: string;
  /** Tags that tell groups apart. */
  groups: readonly string[];
  /** UCUM unit of `value`, and Ringdown's own. */
  unit: string;
  own: string;
}

export interface Task {
  alert: Alert;
  context: CompileContext;
}

const OF_VALUES: Partial<Record<MetricAggregate, string>> = {
  avg: 'mean("value")',
  min: 'min("value")',
  max: 'max("value")',
  count: 'count("value")',
  p50: 'percentile("value", 50)',
  p90: 'percentile("value", 90)',
  p95: 'percentile("value", 95)',
  p99: 'percentile("value", 99)',
};
const OF_DISTRIBUTIONS: Partial<Record<MetricAggregate, string>> = {
  avg: 'sum("sum") / sum("count")',
  min: 'min("lower")',
  max: 'max("upper")',
  count: 'sum("count")',
  sum: 'sum("sum")',
};
/** Of spans, in seconds. */
const SPAN_SELECTS: Partial<Record<MetricAggregate, string>> = {
  avg: 'mean("duration_ns") / 1000000000',
  min: 'min("duration_ns") / 1000000000',
  max: 'max("duration_ns") / 1000000000',
  sum: 'sum("duration_ns") / 1000000000',
  count: 'count("duration_ns")',
  rate: 'count("duration_ns")',
};
const REQUEST_DURATION = 'http.server.request.duration';

/**
 * What is zero when nothing happens is counted in a stream; what has no value then is asked for in a batch, so that
 * without data nothing is judged, and late points count.
 */
export function flowOf(question: SeriesQuestion, unit: LimitUnit, task: Task, path: Path): Flow {
  const groups = groupTags(question, path);
  if (question.of === 'requests' && question.aggregate !== 'count') {
    const rank = Number(question.aggregate.slice(1));
    return { script: durations(question, rank, task, path), groups, unit: 'ms', own: 'ms' };
  }
  if (question.of !== 'metric') {
    return { script: counted(question, task, path), groups, unit: '1', own: '1' };
  }
  const { aggregate, window_ms } = question;
  const kind = metricKind(task.context.metrics, question.metric, aggregate, unit);
  const temporality = task.context.settings.temporality!;
  const cannot = (why: string, hint?: string) => new CannotExpress([...path, 'aggregate'], why, hint);
  const source = sourceOf(question, path);
  const batch = (select: string, samples: string, of = source) => ({
    script: asked(question, `${select} AS "value", ${samples} AS "samples"`, of, task, groups),
    groups,
    unit: aggregate === 'count' ? '1' : kind.unit,
    own: aggregate === 'count' ? '1' : kind.unit,
  });

  if (kind.type === 'gauge') {
    const select = OF_VALUES[aggregate];
    if (!select)
      throw cannot(`a level has no ${aggregate}`, 'avg, min or max; or tell that it is a counter with --metrics');
    return batch(select, 'count("value")');
  }
  if (kind.type === 'counter') {
    if (aggregate !== 'sum' && aggregate !== 'rate' && aggregate !== 'count')
      throw cannot(`a counter has no ${aggregate}`, 'sum or rate');
    const perSecond = aggregate === 'rate' ? ` / ${window_ms / 1_000}` : '';
    if (temporality === 'delta') return batch(`sum("value")${perSecond}`, 'count("value")');
    if (question.offset_ms > 0)
      throw cannot('running totals are added up as they come, not with a delay', 'leave out delay');
    return { script: totals(question, source, task, groups), groups, unit: kind.unit, own: kind.unit };
  }
  if (question.metric === REQUEST_DURATION) {
    const wanted = SPAN_SELECTS[aggregate] ?? `percentile("duration_ns", ${aggregate.slice(1)}) / 1000000000`;
    const select = aggregate === 'rate' ? `${wanted} / ${window_ms / 1_000}` : wanted;
    const asRequests = {
      ...question,
      of: 'requests',
      service: null,
      route: null,
      status: null,
      synthetic: null,
      aggregate: 'count',
    } as const;
    const tags = Object.keys(question.where).map((key) => ({
      tag: tagOf(asRequests, key, [...path, 'where', key]),
      values: [question.where[key]!],
    }));
    const spans = { ...sourceOf(asRequests, path), tags: [{ tag: 'kind', values: ['server'] }, ...tags] };
    const spanGroups = groupTags(asRequests, path);
    const plain = aggregate === 'count' || aggregate === 'rate';
    return {
      script: asked(question, `${select} AS "value", count("duration_ns") AS "samples"`, spans, task, spanGroups),
      groups: spanGroups,
      unit: plain ? '1' : 's',
      own: plain ? '1' : 's',
    };
  }
  if (temporality !== 'delta') {
    throw cannot(
      `running totals of a histogram cannot be taken apart by Kapacitor`,
      'send deltas (OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta) and say --set temporality=delta',
    );
  }
  if (aggregate === 'rate') return batch(`sum("count") / ${window_ms / 1_000}`, 'sum("count")');
  const select = OF_DISTRIBUTIONS[aggregate];
  if (!select)
    throw cannot(
      `InfluxDB keeps the buckets of ${question.metric} as text, of which Kapacitor cannot make a ${aggregate}`,
      'avg or max; requests have percentiles',
    );
  return batch(select, 'sum("count")');
}

/** Asked of InfluxDB at each evaluation. */
function asked(
  question: SeriesQuestion,
  select: string,
  source: Source,
  { alert, context }: Task,
  groups: readonly string[],
): string {
  const { database, retention_policy: policy } = context.settings;
  const from = [database!, policy!, source.measurement].map(identifier).join('.');
  const where = influxqlOf(source);
  const query = `SELECT ${select} FROM ${from}${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''}`;
  return [
    'batch',
    node(
      // The space keeps a closing quote of InfluxQL apart from those of TICKscript.
      `query('''${query} ''')`,
      `period(${durationText(question.window_ms)})`,
      `every(${durationText(alert.every_ms)})`,
      'align()',
      ...(question.offset_ms > 0 ? [`offset(${durationText(question.offset_ms)})`] : []),
      ...(groups.length === 0 ? [] : [`groupBy(${groups.map(text).join(', ')})`]),
    ),
    // One row of a batch becomes one point of a stream, whose time is that of the evaluation.
    node(`last('value')`, `as('value')`),
  ].join('\n');
}

function durations(
  question: Extract<SeriesQuestion, { of: 'requests' }>,
  rank: number,
  task: Task,
  path: Path,
): string {
  const select = `percentile("duration_ns", ${rank}) / 1000000 AS "value", count("duration_ns") AS "samples"`;
  return asked(question, select, sourceOf(question, path), task, groupTags(question, path));
}

/** Points as they come. */
export function points(question: SeriesQuestion, source: Source, { context }: Task, groups: readonly string[]): string {
  const { database, retention_policy: policy } = context.settings;
  return [
    'stream',
    node(
      'from()',
      `database(${text(database!)})`,
      `retentionPolicy(${text(policy!)})`,
      `measurement(${text(source.measurement)})`,
      ...(source.tags.length + source.fields.length > 0 ? [`where(lambda: ${lambdaOf(source)})`] : []),
      ...(groups.length === 0 ? [] : [`groupBy(${groups.map(text).join(', ')})`]),
    ),
    ...(question.offset_ms > 0 ? [node(`shift(${durationText(question.offset_ms)})`)] : []),
  ].join('\n');
}

/** The window moves on without points, too: then it is empty. */
export function windowOf({ window_ms }: { window_ms: number }, { alert }: Task): string {
  const every = durationText(alert.every_ms);
  return [
    node(`barrier()`, `idle(${every})`),
    node(
      'window()',
      `period(${durationText(window_ms)})`,
      `every(${every})`,
      'align()',
      ...(isLowerBound(alert) ? ['fillPeriod()'] : []),
    ),
  ].join('\n');
}

export function counted(question: SeriesQuestion, task: Task, path: Path): string {
  const source = sourceOf(question, path);
  return [
    points(question, source, task, groupTags(question, path)),
    windowOf(question, task),
    node(`count('${source.counted}')`, `as('value')`),
  ].join('\n');
}

/** What each series of running totals grew by, added up. A total that began anew counts from its next point. */
function totals(
  question: Extract<SeriesQuestion, { of: 'metric' }>,
  source: Source,
  task: Task,
  groups: readonly string[],
): string {
  const perSecond = question.aggregate === 'rate' ? ` / ${question.window_ms / 1_000}.0` : '';
  const running = { ...source, tags: [...source.tags, { tag: 'temporality', values: ['cumulative'] }] };
  return [
    points(question, running, task, []),
    node('groupBy(*)'),
    node(`difference('value')`, `as('grown')`),
    node('where(lambda: "grown" >= 0)'),
    node(`groupBy(${groups.map(text).join(', ')})`),
    windowOf(question, task),
    // Unlike a sum it is nothing, and not zero, where there are no points.
    node(`cumulativeSum('grown')`, `as('value')`),
    node(`last('value')`, `as('value')`),
    ...(perSecond === '' ? [] : [node(`eval(lambda: float(${reference('value')})${perSecond})`, `as('value')`)]),
  ].join('\n');
}

/** What counts too little would fire while its first window fills. */
function isLowerBound({ condition }: Alert): boolean {
  return condition.is === 'limit' && (condition.limit.operator === 'lt' || condition.limit.operator === 'lte');
}
