import { RingdownError } from '../../../../core/errors.ts';
import { addValues, QUANTILES } from '../../../charts/interval.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import { CannotAnswer, type Question, type TimeRange } from '../../../reader.ts';
import type { MetricSeries } from '../../../telemetry.ts';
import { measurementOf, tagOf } from '../encode/metric-names.ts';
import { identifier, literal } from '../influx/influxql.ts';
import { type Row, tooMuch } from '../influx/query.ts';
import { Chart } from './chart.ts';
import { type Buckets, slicesOf } from './histogram.ts';
import { TYPES } from './metric-names.ts';
import { addIncreases, type Total } from './running-totals.ts';
import { type Ask, fromJson, MOST_ROWS, stepsOf, within } from './window.ts';

export type MetricQuestion = Extract<Question, { ask: 'metric' }>;

const MOST_INTERVALS = 10_000;
const REQUEST_DURATION = 'http.server.request.duration';
const COUNTERS = new Set(['sum', 'counter']);
/** What Telegraf writes of timers instead of buckets: percentiles of one flush, which do not add up. */
const TELEGRAF_TIMERS = new Set(['timing', 'histogram']);
/** Labels that come from the resource. */
const RESOURCE_TAGS: Readonly<Record<string, string>> = {
  'service.name': 'service',
  'deployment.environment.name': 'env',
};
const SPAN_TAGS: Readonly<Record<string, string>> = {
  ...RESOURCE_TAGS,
  'http.request.method': 'method',
  'http.route': 'route',
  'user_agent.synthetic.type': 'synthetic',
};

/**
 * A metric over time. Intervals begin at multiples of `interval_ms`, or one is the whole window. Running totals are told as their increase.
 * `http.server.request.duration` is worked out from SERVER spans where nobody sends it.
 */
export async function askMetric(ask: Ask, question: MetricQuestion, range: TimeRange): Promise<MetricSeries[]> {
  const steps = stepsOf(range, question.interval_ms, MOST_INTERVALS);
  if (!steps) {
    throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
      hint: 'ask for a shorter window or a longer interval',
    });
  }
  const chart = new Chart(question.group_by, steps);
  const tags = tagsOf(question, metricTag);
  await addPoints(ask, question, range, tags, chart);
  if (QUANTILES[question.aggregate] !== undefined) await addBuckets(ask, question, range, tags, chart);
  await addTotals(ask, question, range, tags, chart);
  if (chart.isEmpty && question.name === REQUEST_DURATION) await addFromSpans(ask, question, range, chart);
  return chart.series(question.name, question.aggregate);
}

interface Tags {
  where: string;
  /** Tags that are grouped by. */
  groups: readonly string[];
}

function tagsOf({ attributes = {}, group_by }: MetricQuestion, name: (attribute: string) => string): Tags {
  const where = Object.entries(attributes).map(
    ([key, value]) => ` AND ${identifier(name(key))}::tag = ${literal(value)}`,
  );
  return { where: where.join(''), groups: groupedBy(group_by).map(name) };
}

function metricTag(attribute: string): string {
  const tag = Object.hasOwn(RESOURCE_TAGS, attribute) ? RESOURCE_TAGS[attribute] : tagOf(attribute);
  if (tag === undefined) {
    throw new CannotAnswer(
      `${attribute} takes too many values for a tag: it is kept in the field "attributes", by which InfluxQL cannot group or filter`,
    );
  }
  return tag;
}

function by(tags: Tags, ...more: string[]): string {
  return [...tags.groups.map(identifier), 'metric_type', 'unit', ...more].join(', ');
}

function byTime(intervalMs: number | undefined): string[] {
  return intervalMs === undefined ? [] : [`time(${Math.floor(intervalMs)}ms)`];
}

function groupOf(row: Row, { groups }: Tags): string | null {
  return groupName(groups.map((tag) => String(row[tag] ?? '')));
}

function typeOf(row: Row): string {
  const type = String(row.metric_type ?? '');
  return TYPES[type] ?? type;
}

async function addPoints(ask: Ask, { name, interval_ms }: MetricQuestion, range: TimeRange, tags: Tags, chart: Chart) {
  const rows = await ask(
    `SELECT COUNT("value") AS n, SUM("value") AS v, MIN("value") AS low, MAX("value") AS high, SUM("count") AS items,
       SUM("sum") AS total, MIN("lower") AS lower, MAX("upper") AS upper
     FROM ${identifier(measurementOf(name))} WHERE ${within(range)} AND temporality::tag != 'cumulative'${tags.where}
     GROUP BY ${by(tags, ...byTime(interval_ms))} fill(none)`,
  );
  for (const row of rows) {
    const interval = chart.interval(String(row.unit ?? ''), typeOf(row), groupOf(row, tags), row.time);
    if (!interval) continue;
    const number = (key: string) => (row[key] === null || row[key] === undefined ? null : Number(row[key]));
    if (number('items') !== null)
      addValues(interval, number('items')!, number('total') ?? 0, number('lower'), number('upper'));
    else if (COUNTERS.has(typeOf(row))) addValues(interval, number('v') ?? 0, number('v') ?? 0, null, null);
    else addValues(interval, number('n') ?? 0, number('v') ?? 0, number('low'), number('high'));
  }
}

