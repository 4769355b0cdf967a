import type { Priority } from '../incident.ts';
import { builtInPolicy, isScenarioRule, type Policy, type ScenarioRule } from '../policies/policy.ts';
import type { Observation } from './observation.ts';

type Subject = Pick<Observation, 'monitor' | 'service' | 'tags' | 'policy'>;

/** P1 is 1, the most urgent. */
export function urgency(priority: Priority): number {
  return Number(priority.slice(1));
}

/**
 * The policy under which a monitor with so many failures in a row may ring; undefined while none is satisfied.
 *
 * The scenario's own `alert.policy` decides alone: its first matching rule says how many failures it takes, one where
 * no rule matches. Otherwise every policy with a matching rule is a candidate, and of those whose count is reached the
 * most urgent one wins (then by id). A monitor that no policy matches gets the built-in one.
 */
export function confirmingPolicy(
  policies: readonly Policy[],
  subject: Subject,
  consecutiveFailures: number,
): Policy | undefined {
  const own = subject.policy === null ? undefined : policies.find((policy) => policy.id === subject.policy);
  if (own) {
    const needed = own.rules.filter(isScenarioRule).find((rule) => matches(rule, subject))?.consecutive ?? 1;
    return consecutiveFailures >= needed ? own : undefined;
  }
  const candidates = policies
    .map((policy) => ({ policy, rules: policy.rules.filter(isScenarioRule).filter((rule) => matches(rule, subject)) }))
    .filter(({ rules }) => rules.length > 0);
  if (candidates.length === 0) return builtInPolicy;
  return candidates
    .filter(({ rules }) => rules.some((rule) => consecutiveFailures >= rule.consecutive))
    .map(({ policy }) => policy)
    .sort((a, b) => urgency(a.priority) - urgency(b.priority) || (a.id < b.id ? -1 : 1))[0];
}

function matches(rule: ScenarioRule, subject: Subject): boolean {
  return (
    (rule.tags.length === 0 || rule.tags.some((tag) => subject.tags.includes(tag))) &&
    (rule.ids.length === 0 || rule.ids.includes(subject.monitor.slice(0, subject.monitor.lastIndexOf('@')))) &&
    (rule.services.length === 0 || rule.services.includes(subject.service))
  );
}
