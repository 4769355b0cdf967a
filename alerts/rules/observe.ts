import { cut } from '../../core/plain-text.ts';
import type { Observation } from '../engine/observation.ts';
import type { Policy, SignalRule } from '../policies/policy.ts';
import { fillIn } from '../template.ts';
import type { Reading } from './rule.ts';

const LONGEST_MESSAGE = 500;

/** An instance of a rule, as the desk is told of it. */
export interface ObservedInstance {
  monitor: string;
  labels: Readonly<Record<string, string>>;
}

/** What is said: that it holds, that it does not, or why nobody knows. */
export type Verdict = { is: 'failed' } | { is: 'passed' } | { is: 'unknown'; why: string };

/**
 * The observation that an evaluation comes to.
 * @param since wall-clock milliseconds at which it began to hold
 * @param now wall-clock milliseconds
 * @param sequence tells observations of the same millisecond apart
 * @param elsewhere environment of rules and values that name none
 */
export function observationOf(
  policy: Policy,
  rule: SignalRule,
  instance: ObservedInstance,
  reading: Reading | null,
  verdict: Verdict,
  when: { since: number; now: number; sequence: number },
  elsewhere: string,
): Observation {
  const { labels, monitor } = instance;
  const at = new Date(when.now).toISOString();
  const environment = environmentOf(rule, labels, elsewhere);
  const service = rule.service ?? labels['service.name'] ?? policy.id;
  const of = Object.values(labels).join(', ');
  return {
    source: 'rule',
    monitor,
    monitor_name: of ? `${rule.name} (${cut(of, 120)})` : rule.name,
    service,
    environment,
    run_id: `${at}#${when.sequence}`,
    run_url: null,
    trace_id: null,
    labels: { ...rule.labels, ...labels },
    rule: rule.id,
    priority: rule.priority,
    source_url: null,
    started_at: new Date(verdict.is === 'failed' ? Math.min(when.since, when.now) : when.now).toISOString(),
    at,
    scheduled_at: at,
    status: verdict.is === 'failed' ? 'failed' : verdict.is === 'passed' ? 'passed' : 'error',
    degraded: false,
    watcher_fault: verdict.is === 'unknown' ? verdict.why : null,
    tags: [],
    policy: policy.id,
    quarantined: false,
    depends_on: [],
    runbook: rule.runbook,
    attempts: 1,
    failure:
      verdict.is === 'failed'
        ? {
            step: '',
            message: messageOf(rule, reading, { ...rule.labels, ...labels, service, environment }),
            expected: reading?.shown.threshold ?? null,
            actual: reading?.shown.value ?? null,
            kind: 'rule',
            route: null,
            status_code: null,
          }
        : null,
    evidence: {},
    deployment: null,
  };
}

function environmentOf(rule: SignalRule, labels: Readonly<Record<string, string>>, elsewhere: string): string {
  return rule.environment ?? labels['deployment.environment.name'] ?? labels['deployment.environment'] ?? elsewhere;
}

function messageOf(rule: SignalRule, reading: Reading | null, names: Readonly<Record<string, string>>): string {
  if (!reading) return cut(rule.name, LONGEST_MESSAGE);
  // A summary speaks of a value; where there is none, the kind's own words say so.
  if (rule.summary === null || reading.breached === null) return cut(reading.text, LONGEST_MESSAGE);
  const values: Readonly<Record<string, string>> = {
    ...names,
    value: reading.shown.value ?? 'no value',
    threshold: reading.shown.threshold ?? 'none',
  };
  const message = fillIn(rule.summary, (name, written) => (Object.hasOwn(values, name) ? values[name]! : written));
  return cut(message, LONGEST_MESSAGE);
}
