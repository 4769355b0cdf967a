import type { SeriesQuestion } from '../../rules/signal.ts';
import { type Alert, summaryWithoutValues } from '../alert.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import type { Measure } from '../condition.ts';
import { durationText, exact, limitNumber, operator } from '../limits.ts';
import { type CloudwatchMetric, metricOf } from './measures.ts';

/** An alarm on a metric, or on an expression of several. */
export interface Alarm {
  name: string;
  description: string;
  /** The metrics by their name in `expression`; the only one where there is none. */
  metrics: Readonly<Record<string, CloudwatchMetric>>;
  expression: string | null;
  comparison: string;
  threshold: number;
  period_s: number;
  /** Periods in a row that must be beyond the threshold. */
  periods: number;
  missing: 'ignore' | 'notBreaching' | 'breaching';
  /** A part of a composite alarm tells nobody by itself. */
  silent: boolean;
}

export interface CompiledAlarms {
  alarms: readonly Alarm[];
  /** Which alarms must ring for it to ring; null where there is one. */
  composite: string | null;
}

const COMPARISONS = {
  '>': 'GreaterThanThreshold',
  '>=': 'GreaterThanOrEqualToThreshold',
  '<': 'LessThanThreshold',
  '<=': 'LessThanOrEqualToThreshold',
} as const;
const MISSING = { keep: 'ignore', ok: 'notBreaching', alert: 'breaching' } as const;
const PERIOD_MS = 60_000;
const DAY_S = 86_400;

/** @throws CannotExpress */
export function alarmsOf(alert: Alert, context: CompileContext): CompiledAlarms {
  const { condition } = alert;
  if (alert.keep_firing_for_ms > 0) {
    alert.approximate(
      ['keep_firing_for'],
      'keep_firing_for: an alarm of CloudWatch ends with the first period that is well',
    );
  }
  const description = summaryWithoutValues(alert);
  const common = {
    name: nameOf(alert),
    description: [description, ...(alert.runbook ? [alert.runbook] : [])].join('\n'),
  };
  switch (condition.is) {
    case 'limit': {
      const { measure, limit, at_least } = condition;
      const [question] =
        measure.is === 'series' ? [measure.of] : measure.is === 'ratio' ? [measure.whole] : [measure.now];
      const measured = measuredBy(measure, at_least, limit.unit, alert, context);
      const period_s = periodOf(question!, [alert.kind]);
      const counted =
        measure.is === 'series' &&
        question!.of !== 'metric' &&
        !(question!.of === 'requests' && question!.aggregate !== 'count');
      const isBelow = limit.operator === 'lt' || limit.operator === 'lte';
      const alarm: Alarm = {
        ...common,
        metrics: measured.metrics,
        expression: measured.expression,
        comparison: COMPARISONS[operator(limit)],
        threshold: limitNumber(limit, measured.own, measured.unit, [alert.kind, 'is']),
        period_s,
        periods: periodsOf(alert, period_s),
        missing: counted ? (isBelow ? 'breaching' : 'notBreaching') : MISSING[alert.no_data],
        silent: false,
      };
      return { alarms: [alarm], composite: null };
    }
    case 'absence': {
      const metric = metricOf({ ...condition.of, window_ms: condition.for_ms }, null, alert, context, [
        alert.kind,
        'of',
      ]);
      const period_s = periodOf({ ...condition.of, window_ms: condition.for_ms }, [alert.kind, 'for']);
      const statistic = metric.filter ? 'Sum' : 'SampleCount';
      const alarm: Alarm = {
        ...common,
        metrics: { m1: { ...metric, statistic } },
        expression: null,
        comparison: COMPARISONS['<'],
        threshold: 1,
        period_s,
        periods: periodsOf(alert, period_s),
        missing: 'breaching',
        silent: false,
      };
      return { alarms: [alarm], composite: null };
    }
    case 'burn_rate': {
      const alarms = condition.windows.flatMap(({ long, short, above }, index) =>
        [long, short].map((window, at): Alarm => {
          const metrics = {
            m1: failuresOf(window.good, alert, context),
            m2: metricOf(window.total, null, alert, context, [alert.kind, 'total']),
          };
          return {
            ...common,
            name: `${nameOf(alert)}/${at === 0 ? 'long' : 'short'}-${index + 1}`,
            metrics,
            expression: 'IF(m2 > 0, FILL(m1, 0) / m2, 0)',
            comparison: COMPARISONS['>'],
            threshold: exact(above),
            period_s: periodOf(window.total, [alert.kind, 'windows']),
            periods: 1,
            missing: at === 0 ? MISSING[alert.no_data] : 'notBreaching',
            silent: true,
          };
        }),
      );
      if (alert.for_ms > 0) alert.approximate(['for'], 'for: a composite alarm of CloudWatch rings at once');
      const pairs = condition.windows.map(
        (_, index) => `(ALARM("${nameOf(alert)}/long-${index + 1}") AND ALARM("${nameOf(alert)}/short-${index + 1}"))`,
      );
      return { alarms, composite: pairs.join(' OR ') };
    }
    case 'backend':
      throw new CannotExpress(
        [alert.kind],
        'the ledger has no dimension of CloudWatch for backends',
        'compile it for prometheus',
      );
    case 'failing':
      throw new CannotExpress(['scenario'], 'CloudWatch has no metric of runs', 'compile it for prometheus');
  }
}

