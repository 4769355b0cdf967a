import { labelName } from '../../core/prometheus-names.ts';
import type { Alert } from '../compilers/alert.ts';
import { CannotExpress, type CompileContext } from '../compilers/compiler.ts';
import { type BurnWindow, type Condition, groupedBy, type Measure } from '../compilers/condition.ts';
import { limitNumber, operator } from '../compilers/limits.ts';
import type { MetricAggregate, SeriesQuestion } from '../rules/signal.ts';
import { monitorMatchers, type Selected, select } from './selectors.ts';
import { duration, literal, quoted } from './syntax.ts';

type Path = readonly (string | number)[];
type LimitUnit = 'ms' | 'By' | 'share' | null;

export interface Expression {
  /** What `judged` refers to, in the order in which it is evaluated; empty where everything stands in one expression. */
  records: readonly RecordingRule[];
  /** It is breached where all comparisons of any of these hold. */
  judged: readonly (readonly Comparison[])[];
  /** Has a sample for each label set with data; null where there is always data. */
  known: string | null;
  /** UCUM unit of the value that is shown. */
  unit: string;
}

export interface Comparison {
  /** An expression without operators, or in parentheses. */
  value: string;
  operator: '>' | '>=' | '<' | '<=' | '==';
  number: number;
}

export interface RecordingRule {
  record: string;
  expr: string;
}

const QUANTILES: Partial<Record<MetricAggregate, string>> = { p50: '0.5', p90: '0.9', p95: '0.95', p99: '0.99' };

/**
 * How far before its window a counter is looked for. One that was not there is taken to have begun inside, from 0, if its
 * target was scraped all the time: `increase` would leave out its first value, such as the first error of a service.
 */
const BORN_LOOKBACK = '1h';

/**
 * A condition in PromQL.
 * @param records whether what is measured becomes recording rules, or stands in the expression itself
 * @throws CannotExpress
 */
export function expressionOf(alert: Alert, context: CompileContext, records: boolean): Expression {
  const collected = new Records(alert, records);
  return { ...expressed(alert, context, collected), records: collected.rules };
}

/** Names what an alert measures, so that its expression is read in a line and nothing is worked out twice. */
class Records {
  readonly rules: RecordingRule[] = [];
  readonly #prefix: string;
  readonly #named: boolean;

  constructor({ name }: Alert, named: boolean) {
    this.#prefix = `ringdown:${name.replaceAll(/[^a-z0-9/]/gi, '_').replace('/', ':')}`;
    this.#named = named;
  }

