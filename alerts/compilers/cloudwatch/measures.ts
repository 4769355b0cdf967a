import type { MetricAggregate, SeriesQuestion } from '../../rules/signal.ts';
import type { Alert } from '../alert.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import { metricKind } from '../metrics.ts';

type Path = readonly (string | number)[];

/** A metric of CloudWatch and what is made of it within a period. */
export interface CloudwatchMetric {
  namespace: string;
  metric_name: string;
  dimensions: Readonly<Record<string, string>>;
  /** `Average`, or a percentile such as `p95`. */
  statistic: string;
  /** UCUM unit of the values, and Ringdown's own. */
  unit: string;
  own: string;
  /** Where a log has to be counted first: its group and the pattern of what counts. */
  filter?: { log_group: string; pattern: string };
}

const STATISTICS: Readonly<Record<MetricAggregate, string>> = {
  count: 'SampleCount',
  sum: 'Sum',
  rate: 'Sum',
  avg: 'Average',
  min: 'Minimum',
  max: 'Maximum',
  p50: 'p50',
  p90: 'p90',
  p95: 'p95',
  p99: 'p99',
};
/** OpenTelemetry's least number of each level. */
const SEVERITIES = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;

export function metricOf(
  question: SeriesQuestion,
  unit: 'ms' | 'By' | 'share' | null,
  alert: Alert,
  context: CompileContext,
  path: Path,
): CloudwatchMetric {
  const { namespace } = context.settings as { namespace: string };
  if (question.offset_ms > 0)
    throw new CannotExpress([...path, 'delay'], 'an alarm of CloudWatch looks at now', 'leave it out');
  if (question.of !== 'runs' && question.by.length > 0) {
    throw new CannotExpress(
      [...path, 'by'],
      'an alarm of CloudWatch watches one metric, not one for each value',
      'a rule for each value, or compile it for prometheus',
    );
  }
  if (question.of === 'runs')
    throw new CannotExpress([...path, 'runs'], 'CloudWatch has no metric of runs', 'compile it for prometheus');
  if (question.of === 'logs') return countedLogs(question, alert, context, path);
  if (question.of === 'requests') {
    const { service, route, status, synthetic, aggregate } = question;
    if (synthetic === true)
      throw new CannotExpress(
        [...path, 'requests', 'synthetic'],
        'metrics of CloudWatch leave requests of scenarios out',
      );
    if (synthetic === null)
      alert.approximate([...path, 'requests'], 'requests: those of scenarios are not counted in CloudWatch');
    if (status !== null && status !== 'error' && status !== '5xx') {
      throw new CannotExpress(
        [...path, 'requests', 'status'],
        `CloudWatch counts requests and those that failed, not ${status}`,
        'status: error',
      );
    }
    if (status === '5xx')
      alert.approximate([...path, 'requests', 'status'], 'status: 5xx: requests without an answer count too');
    if (status !== null && aggregate !== 'count')
      throw new CannotExpress([...path, 'requests', 'status'], 'durations are kept of all requests together');
    const where = {
      ...(service === null ? {} : { 'service.name': service }),
      ...(route === null ? {} : { 'http.route': route }),
    };
    const dimensions = dimensionsOf(where, alert, [...path, 'requests']);
    if (aggregate !== 'count')
      return {
        namespace,
        metric_name: 'ringdown.request.duration',
        dimensions,
        statistic: aggregate,
        unit: 'ms',
        own: 'ms',
      };
    const counted =
      status === null
        ? { metric_name: 'ringdown.request.duration', statistic: 'SampleCount' }
        : { metric_name: 'ringdown.request.errors', statistic: 'Sum' };
    return { namespace, ...counted, dimensions, unit: '1', own: '1' };
  }
  const { metric, aggregate, where } = question;
  const kind = metricKind(context.metrics, metric, aggregate, unit);
  const fits =
    kind.type === 'counter'
      ? ['sum', 'rate', 'count']
      : kind.type === 'gauge'
        ? ['avg', 'min', 'max', 'count']
        : Object.keys(STATISTICS);
  if (!fits.includes(aggregate))
    throw new CannotExpress(
      [...path, 'aggregate'],
      `a ${kind.type} has no ${aggregate} in CloudWatch`,
      `one of ${fits.join(', ')}`,
    );
  const statistic =
    kind.type === 'histogram' && aggregate === 'rate'
      ? 'SampleCount'
      : kind.type === 'counter'
        ? 'Sum'
        : STATISTICS[aggregate];
  const unitless = aggregate === 'count' || (aggregate === 'rate' && kind.type === 'histogram');
  return {
    namespace,
    metric_name: metric,
    dimensions: dimensionsOf(where, alert, [...path, 'where']),
    statistic,
    unit: unitless ? '1' : kind.unit,
    own: unitless ? '1' : kind.unit,
  };
}

/** Metrics are kept in total, by service and environment, and by the attributes that are dimensions besides. */
function dimensionsOf(where: Readonly<Record<string, string>>, alert: Alert, path: Path): Record<string, string> {
  const {
    'service.name': service,
    'deployment.environment.name': environment = alert.environment ?? undefined,
    ...others
  } = where;
  if (service === undefined && Object.keys(others).length === 0) return {};
  if (service === undefined || environment === undefined) {
    const missing = service === undefined ? 'service' : 'environment';
    throw new CannotExpress(
      path,
      `CloudWatch keeps metrics by service and environment together: the ${missing} is missing`,
      missing === 'environment' ? 'say `environment:` in the rule' : 'say service.name',
    );
  }
  return { environment, service, ...others };
}

function countedLogs(
  question: Extract<SeriesQuestion, { of: 'logs' }>,
  alert: Alert,
  { settings }: CompileContext,
  path: Path,
): CloudwatchMetric {
  const { service, level, text } = question;
  if (service === null || alert.environment === null) {
    throw new CannotExpress(
      [...path, 'logs'],
      'logs are in a group for each service and environment',
      'say service, and `environment:` in the rule',
    );
  }
  if (text?.includes('\\')) {
    throw new CannotExpress([...path, 'logs', 'text'], 'a pattern of CloudWatch cannot hold a backslash as it stands');
  }
  if (text !== null)
    alert.approximate(
      [...path, 'logs', 'text'],
      'text: CloudWatch looks for it in the message alone, and minds upper and lower case',
    );
  const parts = [
    '$.signal = "log"',
    ...(level === null ? [] : [`$.severity >= ${SEVERITIES[level]}`]),
    ...(text === null ? [] : [`$.message = "*${text.replaceAll('"', '\\"')}*"`]),
  ];
  const log_group = settings.log_group!.replace(/\{(service|environment)\}/g, (_, name) =>
    name === 'service' ? service : alert.environment!,
  );
  return {
    namespace: `${settings.namespace}/Alerts`,
    metric_name: alert.name,
    dimensions: {},
    statistic: 'Sum',
    unit: '1',
    own: '1',
    filter: { log_group, pattern: `{ ${parts.map((part) => `(${part})`).join(' && ')} }` },
  };
}
