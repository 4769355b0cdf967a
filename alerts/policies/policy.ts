import type { Priority } from '../incident.ts';

/** A policy as the engine reads it; snake_case because an open incident stores the steps it was opened with. */
export interface Policy {
  id: string;
  name: string;
  priority: Priority;
  /** On every incident of it; routes, silences and inhibition match them. */
  labels: Readonly<Record<string, string>>;
  rules: readonly Rule[];
  /** Labels whose equal values make rule incidents one incident. */
  group_by: readonly string[];
  /** First match wins; the policy's own escalation where none does. */
  routes: readonly Route[];
  inhibit: readonly Inhibition[];
  quiet_hours: readonly QuietHours[];
  escalation: readonly EscalationStep[];
  /** The whole chain again while nobody acknowledges; null for once. */
  escalation_loop: { times: number; every_ms: number } | null;
  /** Told again while it stays open; null for never. */
  renotify: { triggered_every_ms: number | null; acknowledged_every_ms: number | null } | null;
  resolve: { after_passing: number };
}

export type Rule = ScenarioRule | SignalRule;

/** Which monitors, and after how many failed runs in a row. An empty list matches every monitor. */
export interface ScenarioRule {
  kind: 'scenario';
  /** A monitor with any of these tags. */
  tags: readonly string[];
  /** Scenario ids. */
  ids: readonly string[];
  services: readonly string[];
  environments: readonly string[];
  /** Failed runs in a row. */
  consecutive: number;
  /** A run counts as failed after so many attempts of its own; 1 counts every failed run. */
  attempts: number;
  /** Locations that must see it fail at the same time. */
  locations: number;
}

/** A rule on metrics, logs, requests and the like; `kind` is a folder under `alerts/rules`. */
export interface SignalRule {
  kind: string;
  /** Unique in its policy. */
  id: string;
  /** For people; the id where the file says none. */
  name: string;
  /** What the kind's `compile` made of the file. */
  spec: unknown;
  /** How often it is evaluated. */
  every_ms: number;
  /** It must hold for so long before it fires. */
  for_ms: number;
  /** It goes on firing for so long after it stopped holding. */
  keep_firing_for_ms: number;
  /** What no answer, or an answer without data, means. */
  no_data: 'keep' | 'ok' | 'alert';
  /** Null: the policy's. */
  priority: Priority | null;
  labels: Readonly<Record<string, string>>;
  /** May hold `{{ value }}`, `{{ threshold }}` and `{{ <label> }}`; null for the kind's own words. */
  summary: string | null;
  runbook: string | null;
  /** Null: the value's own label `service.name`, or the policy's id. The parser fills in the service that is asked about. */
  service: string | null;
  /** Null: the value's own label, or the place where the watcher is. */
  environment: string | null;
}

export interface Route {
  match: Readonly<Record<string, string>>;
  escalation: readonly EscalationStep[];
}

/** While an open incident matches `when`, those that match `hold` and have equal values of `equal` page nobody. */
export interface Inhibition {
  when: Readonly<Record<string, string>>;
  hold: Readonly<Record<string, string>>;
  equal: readonly string[];
}

/** Pages of this priority wait for its end. `from` and `to` are minutes of the day in the zone; `to` may be the next day's. */
export interface QuietHours {
  priority: Priority;
  from_minute: number;
  to_minute: number;
  timezone: string;
  /** Days on which it begins, 0 is Sunday; empty for every day. */
  days: readonly number[];
}

export interface EscalationStep {
  /** Since the incident was triggered, or the hold on it ended. */
  after_ms: number;
  /** Names of channels, `on-call:<schedule>`, `user:<name>`; `all` means every configured channel. */
  notify: readonly string[];
  /** Repeats until acknowledged; null for once. */
  repeat_every_ms: number | null;
}

/** Every configured channel. */
export const ALL_CHANNELS = 'all';

/** What applies where no policy does, so that a failure is never silent by omission. */
export const builtInPolicy: Policy = {
  id: 'built-in',
  name: 'Built-in',
  priority: 'P2',
  labels: {},
  rules: [
    { kind: 'scenario', tags: [], ids: [], services: [], environments: [], consecutive: 1, attempts: 1, locations: 1 },
  ],
  group_by: ['service', 'environment', 'rule'],
  routes: [],
  inhibit: [],
  quiet_hours: [],
  escalation: [{ after_ms: 0, notify: [ALL_CHANNELS], repeat_every_ms: null }],
  escalation_loop: null,
  renotify: null,
  resolve: { after_passing: 1 },
};

export function isScenarioRule(rule: Rule): rule is ScenarioRule {
  return rule.kind === 'scenario';
}