  add(role: string, expr: string): string {
    if (!this.#named) return `(${expr})`;
    const known = this.rules.find((rule) => rule.expr === expr);
    if (known) return known.record;
    const record = `${this.#prefix}:${role}`;
    this.rules.push({ record, expr });
    return record;
  }
}

function expressed(alert: Alert, context: CompileContext, records: Records): Omit<Expression, 'records'> {
  const { condition } = alert;
  const { approximate } = alert;
  switch (condition.is) {
    case 'limit': {
      const { measure, limit, at_least } = condition;
      const where = [alert.kind];
      const { value, unit, own } = measured(measure, limit.unit, context, where, approximate, records);
      const isBelow = limit.operator === 'lt' || limit.operator === 'lte';
      const counted = measure.is === 'series' && isCounted(measure.of) && at_least === 0;
      let whole = value;
      if (measure.is === 'series' && at_least > 0) {
        const samples = records.add('samples', samplesOf(measure.of, limit.unit, context, where));
        whole = `(${value}) and ${on(measure.of)} ${samples} >= ${at_least}`;
      } else if (counted && isBelow && groupedBy(condition).length === 0) whole = `(${value}) or vector(0)`;
      const recorded = records.add('value', whole);
      const number = limitNumber(limit, own, unit, [...where, 'is']);
      return {
        judged: [[{ value: recorded, operator: operator(limit), number }]],
        known: counted ? null : recorded,
        unit,
      };
    }
    case 'absence':
      return { judged: [[silent(condition, context, alert, records)]], known: null, unit: '1' };
    case 'burn_rate': {
      const number = (series: SeriesQuestion, key: string) =>
        records.add(
          `${key}_${duration(series.window_ms)}`,
          seriesValue(series, null, context, [alert.kind, key], approximate).value,
        );
      // Without any that are good the share is 1, not nothing.
      const bad = ({ good, total }: BurnWindow['long']) => {
        const whole = number(total, 'total');
        const share = `1 - (${number(good, 'good')} or ${whole} * 0) / (${whole} > 0)`;
        return records.add(`bad_${duration(total.window_ms)}`, share);
      };
      const judged = condition.windows.map(({ long, short, above }) =>
        [long, short].map((window) => ({ value: bad(window), operator: '>' as const, number: above })),
      );
      return { judged, known: judged[0]![0]!.value, unit: 'share' };
    }
    case 'backend': {
      const { name, what, limit, window_ms } = condition;
      const path = [alert.kind, 'is'];
      const matcher = `backend=${quoted(name)}`;
      const lag = `max by (backend) (ringdown_backend_lag_seconds{${matcher}})`;
      const lost = `sum by (backend) (increase(ringdown_backend_items_total{${matcher},outcome=~"rejected|dropped"}[${duration(window_ms)}]))`;
      const [value, own, unit] = what === 'lag' ? [lag, 'ms', 's'] : [lost, '1', '1'];
      const recorded = records.add('value', value);
      const number = limitNumber(limit, own, unit, path);
      return { judged: [[{ value: recorded, operator: operator(limit), number }]], known: recorded, unit };
    }
    case 'failing': {
      if (condition.tags.length > 0) {
        const hint = 'name ids or services';
        throw new CannotExpress(['scenario', 'tags'], 'monitors have no label for tags in Prometheus', hint);
      }
      if (condition.consecutive > 1) {
        const what = `consecutive: ${condition.consecutive}`;
        approximate(
          ['failing', 'consecutive'],
          `${what}: Prometheus sees the state of a monitor, not its runs, and fires at the first failure`,
        );
      }
      const { services } = condition;
      const ofServices = services.length === 0 ? [] : [`service=~${quoted(services.map(literal).join('|'))}`];
      const matchers = ['state="failing"', ...monitorMatchers(condition), ...ofServices];
      const state = `max by (monitor, service, environment) (ringdown_monitor_state{${matchers.sort().join(',')}})`;
      const recorded = records.add('failing', state);
      return { judged: [[{ value: recorded, operator: '==', number: 1 }]], known: recorded, unit: '1' };
    }
  }
}

/** Nothing at all means zero. */
function isCounted(question: SeriesQuestion): boolean {
  return question.of !== 'metric' && !(question.of === 'requests' && question.aggregate !== 'count');
}

type Approximate = Alert['approximate'];

interface Value {
  value: string;
  unit: string;
  /** In which Ringdown has the same value. */
  own: string;
}

function measured(
  measure: Measure,
  unit: LimitUnit,
  context: CompileContext,
  path: Path,
  approximate: Approximate,
  records: Records,
): Value {
  const number = (role: string, key: string, series: SeriesQuestion) =>
    records.add(role, seriesValue(series, null, context, [...path, key], approximate).value);
  if (measure.is === 'series') return seriesValue(measure.of, unit, context, [...path, 'of'], approximate);
  if (measure.is === 'ratio') {
    const { part, whole, at_least } = measure;
    const divisor = number('whole', 'whole', whole);
    const dividend = number('part', 'part', part);
    const zero = isCounted(part) ? `(${dividend} or ${divisor} * 0)` : dividend;
    if (isCounted(whole)) return { value: `${zero} / (${divisor} >= ${at_least})`, unit: 'share', own: 'share' };
    const samples = records.add('samples', samplesOf(whole, null, context, path));
    return {
      value: `${zero} / (${divisor} != 0) and ${on(whole)} ${samples} >= ${at_least}`,
      unit: 'share',
      own: 'share',
    };
  }
  const { now, before, at_least } = measure;
  const [present, past] = [number('now', 'of', now), number('before', 'of', before)];
  const zeroNow = isCounted(now) ? `(${present} or ${past} * 0)` : present;
  const zeroThen = isCounted(now) ? `(${past} or ${present} * 0)` : past;
  const moved = `(${zeroNow} - ${zeroThen})`;
  // Nothing before and nothing now is no change: 0/0 would be no number.
  const change = `(${moved} / abs(${zeroThen}) >= -Inf or ${moved} == 0)`;
  if (at_least === 0) return { value: change, unit: 'share', own: 'share' };
  const samples = (series: SeriesQuestion, role: string) => records.add(role, samplesOf(series, null, context, path));
  const both = `(${samples(now, 'samples_now')} + ${samples(before, 'samples_before')})`;
  return { value: `${change} and ${on(now)} ${both} >= ${at_least}`, unit: 'share', own: 'share' };
}

function seriesValue(
  question: SeriesQuestion,
  limitUnit: LimitUnit,
  context: CompileContext,
  path: Path,
  approximate: Approximate,
): Value {
  const selected = select(question, limitUnit, context, path);
  const { kind, by } = selected;
  const { window_ms: window, offset_ms: offset } = question;
  const aggregate = question.of === 'metric' || question.of === 'requests' ? question.aggregate : 'count';
  const own = question.of === 'requests' && aggregate !== 'count' ? 'ms' : kind.unit;
  const over = (name: string, ending = '') => `${name}(${range(selected, ending, window, offset)})`;
  const grown = (ending: string) => `${all('sum', by)} (${growth(selected, ending, window, offset)})`;
  const cannot = (what: string, hint?: string) =>
    new CannotExpress([...path, 'aggregate'], `a ${kind.type} has no ${what} in Prometheus`, hint);
  const count = { unit: '1', own: '1' };

  if (kind.type === 'counter') {
    if (aggregate === 'sum' || aggregate === 'count')
      return { value: grown('_total'), ...(question.of === 'runs' ? count : { unit: kind.unit, own }) };
    if (aggregate === 'rate') return { value: `${grown('_total')} / ${window / 1_000}`, unit: kind.unit, own };
    throw cannot(aggregate, 'sum or rate');
  }
  if (kind.type === 'gauge') {
    switch (aggregate) {
      case 'avg':
        return {
          value: `${all('sum', by)} (${over('sum_over_time')}) / ${all('sum', by)} (${over('count_over_time')})`,
          unit: kind.unit,
          own,
        };
      case 'min':
      case 'max':
        return { value: `${all(aggregate, by)} (${over(`${aggregate}_over_time`)})`, unit: kind.unit, own };
      case 'count':
        approximate([...path, 'aggregate'], 'count: Prometheus counts scrapes, not what the service sent');
        return { value: `${all('sum', by)} (${over('count_over_time')})`, ...count };
      case 'sum':
      case 'rate':
        throw cannot(aggregate, 'avg, min or max; or tell that it is a counter with --metrics');
      default:
        approximate([...path, 'aggregate'], `${aggregate}: of the scrapes of each series, of which the highest counts`);
        return {
          value: `${all('max', by)} (quantile_over_time(${QUANTILES[aggregate]}, ${range(selected, '', window, offset)}))`,
          unit: kind.unit,
          own,
        };
    }
  }
  switch (aggregate) {
    case 'count':
      return { value: grown('_count'), ...count };
    case 'sum':
      return { value: grown('_sum'), unit: kind.unit, own };
    case 'rate':
      return { value: `${grown('_count')} / ${window / 1_000}`, unit: '1', own: '1' };
    case 'avg':
      return { value: `${grown('_sum')} / (${grown('_count')} > 0)`, unit: kind.unit, own };
    case 'min':
    case 'max': {
      approximate([...path, 'aggregate'], `${aggregate}: a histogram knows it as precisely as its buckets are wide`);
      return { value: quantile(selected, aggregate === 'min' ? '0' : '1', window, offset), unit: kind.unit, own };
    }
    default:
      return { value: quantile(selected, QUANTILES[aggregate]!, window, offset), unit: kind.unit, own };
  }
}

/** How many samples the value was made of. */
function samplesOf(question: SeriesQuestion, unit: LimitUnit, context: CompileContext, path: Path): string {
  const selected = select(question, unit, context, path);
  const { window_ms: window, offset_ms: offset } = question;
  if (selected.kind.type === 'gauge')
    return `${all('sum', selected.by)} (count_over_time(${range(selected, '', window, offset)}))`;
  const ending = selected.kind.type === 'counter' ? '_total' : '_count';
  return `${all('sum', selected.by)} (${growth(selected, ending, window, offset)})`;
}

function quantile(selected: Selected, rank: string, window: number, offset: number): string {
  const by = ['le', ...selected.by].join(', ');
  // Of a window without samples it is no number, which is left out by comparing it.
  return `histogram_quantile(${rank}, sum by (${by}) (rate(${range(selected, '_bucket', window, offset)}))) >= 0`;
}

/** What each counter grew by. */
function growth(selected: Selected, ending: string, window: number, offset: number): string {
  const before = `${selector(selected, ending)}[${BORN_LOOKBACK}] offset ${duration(window + offset)}`;
  const here = range(selected, ending, window, offset);
  const scraped = `min_over_time(up[${duration(window)}] offset ${duration(window + offset)}) == 1`;
  return `last_over_time(${here}) unless last_over_time(${before}) and on (job, instance) ${scraped} or increase(${here})`;
}

function range(selected: Selected, ending: string, window: number, offset: number): string {
  return `${selector(selected, ending)}[${duration(window)}]${offset === 0 ? '' : ` offset ${duration(offset)}`}`;
}

function selector({ family, matchers }: Selected, ending: string): string {
  // In the order in which Prometheus writes them back.
  return `${family}${ending}${matchers.length === 0 ? '' : `{${[...matchers].sort().join(',')}}`}`;
}

function all(aggregation: 'sum' | 'min' | 'max', by: readonly string[]): string {
  return by.length === 0 ? aggregation : `${aggregation} by (${by.join(', ')})`;
}

function on(question: SeriesQuestion): string {
  const by = question.of === 'runs' ? [] : question.by;
  return `on (${by.map(labelName).join(', ')})`;
}

function silent(
  { of, for_ms }: Extract<Condition, { is: 'absence' }>,
  context: CompileContext,
  alert: Alert,
  records: Records,
): Comparison {
  const path = [alert.kind, 'of'];
  const selected = select(of, null, context, path);
  const window = duration(for_ms);
  const { by } = selected;
  const labels = by.join(', ');
  if (selected.kind.type === 'gauge') {
    const message =
      'absence of a gauge: Prometheus knows when it is not scraped any more, not when the service stopped to set it';
    alert.approximate(path, message);
    if (by.length === 0) {
      return {
        value: records.add('absent', `absent_over_time(${selector(selected, '')}[${window}])`),
        operator: '>',
        number: 0,
      };
    }
    const known = records.add(
      'known',
      `group by (${labels}) (last_over_time(${selector(selected, '')}[${BORN_LOOKBACK}] offset ${window}))`,
    );
    const heard = records.add('value', `group by (${labels}) (last_over_time(${selector(selected, '')}[${window}]))`);
    return { value: records.add('absent', `${known} unless on (${labels}) ${heard}`), operator: '>', number: 0 };
  }
  const ending = selected.kind.type === 'counter' ? '_total' : '_count';
  const grown = `${all('sum', by)} (${growth(selected, ending, for_ms, of.offset_ms)})`;
  const zero = { operator: '==', number: 0 } as const;
  if (by.length === 0) return { value: records.add('value', `${grown} or vector(0)`), ...zero };
  const known = `${all('sum', by)} (last_over_time(${selector(selected, ending)}[${BORN_LOOKBACK}] offset ${window})) * 0`;
  return { value: records.add('value', `${grown} or ${known}`), ...zero };
}
