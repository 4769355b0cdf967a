/** The resources of the HTTP API about rules, and about what would follow if one fired. */
import type { Forecast as EngineForecast } from '../alerts/engine/forecast.ts';
import type { Hold, Priority } from '../alerts/incident.ts';
import type { Evaluation } from '../alerts/rules/evaluations.ts';
import type { InstanceStatus } from '../alerts/rules/watch.ts';
import type { OnCallPerson } from './on-call-resources.ts';

/** Somebody who would be told, and by which way; null where nobody knows when. */
export interface ComingCall {
  channel: string;
  channel_type: string;
  /** Null for a channel that is nobody's. */
  user: OnCallPerson | null;
  /** On which schedule that person is then, and until when; null where the step names the person or the channel. */
  on_call: { schedule: string; name: string; until: string | null } | null;
  at: string | null;
}

/** A step of an escalation that is to come if nobody answers. */
export interface ComingStep {
  /** Counts from 1. */
  step: number;
  at: string | null;
  /** It was carried out before, and nobody has taken the incident since. */
  again: boolean;
  calls: ComingCall[];
  /** Targets that come to nobody: nobody is on call, or they want nothing of that priority. */
  nobody: string[];
  /** All of them do, so everyone is told. */
  everyone: boolean;
  repeat_every_ms: number | null;
}

/** What would follow if a rule fired now, with the names of those who would be told. */
export interface Forecast extends Omit<EngineForecast, 'steps'> {
  steps: ComingStep[];
}

/** `unasked`: its source cannot be asked, which says nothing of the service. */
export type RuleState = 'firing' | 'pending' | 'no_data' | 'unasked' | 'inactive';

/** One set of labels that a rule watches; of a rule about scenarios, a monitor. */
export interface RuleInstance extends InstanceStatus {
  name: string;
  incident_id: string | null;
}

/** An item of `GET /api/v1/rules`. */
export interface ListedRule {
  policy: string;
  policy_name: string;
  /** Unique in its policy; `scenarios-1` and so on of rules about scenarios. */
  rule: string;
  name: string;
  /** `scenario`, `threshold`, …: the key in the file. */
  kind: string;
  priority: Priority;
  /** Null where its instances are of several. */
  service: string | null;
  environment: string | null;
  /** Its label `team`, or the policy's. */
  team: string | null;
  labels: Record<string, string>;
  runbook: string | null;
  /** Where it stands; null of what comes with Ringdown's program. */
  file: string | null;
  line: number | null;
  /** Of its worst instance. */
  state: RuleState;
  /** Since when its worst instance is in that state. */
  since: string | null;
  counts: Record<InstanceStatus['state'], number>;
  /** What holds back its pages now, or would; null for nothing. */
  held: Hold | null;
  /** Null of rules about scenarios: they are judged when a run ends. */
  every_ms: number | null;
  for_ms: number;
  keep_firing_for_ms: number;
  no_data: 'keep' | 'ok' | 'alert' | null;
  last_evaluated_at: string | null;
  next_evaluation_at: string | null;
  duration_ms: number | null;
  /** Why it is not evaluated as it should be; says nothing of the service. */
  trouble: { since: string; message: string } | null;
  /** Series beyond the most that one rule watches. */
  left_out: number;
  /** Newest first, 36 at most, of this life of the watcher; none of rules about scenarios. */
  evaluations: readonly Evaluation[];
  /** Worst first; in lists the first few. */
  instances: RuleInstance[];
}

/** `GET /api/v1/rules/{policy}/{rule}`: all instances, and what would follow if the one asked for, or the worst, fired now. */
export interface RuleDetail extends ListedRule {
  /** As it stands in the file. */
  written: string | null;
  /** Null where there is nothing that could fire. */
  forecast: Forecast | null;
  /** The instance that the forecast is about; null for one of which nobody has heard. */
  forecast_of: string | null;
}
