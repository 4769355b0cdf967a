import type { Priority } from '../incident.ts';
import { isScenarioRule, type Policy, type Rule } from '../policies/policy.ts';
import { showLimit } from '../rules/limit.ts';
import { serviceOf, subjectOf } from '../rules/series.ts';
import { fillIn } from '../template.ts';
import { type Condition, groupedBy, type Measure, seriesOf } from './condition.ts';
import { readCondition } from './read-condition.ts';

type Path = readonly (string | number)[];

/** What is only nearly the same in a target. */
export interface Approximation {
  /** Of the construct, below the rule. */
  path: Path;
  /** `no_data: ok: the alert stays as it was until data comes back`. */
  message: string;
}

/** One rule of a policy as compilers read it. */
export interface Alert {
  /** `critical/slow-posts`: unique over all policies. */
  name: string;
  policy: Policy;
  rule: Rule;
  /** Unique in its policy. */
  id: string;
  /** Key of the rule's kind in the file, where refusals point to. */
  kind: string;
  condition: Condition;
  every_ms: number;
  for_ms: number;
  keep_firing_for_ms: number;
  no_data: 'keep' | 'ok' | 'alert';
  priority: Priority;
  /** Of policy and rule; the rule's stand over the policy's. */
  labels: Readonly<Record<string, string>>;
  /** As written, or Ringdown's own words for the condition; with `{{ value }}`, `{{ threshold }}` and `{{ <label> }}`. */
  summary: string;
  runbook: string | null;
  service: string | null;
  environment: string | null;
  approximations: Approximation[];
  /** Says that the target does something near only. Once for each message. */
  approximate(path: Path, message: string): void;
}

/** How often Ringdown evaluates rules, and so do targets that are told how often. */
export const DEFAULT_EVERY_MS = 15_000;

/** @returns one for each rule of the policy, in its order. @throws CannotExpress for a kind that no target knows */
export function alertOf(policy: Policy, index: number): Alert {
  const rule = policy.rules[index]!;
  const approximations: Approximation[] = [];
  const signal = isScenarioRule(rule) ? null : rule;
  const id = signal?.id ?? `scenarios-${index + 1}`;
  const condition = readCondition(rule);
  const [series] = seriesOf(condition);
  return {
    name: `${policy.id}/${id}`,
    policy,
    rule,
    id,
    kind: rule.kind,
    condition,
    every_ms: signal?.every_ms || DEFAULT_EVERY_MS,
    for_ms: signal?.for_ms ?? 0,
    keep_firing_for_ms: signal?.keep_firing_for_ms ?? 0,
    no_data: signal?.no_data ?? 'keep',
    priority: signal?.priority ?? policy.priority,
    labels: { ...policy.labels, ...signal?.labels },
    summary: signal?.summary ?? wordsOf(condition),
    runbook: signal?.runbook ?? null,
    service: signal?.service ?? (series ? serviceOf(series) : null),
    environment: signal?.environment ?? null,
    approximations,
    approximate(path, message) {
      if (!approximations.some((known) => known.message === message)) approximations.push({ path, message });
    },
  };
}

/** The limit as the policy writes it, for `{{ threshold }}`; empty where the rule has none. */
export function writtenLimit({ condition }: Alert): string {
  return condition.is === 'limit' || condition.is === 'backend' ? condition.limit.written : '';
}

/** The summary for a target that puts no values into its texts. */
export function summaryWithoutValues(alert: Alert): string {
  return fillIn(alert.summary, (name) => (name === 'value' ? 'beyond it' : name === 'threshold' ? 'the limit' : name));
}

function wordsOf(condition: Condition): string {
  const by = groupedBy(condition);
  const of = by.length === 0 ? '' : ` of ${by.map((name) => `{{ ${name} }}`).join(', ')}`;
  switch (condition.is) {
    case 'limit': {
      const limit = showLimit(condition.limit, condition.limit.unit === 'share' ? 'share' : null);
      return `${measureWords(condition.measure)}${of} is {{ value }}, ${limit}`;
    }
    case 'absence':
      return `nothing of ${subjectOf(condition.of, {}).replace(/^number of /, '')}${of}`;
    case 'burn_rate':
      return 'the error budget burns too fast: {{ value }} fail';
    case 'backend':
      return `backend ${condition.name} lags or loses: {{ value }}`;
    case 'failing':
      return '{{ monitor }} fails';
  }
}

function measureWords(measure: Measure): string {
  if (measure.is === 'series') return subjectOf(measure.of, {});
  if (measure.is === 'ratio') return `${subjectOf(measure.part, {})} / ${subjectOf(measure.whole, {})}`;
  return `change of ${subjectOf(measure.now, {})}`;
}
