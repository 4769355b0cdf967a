import type { CompileContext, Compiled } from '../compiler.ts';
import { type HclBlock, type HclValue, hclFile, Reference, resourceName } from '../hcl.ts';
import { type Alarm, type CompiledAlarms, nameOf } from './alarms.ts';
import type { CloudwatchMetric } from './measures.ts';

const TOPIC = new Reference('aws_sns_topic.ringdown.arn');

/** @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_metric_alarm */
export function alarmsFile(compiled: readonly Compiled<CompiledAlarms>[], { inboundUrl }: CompileContext): string {
  const blocks: HclBlock[] = [
    {
      type: 'terraform',
      blocks: [{ type: 'required_providers', attributes: { aws: { source: 'hashicorp/aws', version: '>= 5.0' } } }],
    },
    {
      type: 'resource',
      labels: ['aws_sns_topic', 'ringdown'],
      comments: [
        'Name this topic in `topics` of the entry of `inbound:` in ringdown.yaml: messages of others are refused.',
      ],
      attributes: { name: 'ringdown' },
    },
    {
      type: 'resource',
      labels: ['aws_sns_topic_subscription', 'ringdown'],
      attributes: {
        topic_arn: TOPIC,
        protocol: inboundUrl.startsWith('https:') ? 'https' : 'http',
        endpoint: inboundUrl,
        endpoint_auto_confirms: true,
      },
    },
    ...compiled.flatMap(({ alert, piece: { alarms, composite } }) => {
      const comments = alert.approximations.map(({ message }) => `approximate: ${message}`);
      const tags = {
        ringdown_policy: alert.policy.id,
        ringdown_rule: alert.id,
        priority: alert.priority,
        ...alert.labels,
      };
      const made = alarms.flatMap((alarm, index) => alarmBlocks(alarm, tags, index === 0 ? comments : []));
      return composite === null ? made : [...made, compositeBlock(nameOf(alert), alarms, composite, tags)];
    }),
  ];
  return hclFile('Made by `ringdown alerts compile --target cloudwatch`: change the policy, not this file.', blocks);
}

function alarmBlocks(alarm: Alarm, tags: Record<string, string>, comments: readonly string[]): HclBlock[] {
  const metrics = Object.entries(alarm.metrics);
  const [, only] = metrics[0]!;
  const filters = metrics.flatMap(([, { filter, namespace, metric_name }]): HclBlock[] =>
    filter
      ? [
          {
            type: 'resource',
            labels: ['aws_cloudwatch_log_metric_filter', resourceName(metric_name)],
            attributes: { name: metric_name, log_group_name: filter.log_group, pattern: filter.pattern },
            blocks: [
              {
                type: 'metric_transformation',
                attributes: { name: metric_name, namespace, value: '1', default_value: '0' },
              },
            ],
          },
        ]
      : [],
  );
  const attributes: Record<string, HclValue> = {
    alarm_name: alarm.name,
    alarm_description: alarm.description,
    comparison_operator: alarm.comparison,
    threshold: alarm.threshold,
    evaluation_periods: alarm.periods,
    treat_missing_data: alarm.missing,
    ...(alarm.silent ? {} : { alarm_actions: [TOPIC], ok_actions: [TOPIC] }),
    ...(alarm.expression === null ? metricAttributes(only, alarm.period_s) : {}),
    tags,
  };
  const queries = alarm.expression === null ? [] : queryBlocks(alarm);
  return [
    ...filters,
    {
      type: 'resource',
      labels: ['aws_cloudwatch_metric_alarm', resourceName(alarm.name)],
      comments,
      attributes,
      blocks: queries,
    },
  ];
}

function metricAttributes(metric: CloudwatchMetric, period: number): Record<string, HclValue> {
  const isPercentile = /^p\d/.test(metric.statistic);
  return {
    namespace: metric.namespace,
    metric_name: metric.metric_name,
    period,
    ...(isPercentile ? { extended_statistic: metric.statistic } : { statistic: metric.statistic }),
    ...(Object.keys(metric.dimensions).length > 0 ? { dimensions: metric.dimensions } : {}),
  };
}

function queryBlocks({ metrics, expression, period_s }: Alarm): HclBlock[] {
  const queries = Object.entries(metrics).map(
    ([id, metric]): HclBlock => ({
      type: 'metric_query',
      attributes: { id },
      blocks: [
        {
          type: 'metric',
          attributes: {
            namespace: metric.namespace,
            metric_name: metric.metric_name,
            period: period_s,
            stat: metric.statistic,
            ...(Object.keys(metric.dimensions).length > 0 ? { dimensions: metric.dimensions } : {}),
          },
        },
      ],
    }),
  );
  return [
    { type: 'metric_query', attributes: { id: 'e1', expression: expression!, label: 'value', return_data: true } },
    ...queries,
  ];
}

function compositeBlock(name: string, alarms: readonly Alarm[], rule: string, tags: Record<string, string>): HclBlock {
  const parts = alarms.map((alarm) => new Reference(`aws_cloudwatch_metric_alarm.${resourceName(alarm.name)}`));
  return {
    type: 'resource',
    labels: ['aws_cloudwatch_composite_alarm', resourceName(name)],
    attributes: {
      alarm_name: name,
      alarm_description: alarms[0]!.description,
      alarm_rule: rule,
      alarm_actions: [TOPIC],
      ok_actions: [TOPIC],
      depends_on: parts,
      tags,
    },
  };
}
