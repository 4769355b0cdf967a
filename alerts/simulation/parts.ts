import type { Observation } from '../engine/observation.ts';
import { confirmingPolicy } from '../engine/stages/evaluate.ts';
import type { AlertChange, MonitorAlert } from '../engine/state.ts';
import type { Incident } from '../incident.ts';
import { isScenarioRule, type Policy, type Rule } from '../policies/policy.ts';
import { hasAll } from '../silences/matching.ts';

/** A part of a policy that a test can make fire. */
export interface PolicyPart {
  /** The policy's id and the place in it. */
  key: string;
  policy: string;
  /** Where it stands in the policy file. */
  path: readonly (string | number)[];
  /** For people: `rule 2 (slow-posts)`. */
  name: string;
  kind: 'rule' | 'step' | 'route' | 'inhibition' | 'quiet hours';
}

/** Everything in a policy that can fire. */
export function partsOf(policy: Policy): PolicyPart[] {
  const part = (kind: PolicyPart['kind'], path: PolicyPart['path'], name: string): PolicyPart => ({
    key: partKey(policy.id, path),
    policy: policy.id,
    path,
    name,
    kind,
  });
  return [
    ...policy.rules.map((rule, index) => part('rule', ['rules', index], `rule ${index + 1}${ruleName(rule)}`)),
    ...policy.escalation.map((step, index) =>
      part('step', ['escalation', index], `step ${index + 1} (${step.notify.join(', ')})`),
    ),
    ...policy.routes.flatMap((route, index) => [
      part('route', ['routes', index], `route ${index + 1} (${labelText(route.match)})`),
      ...route.escalation.map((step, number) =>
        part(
          'step',
          ['routes', index, 'escalation', number],
          `step ${number + 1} of route ${index + 1} (${step.notify.join(', ')})`,
        ),
      ),
    ]),
    ...policy.inhibit.map((inhibition, index) =>
      part('inhibition', ['inhibit', index], `inhibition ${index + 1} (${labelText(inhibition.when)})`),
    ),
    ...policy.quiet_hours.map(({ priority }) =>
      part('quiet hours', ['quiet_hours', priority], `quiet hours of ${priority}`),
    ),
  ];
}

/**
 * Keys of the parts that a change of the chain shows at work.
 * @param known incidents as of this change
 */
export function firedBy(
  change: AlertChange,
  policies: readonly Policy[],
  known: ReadonlyMap<string, Incident>,
): string[] {
  const fired: string[] = [];
  for (const { incident, inhibited_by } of change.incidents.values()) {
    const policy = policies.find(({ id }) => id === incident.policy);
    if (!policy) continue;
    const route = routeOf(policy, incident);
    if (route >= 0) fired.push(partKey(policy.id, ['routes', route]));
    const { rule } = incident.labels;
    const index = policy.rules.findIndex((one) => !isScenarioRule(one) && one.id === rule);
    if (index >= 0) fired.push(partKey(policy.id, ['rules', index]));
    if (incident.held?.stage === 'quiet_hours') fired.push(partKey(policy.id, ['quiet_hours', incident.priority]));
    if (inhibited_by !== null) fired.push(...inhibitionsOn(incident, known.get(inhibited_by), policies));
  }
  for (const { incident_id, step } of change.deliveries.values()) {
    const incident = change.incidents.get(incident_id)?.incident ?? known.get(incident_id);
    const policy = policies.find(({ id }) => id === incident?.policy);
    if (!incident || !policy || step === null) continue;
    const route = routeOf(policy, incident);
    fired.push(partKey(policy.id, route >= 0 ? ['routes', route, 'escalation', step] : ['escalation', step]));
  }
  return fired;
}

/**
 * Keys of the rules by which a failed run rings, or would if somebody did not have its incident already.
 * @param locations what is remembered of the monitor after this run
 * @param policy of the monitor's incident
 */
export function rulesFiredBy(run: Observation, locations: MonitorAlert['locations'], policy: Policy): string[] {
  return policy.rules.flatMap((rule, index) => {
    if (!isScenarioRule(rule)) return [];
    const alone = { ...policy, rules: [rule] };
    const rings = confirmingPolicy([alone], { ...run, policy: null }, locations) === alone;
    return rings ? [partKey(policy.id, ['rules', index])] : [];
  });
}

function partKey(policy: string, path: PolicyPart['path']): string {
  return `${policy} ${path.join('.')}`;
}

function routeOf(policy: Policy, incident: Incident): number {
  return policy.routes.findIndex(({ match }) => hasAll(match, incident.labels));
}

function inhibitionsOn(held: Incident, by: Incident | undefined, policies: readonly Policy[]): string[] {
  return policies.flatMap((policy) =>
    policy.inhibit.flatMap(({ when, hold }, index) =>
      by && hasAll(when, by.labels) && hasAll(hold, held.labels) ? [partKey(policy.id, ['inhibit', index])] : [],
    ),
  );
}

function ruleName(rule: Rule): string {
  if (!isScenarioRule(rule)) return ` (${rule.id})`;
  const said = [...rule.tags, ...rule.ids, ...rule.services, ...rule.environments];
  return said.length > 0 ? ` (scenario ${said.join(', ')})` : ' (every scenario)';
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(', ');
}