/** With slashes, as the parts of a composite alarm have. */
export function nameOf({ name }: Alert): string {
  return `ringdown/${name}`;
}

interface Measured {
  metrics: Record<string, CloudwatchMetric>;
  expression: string | null;
  unit: string;
  own: string;
}

function measuredBy(
  measure: Measure,
  atLeast: number,
  unit: 'ms' | 'By' | 'share' | null,
  alert: Alert,
  context: CompileContext,
): Measured {
  if (measure.is === 'change') {
    throw new CannotExpress(
      [alert.kind, 'compared_to'],
      'an alarm of CloudWatch cannot look back in time',
      'compile it for prometheus',
    );
  }
  if (measure.is === 'ratio') {
    const part = metricOf(measure.part, null, alert, context, [alert.kind, 'part']);
    const whole = metricOf(measure.whole, null, alert, context, [alert.kind, 'whole']);
    return {
      metrics: { m1: part, m2: whole },
      expression: `IF(m2 >= ${Math.max(1, measure.at_least)}, FILL(m1, 0) / m2)`,
      unit: 'share',
      own: 'share',
    };
  }
  const metric = metricOf(measure.of, unit, alert, context, [alert.kind, 'of']);
  const { unit: found, own } = metric;
  const isRate = measure.of.of === 'metric' && measure.of.aggregate === 'rate';
  if (atLeast > 0) {
    const value = isRate ? 'm1 / PERIOD(m1)' : 'm1';
    return {
      metrics: { m1: metric, m2: { ...metric, statistic: 'SampleCount' } },
      expression: `IF(m2 >= ${atLeast}, ${value})`,
      unit: found,
      own,
    };
  }
  return { metrics: { m1: metric }, expression: isRate ? 'm1 / PERIOD(m1)' : null, unit: found, own };
}

/** What is not good: of requests those that fail. */
function failuresOf(good: SeriesQuestion, alert: Alert, context: CompileContext): CloudwatchMetric {
  if (good.of !== 'requests' || good.status !== 'ok' || good.aggregate !== 'count') {
    throw new CannotExpress(
      [alert.kind, 'good'],
      'CloudWatch counts requests and those that fail',
      'good: { requests: { status: ok } }',
    );
  }
  return metricOf({ ...good, status: 'error' }, null, alert, context, [alert.kind, 'good']);
}

function periodOf({ window_ms }: { window_ms: number }, path: readonly (string | number)[]): number {
  if (window_ms % PERIOD_MS !== 0 || window_ms / 1_000 > DAY_S) {
    throw new CannotExpress(
      path,
      `${durationText(window_ms)} is no period of CloudWatch`,
      'whole minutes, at most a day',
    );
  }
  return window_ms / 1_000;
}

function periodsOf(alert: Alert, period_s: number): number {
  if (alert.for_ms === 0) return 1;
  const periods = Math.max(1, Math.ceil(alert.for_ms / 1_000 / period_s)) + 1;
  if (periods * period_s > DAY_S) throw new CannotExpress(['for'], 'an alarm of CloudWatch looks at a day at most');
  alert.approximate(
    ['for'],
    `for: CloudWatch counts periods: ${periods} of ${durationText(period_s * 1_000)} in a row`,
  );
  return periods;
}
