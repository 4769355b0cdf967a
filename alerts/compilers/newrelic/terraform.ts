import { type CompileContext, type Compiled, TOKEN_PLACEHOLDER } from '../compiler.ts';
import { type HclBlock, hclFile, Reference, resourceName } from '../hcl.ts';
import type { NrqlCondition } from './condition.ts';

const POLICY = new Reference('newrelic_alert_policy.ringdown.id');
/** As docs/inbound.md has it: what Ringdown reads of an issue. */
const PAYLOAD = `{
  "id": {{ json issueId }},
  "issueUrl": {{ json issuePageUrl }},
  "title": {{ json annotations.title.[0] }},
  "text": {{ json accumulations.conditionDescription }},
  "priority": {{ json priority }},
  "state": {{ json state }},
  "createdAt": {{ createdAt }},
  "updatedAt": {{ updatedAt }},
  "impactedEntities": {{ json entitiesData.names }},
  "runbook": {{ json accumulations.runbookUrl }},
  "alertPolicyNames": {{ json accumulations.policyName }},
  "alertConditionNames": {{ json accumulations.conditionName }}
}`;

/** @see https://registry.terraform.io/providers/newrelic/newrelic/latest/docs/resources/nrql_alert_condition */
export function conditionsFile(compiled: readonly Compiled<NrqlCondition>[], { inboundUrl }: CompileContext): string {
  const resource = (type: string, rest: Omit<HclBlock, 'type' | 'labels'>): HclBlock => ({
    type: 'resource',
    labels: [type, 'ringdown'],
    ...rest,
  });
  const predicate = {
    type: 'predicate',
    attributes: { attribute: 'labels.policyIds', operator: 'EXACTLY_MATCHES', values: [POLICY] },
  };
  const blocks: HclBlock[] = [
    {
      type: 'terraform',
      blocks: [
        { type: 'required_providers', attributes: { newrelic: { source: 'newrelic/newrelic', version: '>= 3.60' } } },
      ],
    },
    {
      type: 'variable',
      labels: ['ringdown_inbound_token'],
      comments: [`${TOKEN_PLACEHOLDER}: the token of this entry of \`inbound:\` in ringdown.yaml`],
      attributes: { type: new Reference('string'), sensitive: true },
    },
    resource('newrelic_alert_policy', {
      attributes: { name: 'ringdown', incident_preference: 'PER_CONDITION_AND_TARGET' },
    }),
    ...compiled.map(({ alert, piece }) =>
      conditionBlock(
        piece,
        alert.approximations.map(({ message }) => `approximate: ${message}`),
      ),
    ),
    resource('newrelic_notification_destination', {
      attributes: { name: 'ringdown', type: 'WEBHOOK' },
      blocks: [
        { type: 'property', attributes: { key: 'url', value: inboundUrl } },
        { type: 'auth_token', attributes: { prefix: 'Bearer', token: new Reference('var.ringdown_inbound_token') } },
      ],
    }),
    resource('newrelic_notification_channel', {
      attributes: {
        name: 'ringdown',
        type: 'WEBHOOK',
        product: 'IINT',
        destination_id: new Reference('newrelic_notification_destination.ringdown.id'),
      },
      blocks: [{ type: 'property', attributes: { key: 'payload', label: 'Payload Template', value: PAYLOAD } }],
    }),
    resource('newrelic_workflow', {
      attributes: { name: 'ringdown', muting_rules_handling: 'NOTIFY_ALL_ISSUES' },
      blocks: [
        { type: 'issues_filter', attributes: { name: 'ringdown', type: 'FILTER' }, blocks: [predicate] },
        { type: 'destination', attributes: { channel_id: new Reference('newrelic_notification_channel.ringdown.id') } },
      ],
    }),
  ];
  return hclFile('Made by `ringdown alerts compile --target newrelic`: change the policy, not this file.', blocks);
}

function conditionBlock(condition: NrqlCondition, comments: readonly string[]): HclBlock {
  const { expiration, fill, slide_by, runbook } = condition;
  return {
    type: 'resource',
    labels: ['newrelic_nrql_alert_condition', resourceName(condition.name)],
    comments,
    attributes: {
      policy_id: POLICY,
      type: 'static',
      name: condition.name,
      description: condition.description,
      ...(runbook === null ? {} : { runbook_url: runbook }),
      enabled: true,
      violation_time_limit_seconds: 2_592_000,
      aggregation_method: 'event_flow',
      aggregation_delay: 60,
      aggregation_window: condition.aggregation_window,
      ...(slide_by === null ? {} : { slide_by }),
      ...(fill === null ? { fill_option: 'none' } : { fill_option: 'static', fill_value: fill }),
      ...(expiration === null
        ? {}
        : {
            expiration_duration: expiration.duration,
            open_violation_on_expiration: expiration.opens,
            close_violations_on_expiration: expiration.closes,
          }),
    },
    blocks: [
      { type: 'nrql', attributes: { query: condition.query } },
      {
        type: 'critical',
        attributes: {
          operator: condition.operator,
          threshold: condition.threshold,
          threshold_duration: condition.threshold_duration,
          threshold_occurrences: condition.threshold_occurrences,
        },
      },
    ],
  };
}
