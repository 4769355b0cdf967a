import type { Observation } from '../engine/observation.ts';
import type { Hold, IncidentState, NotificationEvent, Priority } from '../incident.ts';
import type { OnCall } from '../on-call/on-call.ts';
import type { Matcher } from '../silences/silence.ts';

/** A `*.policy.test.yaml` as the simulator reads it: every time is in milliseconds since the start of its case. */
export interface PolicyTests {
  file: string;
  /** Ids of the policies that take part; those alone. */
  policies: readonly string[];
  /** Instead of the channels of the config; null for those. */
  channels: readonly string[] | null;
  /** Instead of that of the config; null for that. */
  onCall: OnCall | null;
  cases: readonly TestCase[];
}

export interface TestCase {
  name: string;
  /** Line of its first key. */
  line: number;
  /** Wall-clock milliseconds at 0s. */
  start: number;
  /** In the order of their times, then of the file. */
  given: readonly Given[];
  series: readonly GivenSeries[];
  expect: readonly Expectation[];
  /** When the last thing that is given or expected is over. */
  end_ms: number;
}

/** Something that happens from outside. */
export type Given = { at_ms: number } & (
  | { kind: 'run'; run: GivenRun; every_ms: number | null; until_ms: number }
  /** A run of the past, as it was. `passed`: fully, so that it changes nothing while its monitor passes. */
  | { kind: 'recorded'; monitor: string; passed: boolean; observation(): Observation }
  | { kind: 'alert'; alert: GivenAlert }
  | {
      kind: 'answer';
      action: 'acknowledge' | 'resolve' | 'escalate';
      by: string;
      via: string;
      monitor: string | null;
      /** There may be nothing to answer. */
      if_open: boolean;
    }
  | { kind: 'silence'; matchers: readonly Matcher[]; for_ms: number; by: string; reason: string }
  | { kind: 'maintenance'; name: string; matchers: readonly Matcher[]; for_ms: number }
  | { kind: 'channel'; name: string; fails_ms: number; how: ChannelTrouble }
  | { kind: 'database'; fails_ms: number }
  | { kind: 'restart'; down_ms: number }
  | { kind: 'clock'; step_ms: number }
  | { kind: 'heartbeat'; name: string; failed: boolean }
  | { kind: 'certificate'; target: string; expires_in_ms: number }
  | { kind: 'backend'; name: string; lag_ms: number; lost: number }
  | { kind: 'signals'; fails_ms: number }
);

/** `unavailable`: it answers 503. `refuses`: it never takes this page. `silent`: it gives no answer. */
export type ChannelTrouble = 'unavailable' | 'refuses' | 'silent';

/** What a run tells, as far as the file says; the rest comes from the scenario of that name, or has a default. */
export type GivenRun = Partial<
  Pick<
    Observation,
    'monitor_name' | 'service' | 'tags' | 'policy' | 'quarantined' | 'depends_on' | 'runbook' | 'labels'
  >
> &
  Pick<Observation, 'monitor' | 'status' | 'degraded' | 'watcher_fault' | 'attempts' | 'failure'>;

/** An alert of another system. */
export interface GivenAlert {
  source: string;
  key: string;
  state: 'firing' | 'resolved';
  title: string;
  /** As the sender says it; null where it says none. */
  severity: string | null;
  /** Instead of that of the config; null for that. */
  policy: string | null;
  service: string | null;
  environment: string | null;
  labels: Readonly<Record<string, string>>;
}

/**
 * Numbers over time, as the source of signals would have them. `values` are measured, `per_minute` is how many events
 * arrive; each entry holds for `every_ms`, the last one on. Null: there is no data.
 */
export interface GivenSeries {
  of: 'metric' | 'logs' | 'requests';
  /** Name of the metric; null for the other two. */
  metric: string | null;
  /** Of what it tells: `service`, `level`, `text`, `route`, `status`, `synthetic`, and attributes by their own names. */
  attributes: Readonly<Record<string, string>>;
  /** UCUM of `values`; null where the file has bare numbers. */
  unit: string | null;
  from_ms: number;
  every_ms: number;
  values: readonly (number | null)[] | null;
  per_minute: readonly (number | null)[] | null;
  line: number;
}

/** What somebody is told: a name that rings, by the event. */
export type ToldEvent = Exclude<NotificationEvent, 'test'>;

export interface Span {
  from_ms: number;
  /** Included. */
  to_ms: number;
}

export type Expectation = Span & { line: number } & (
    | {
        kind: 'notified';
        /** Channels and people; nobody when empty. */
        names: readonly string[];
        /** Null: whatever rings, which is `incident.triggered` and `incident.escalated`. */
        event: ToldEvent | 'any' | null;
        /** How often each name is told within the span. */
        times: number;
      }
    /** Within the span nobody is told what no other expectation names. */
    | { kind: 'nothing_else'; event: ToldEvent | 'any' | null }
    /** At `from_ms`. */
    | { kind: 'incident'; incident: ExpectedIncident }
  );

/** Absent keys are not looked at. */
export interface ExpectedIncident {
  /** How many are open. */
  open?: number;
  /** `none`: no incident is open that the rest describes. */
  state?: IncidentState | 'none';
  priority?: Priority;
  /** Members that fail. */
  count?: number;
  held?: Hold['stage'] | false;
  /** Part of it. */
  title?: string;
  policy?: string;
  rule?: string;
  service?: string;
  monitor?: string;
  acknowledged_by?: string;
}