/** Distributions of what is not a running total. */
async function addBuckets(ask: Ask, { name }: MetricQuestion, range: TimeRange, tags: Tags, chart: Chart) {
  const rows = await ask(
    `SELECT "count", "buckets" FROM ${identifier(measurementOf(name))}
     WHERE ${within(range)} AND temporality::tag != 'cumulative'${tags.where} GROUP BY ${by(tags)} LIMIT ${MOST_ROWS + 1}`,
  );
  if (rows.length > MOST_ROWS) throw tooMuch();
  for (const row of rows) {
    const buckets = fromJson<Buckets | null>(row.buckets, null);
    if (buckets) {
      const interval = chart.interval(String(row.unit ?? ''), typeOf(row), groupOf(row, tags), row.time);
      interval?.slices.push(...slicesOf(buckets));
    } else if (row.count !== null && TELEGRAF_TIMERS.has(String(row.metric_type))) {
      throw new CannotAnswer(
        `${name} came through Telegraf, which keeps percentiles of each flush; they cannot be added up to one of a longer interval`,
      );
    }
  }
}

async function addTotals(ask: Ask, { name, interval_ms }: MetricQuestion, range: TimeRange, tags: Tags, chart: Chart) {
  // How far before the window a running total's last value is looked for.
  const before = range.from - Math.max(Math.ceil(interval_ms ?? range.to - range.from), 600_000);
  const rows = await ask(
    `SELECT "value", "count", "sum", "buckets", "start_ms", "series" FROM ${identifier(measurementOf(name))}
     WHERE ${within({ from: before, to: range.to })} AND temporality::tag = 'cumulative'${tags.where}
     GROUP BY ${by(tags)} LIMIT ${MOST_ROWS + 1}`,
  );
  if (rows.length > MOST_ROWS) throw tooMuch();
  const totals = rows.map((row): Total => {
    const value = Number(row.value ?? 0);
    const isSum = row.count === null;
    return {
      unit: String(row.unit ?? ''),
      type: typeOf(row),
      group: groupOf(row, tags),
      series: String(row.series),
      startMs: Number(row.start_ms ?? 0),
      time: row.time,
      count: isSum ? value : Number(row.count),
      sum: isSum ? value : Number(row.sum ?? 0),
      slices: row.buckets === null ? [] : slicesOf(fromJson<Buckets>(row.buckets, { bounds: [], counts: [] })),
    };
  });
  addIncreases(totals, chart, range.from, before);
}

/** Seconds, from every SERVER span. */
async function addFromSpans(ask: Ask, question: MetricQuestion, range: TimeRange, chart: Chart) {
  const tags = tagsOf(spanQuestion(question), (attribute) => {
    if (Object.hasOwn(SPAN_TAGS, attribute)) return SPAN_TAGS[attribute]!;
    throw new CannotAnswer(
      `nobody sends ${REQUEST_DURATION}, and the spans it is worked out from have no tag ${attribute}`,
    );
  });
  const percentile = QUANTILES[question.aggregate];
  const groups = [...tags.groups.map(identifier), ...byTime(question.interval_ms)];
  const rows = await ask(
    `SELECT COUNT(duration_ns) AS items, SUM(duration_ns) AS total, MIN(duration_ns) AS lower, MAX(duration_ns) AS upper,
       PERCENTILE(duration_ns, ${(percentile ?? 0.5) * 100}) AS p
     FROM spans WHERE ${within(range)} AND kind = 'server'${tags.where}
     ${groups.length > 0 ? `GROUP BY ${groups.join(', ')} fill(none)` : ''}`,
  );
  for (const row of rows) {
    const values = tags.groups.map((tag) => {
      const found = String(row[tag] ?? '');
      return tag === 'synthetic' ? (found === 'true' ? 'test' : '') : found;
    });
    const interval = chart.interval('s', 'histogram', groupName(values), row.time);
    if (!interval) continue;
    const seconds = (key: string) => Number(row[key] ?? 0) / 1e9;
    addValues(interval, Number(row.items), seconds('total'), seconds('lower'), seconds('upper'));
    interval.slices.push({ lower: seconds('p'), upper: seconds('p'), count: 1 });
  }
}

/** The tag says only whether a request was a scenario's. */
function spanQuestion(question: MetricQuestion): MetricQuestion {
  const { 'user_agent.synthetic.type': synthetic, ...rest } = question.attributes ?? {};
  if (synthetic === undefined) return question;
  return { ...question, attributes: { ...rest, 'user_agent.synthetic.type': String(synthetic !== '') } };
}
