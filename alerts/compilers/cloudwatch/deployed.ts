import { RingdownError, toError } from '../../../core/errors.ts';
import type { CompileContext, Compiled, Connection, Item } from '../compiler.ts';
import { type Alarm, type CompiledAlarms, nameOf } from './alarms.ts';

export function itemsOf(compiled: readonly Compiled<CompiledAlarms>[]): Item[] {
  return compiled.flatMap(({ alert, piece: { alarms, composite } }) => [
    ...alarms.map(itemOf),
    ...(composite === null ? [] : [compositeItem(nameOf(alert), composite)]),
  ]);
}

function itemOf(alarm: Alarm): Item {
  const metrics = Object.entries(alarm.metrics).map(([id, { namespace, metric_name, dimensions, statistic }]) => [
    alarm.expression === null ? '' : id,
    namespace,
    metric_name,
    statistic,
    Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return {
    id: `alarm ${alarm.name}`,
    content: {
      metrics: JSON.stringify(metrics),
      expression: alarm.expression ?? '',
      condition: `${alarm.comparison} ${alarm.threshold}`,
      periods: `${alarm.periods} of ${alarm.period_s} s`,
      missing: alarm.missing,
      enabled: 'true',
      told: String(!alarm.silent),
    },
  };
}

function compositeItem(name: string, rule: string): Item {
  return { id: `composite alarm ${name}`, content: { rule, enabled: 'true' } };
}

/**
 * By DescribeAlarms; credentials and region come from where the AWS SDK looks for them.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export async function deployedAlarms(
  { url }: Connection,
  { settings }: CompileContext,
  abort: AbortSignal,
): Promise<Item[]> {
  // A client of many megabytes that nobody else needs.
  const { CloudWatchClient, DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = new CloudWatchClient({ endpoint: url, region: settings.region! });
  const items: Item[] = [];
  try {
    let NextToken: string | undefined;
    do {
      const command = new DescribeAlarmsCommand({
        AlarmNamePrefix: 'ringdown/',
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        NextToken,
      });
      const page = await client.send(command, { abortSignal: abort });
      for (const alarm of page.MetricAlarms ?? []) {
        const single =
          alarm.MetricName === undefined
            ? []
            : [
                {
                  Id: '',
                  MetricStat: { Metric: alarm, Stat: alarm.ExtendedStatistic ?? alarm.Statistic, Period: alarm.Period },
                },
              ];
        const queries = alarm.Metrics && alarm.Metrics.length > 0 ? alarm.Metrics : single;
        const measured = queries.filter(({ MetricStat }) => MetricStat?.Metric?.MetricName !== undefined);
        const metrics = measured.map(({ Id, MetricStat }) => [
          Id,
          MetricStat!.Metric!.Namespace,
          MetricStat!.Metric!.MetricName,
          MetricStat!.Stat,
          (MetricStat!.Metric!.Dimensions ?? [])
            .map(({ Name, Value }) => [Name, Value])
            .sort(([a], [b]) => (a! < b! ? -1 : 1)),
        ]);
        const expression = queries.find((query) => 'Expression' in query && query.Expression !== undefined) as
          | { Expression?: string }
          | undefined;
        items.push({
          id: `alarm ${alarm.AlarmName}`,
          content: {
            metrics: JSON.stringify(metrics.sort(([a], [b]) => (a! < b! ? -1 : 1))),
            expression: expression?.Expression ?? '',
            condition: `${alarm.ComparisonOperator} ${alarm.Threshold}`,
            periods: `${alarm.EvaluationPeriods} of ${measured[0]?.MetricStat?.Period} s`,
            missing: alarm.TreatMissingData ?? 'missing',
            enabled: String(alarm.ActionsEnabled ?? true),
            told: String((alarm.AlarmActions ?? []).length > 0),
          },
        });
      }
      for (const { AlarmName, AlarmRule, ActionsEnabled } of page.CompositeAlarms ?? []) {
        items.push({
          id: `composite alarm ${AlarmName}`,
          content: { rule: AlarmRule ?? '', enabled: String(ActionsEnabled ?? true) },
        });
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  } catch (cause) {
    throw new RingdownError('TARGET', `CloudWatch cannot be asked: ${toError(cause).message}`, {
      hint: 'check --url, the region and the credentials of the AWS SDK',
      cause,
    });
  } finally {
    client.destroy();
  }
  return items;
}
