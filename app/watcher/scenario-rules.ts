import type { Observation } from '../../alerts/engine/observation.ts';
import { concerns } from '../../alerts/engine/stages/evaluate.ts';
import type { MonitorAlert } from '../../alerts/engine/state.ts';
import type { Policy, ScenarioRule } from '../../alerts/policies/policy.ts';
import type { Monitor, RuleInstance } from '../../control/resources.ts';

/** What tells one rule about scenarios from the next: `scenarios tagged critical fail 2 times in a row`. */
export function scenarioRuleName({ tags, ids, services, environments, ...rule }: ScenarioRule): string {
  const about = [
    tags.length > 0 && `tagged ${tags.join(' or ')}`,
    ids.length > 0 && `named ${ids.join(' or ')}`,
    services.length > 0 && `of ${services.join(' or ')}`,
    environments.length > 0 && `in ${environments.join(' or ')}`,
  ].filter(Boolean);
  return [about.length === 0 ? 'Any scenario fails' : `Scenarios ${about.join(', ')} fail`, neededWords(rule)]
    .filter(Boolean)
    .join(' ');
}

/** Monitors that a rule is about, each with how far it has come. */
export function scenarioInstances(
  policy: Policy,
  rule: ScenarioRule,
  monitors: readonly Monitor[],
  alertOf: (key: string) => MonitorAlert | undefined,
): RuleInstance[] {
  return monitors
    .filter((monitor) => isAbout(policy, rule, monitor))
    .map((monitor) => instanceOf(rule, monitor, alertOf));
}

/** A scenario that names its policy is that policy's alone, and there its first matching rule's. */
function isAbout(policy: Policy, rule: ScenarioRule, monitor: Monitor): boolean {
  if (monitor.state === 'paused') return false;
  const subject = { ...monitor, monitor: monitor.key };
  if (!concerns(rule, subject)) return false;
  if (monitor.policy === null) return true;
  if (monitor.policy !== policy.id) return false;
  return policy.rules.find((one) => one.kind === 'scenario' && concerns(one as ScenarioRule, subject)) === rule;
}

function instanceOf(
  rule: ScenarioRule,
  { key, name, state, state_since, last_run, incident_id }: Monitor,
  alertOf: (key: string) => MonitorAlert | undefined,
): RuleInstance {
  const failures = alertOf(key)?.consecutive_failures ?? 0;
  const fails = state === 'failing' || (state === 'degraded' && last_run !== null && last_run.status !== 'passed');
  return {
    monitor: key,
    name,
    labels: {},
    state: state === 'no_data' ? 'no_data' : !fails ? 'inactive' : incident_id === null ? 'pending' : 'firing',
    since: state_since ?? last_run?.started_at ?? '',
    value: state === 'no_data' ? null : failures > 0 ? `${failures} failed in a row` : fails ? '1 failed' : 'passes',
    threshold: rule.consecutive === 1 ? '1 failed run' : `${rule.consecutive} failed in a row`,
    text:
      fails && last_run?.failure ? [last_run.failure.step, last_run.failure.message].filter(Boolean).join(': ') : null,
    incident_id,
  };
}

function neededWords({
  consecutive,
  attempts,
  locations,
}: Pick<ScenarioRule, 'consecutive' | 'attempts' | 'locations'>) {
  return [
    consecutive > 1 && `${consecutive} times in a row`,
    attempts > 1 && `after ${attempts} attempts each`,
    locations > 1 && `seen from ${locations} locations`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** A failure of a monitor that was not seen, for whoever asks what would follow. @param at RFC 3339 */
export function supposedRun(monitor: Monitor, policy: string, at: string): Observation {
  return {
    source: 'run',
    monitor: monitor.key,
    monitor_name: monitor.name,
    service: monitor.service,
    environment: monitor.environment,
    run_id: 'supposed',
    run_url: null,
    trace_id: null,
    labels: {},
    rule: null,
    priority: null,
    source_url: null,
    started_at: at,
    at,
    scheduled_at: at,
    status: 'failed',
    degraded: false,
    watcher_fault: null,
    tags: monitor.tags,
    policy,
    quarantined: monitor.quarantine !== null,
    depends_on: monitor.depends_on,
    runbook: monitor.runbook,
    attempts: 1,
    failure: {
      step: '',
      message: 'it fails',
      expected: null,
      actual: null,
      kind: 'assertion',
      route: null,
      status_code: null,
    },
    evidence: {},
    deployment: null,
  };
}
