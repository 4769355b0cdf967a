import { createHash } from 'node:crypto';
import { fillIn } from '../../template.ts';
import type { Alert } from '../alert.ts';
import { type CompileContext, TOKEN_PLACEHOLDER } from '../compiler.ts';
import { durationText } from '../limits.ts';
import { mustacheWords } from '../mustache.ts';
import { esqlOf } from './esql.ts';

/** A rule as `POST /api/alerting/rule/<id>` takes it. @see https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-alerting-rule-id */
export interface KibanaRule {
  id: string;
  body: {
    name: string;
    tags: string[];
    enabled: true;
    consumer: 'stackAlerts';
    rule_type_id: '.es-query';
    schedule: { interval: string };
    alert_delay: { active: number };
    params: Record<string, unknown>;
    actions: {
      id: string;
      group: string;
      params: { body: string };
      frequency: { summary: boolean; notify_when: string; throttle: string | null };
    }[];
  };
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** @throws CannotExpress */
export function ruleOf(alert: Alert, context: CompileContext): KibanaRule {
  const { query, window_ms, group } = esqlOf(alert, context);
  const active = 1 + Math.ceil(alert.for_ms / alert.every_ms);
  if (alert.keep_firing_for_ms > 0)
    alert.approximate(
      ['keep_firing_for'],
      'keep_firing_for: a rule of Kibana recovers at the first run that finds it well',
    );
  if (alert.no_data !== 'ok' && mayHaveNoData(alert)) {
    alert.approximate(
      ['no_data'],
      `no_data: ${alert.no_data}: a rule of Kibana takes what is not in the answer for well`,
    );
  }
  const [unit, size] = UNITS.find(([, one]) => window_ms % one === 0) ?? ['s', 1_000];
  const tags = [
    `ringdown_policy:${alert.policy.id}`,
    `ringdown_rule:${alert.id}`,
    ...Object.entries(alert.labels).map(([key, value]) => `${key}:${value}`),
  ];
  return {
    id: uuidOf(alert.name),
    body: {
      name: `ringdown/${alert.name}`,
      tags,
      enabled: true,
      consumer: 'stackAlerts',
      rule_type_id: '.es-query',
      schedule: { interval: durationText(Math.max(1_000, alert.every_ms)) },
      alert_delay: { active },
      params: {
        searchType: 'esqlQuery',
        esqlQuery: { esql: query },
        timeField: '@timestamp',
        timeWindowSize: Math.max(1, Math.round(window_ms / size)),
        timeWindowUnit: unit,
        size: 0,
        threshold: [0],
        thresholdComparator: '>',
        groupBy: group === null ? 'all' : 'row',
        aggType: 'count',
        excludeHitsFromPreviousRun: false,
      },
      actions: ['query matched', 'recovered'].map((name) => ({
        id: context.settings.connector_id!,
        group: name,
        params: { body: bodyOf(alert) },
        frequency: { summary: false, notify_when: 'onActionGroupChange', throttle: null },
      })),
    },
  };
}

/** As docs/inbound.md has it. */
function bodyOf(alert: Alert): string {
  const limit = alert.condition.is === 'limit' ? alert.condition.limit.written : '';
  const name = (word: string) =>
    word === 'threshold' ? limit : word === 'value' ? 'beyond the limit' : '{{alert.id}}';
  const own = {
    severity: alert.priority,
    ...(alert.service === null ? {} : { service: alert.service }),
    ...(alert.environment === null ? {} : { environment: alert.environment }),
    ...(alert.runbook === null ? {} : { runbook: alert.runbook }),
  };
  const variables = {
    rule_id: '{{rule.id}}',
    rule_name: '{{rule.name}}',
    alert_id: '{{alert.id}}',
    action_group: '{{alert.actionGroup}}',
    tags: '{{rule.tags}}',
    url: '{{rule.url}}',
    date: '{{date}}',
  };
  const fields = [
    ...Object.entries(variables),
    ...Object.entries(own).map(([key, value]) => [key, mustacheWords(value)]),
    ['title', fillIn(alert.summary, name, mustacheWords)],
  ];
  return `{ ${fields.map(([key, value]) => `"${key}": "${value}"`).join(', ')} }`;
}

export function connectorOf({ inboundUrl }: CompileContext): object {
  return {
    name: 'Ringdown',
    connector_type_id: '.webhook',
    config: {
      url: inboundUrl,
      method: 'post',
      hasAuth: false,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN_PLACEHOLDER}` },
    },
    secrets: {},
  };
}

/** The same rule has the same id, which Kibana wants to be a UUID. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(`ringdown ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What is counted is zero where there is nothing. */
function mayHaveNoData({ condition }: Alert): boolean {
  if (condition.is !== 'limit') return condition.is !== 'absence';
  const { measure, at_least } = condition;
  if (measure.is === 'ratio' || at_least > 0) return true;
  const { of } = measure.is === 'series' ? measure : { of: measure.now };
  return of.of === 'metric' || (of.of === 'requests' && of.aggregate !== 'count');
}
