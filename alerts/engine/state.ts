import type { DeliveryRecord, Incident, IncidentEvent, NotificationEvent } from '../incident.ts';
import type { StageWord } from '../incidents/people.ts';
import type { EscalationStep, Policy } from '../policies/policy.ts';
import type { MaintenanceWindow, Silence } from '../silences/silence.ts';
import { MonitorIndex } from './monitor-index.ts';
import { OpenIncidents } from './open-incidents.ts';

export type MonitorState = 'passing' | 'degraded' | 'failing' | 'no_data' | 'paused';

/** What the engine remembers of a monitor. Stored, hence snake_case; times are RFC 3339, UTC. */
export interface MonitorAlert {
  key: string;
  name: string;
  source: Incident['source'];
  service: string;
  environment: string;
  state: MonitorState;
  since: string;
  consecutive_failures: number;
  consecutive_passes: number;
  passing_since: string | null;
  /** Of the present row of failures: when its first run began, when that was due, and which it was. */
  first_failure: { at: string; scheduled_at: string; run: FailingRun | null } | null;
  /** Key of the present cause, see cause.ts; null while passing. */
  cause: string | null;
  /** The open incident that waits for this monitor. */
  incident_id: string | null;
  /** A person resolved its incident while it failed for this cause: quiet until it passes or fails differently. */
  held_cause: string | null;
  /** Keys of the monitors that it depends on, as of its last run. */
  depends_on: readonly string[];
  /** What each location saw last; runs without a location are of the location ''. */
  locations: Readonly<Record<string, LocationVerdict>>;
  /** The dedup_key of the last incident that it opened; no two have the same. */
  last_key: string | null;
  last_run_id: string;
  /** When the last run began that said something about the service. */
  last_started_at: string;
}

/** A run that failed, by which it is found again. */
export interface FailingRun {
  id: string;
  url: string | null;
}

/** What one location saw of a monitor. */
export interface LocationVerdict {
  at: string;
  /** How many attempts each failed run of the present row made, newest last, at most 100; empty while it passes there. */
  failures: readonly number[];
}

/** What the engine remembers of a service in an environment. */
export interface ServiceAlert {
  /** `service@environment`. */
  key: string;
  /** Incidents opened within the last hour, for flapping. */
  opened: { cause: string; at: string }[];
}

/** Something that an open incident waits for. */
export type IncidentTimer =
  | { kind: 'escalate'; step: number; repeat: number; due_at: string }
  /** Somebody wants to be told this way only so long after the step that names them. `who`: as people know them; absent in older rows. */
  | { kind: 'page'; step: number; channel: string; user: string | null; due_at: string; who?: string }
  /** The whole chain begins again; the first time around is round 0. */
  | { kind: 'loop'; round: number; due_at: string }
  /** It is still open: whoever was told is told again. */
  | { kind: 'renotify'; due_at: string }
  /** A member that came and went has passed for long enough. */
  | { kind: 'calm'; due_at: string }
  /** Looks again at what holds it. */
  | { kind: 'hold'; due_at: string }
  /** Tells channels that can edit their message about what changed since; several changes share one. */
  | { kind: 'update'; due_at: string };

/** An incident with the engine's own bookkeeping. */
export interface TrackedIncident {
  incident: Incident;
  /** The first failing run of what opened it; null where no run did, or an earlier version kept it. */
  first_run: FailingRun | null;
  /** Every cause key it ever had. */
  causes: string[];
  /** Key of the cause that title and page speak of. */
  shown_cause: string;
  /** Title of the wider incident that took this one in. */
  continues_as: string | null;
  /** What its policy said when it was opened: a policy that is changed or removed since changes nothing for it. */
  escalation: readonly EscalationStep[];
  escalation_loop: Policy['escalation_loop'];
  renotify: Policy['renotify'];
  quiet_hours: Policy['quiet_hours'];
  after_passing: number;
  timers: IncidentTimer[];
  /** Channels that were asked to tell about it. */
  told: string[];
  /** By channel: its message about this incident, which later states change, by the vendor's name for it. */
  messages: Readonly<Record<string, string>>;
  /** The steps have begun. */
  started: boolean;
  /** The last step that was carried out; -1 before the first. */
  reached: number;
  /** Positions of deliveries that a person wanted though something holds the incident. */
  forced: readonly number[];
  /** What waits while something holds it; null while nothing does. */
  paused: Paused | null;
  /** The open incident that inhibits it. */
  inhibited_by: string | null;
  /** What held it before it rang; null when nothing did. */
  released: string | null;
  /** What the stages said, the last 200; kept in a table of its own. */
  words: readonly StageWord[];
  /** How many words there ever were. */
  said: number;
  /** Numbers its events and deliveries. */
  sequence: number;
}

export interface Paused {
  timers: readonly { timer: IncidentTimer; left_ms: number }[];
  /** When the hold ends it rings from the first step; otherwise it goes on where it was. */
  anew: boolean;
}

/** A delivery as it is stored: the record that people see, and its place in the order. */
export interface QueuedDelivery extends DeliveryRecord {
  /** Order within the incident; a later one never overtakes an earlier one on the same channel. */
  position: number;
  /** Index into the escalation; null where no step asked for it. */
  step: number | null;
}

/** Everything the engine knows. Read-only for deciders; only `apply` writes. */
export interface AlertState {
  readonly monitors: ReadonlyMap<string, MonitorAlert>;
  readonly services: ReadonlyMap<string, ServiceAlert>;
  /** Open ones, and resolved ones whose deliveries are under way. */
  readonly incidents: ReadonlyMap<string, TrackedIncident>;
  readonly silences: ReadonlyMap<string, Silence>;
  /** Those that were planned over the API. */
  readonly windows: ReadonlyMap<string, MaintenanceWindow>;
  /** Derived from `incidents`, so that nobody has to look through thousands. */
  readonly open: Omit<OpenIncidents, 'replace' | 'join'>;
  /** Derived from `monitors`. */
  readonly watched: Omit<MonitorIndex, 'replace'>;
}

export interface MutableAlertState extends AlertState {
  readonly monitors: Map<string, MonitorAlert>;
  readonly services: Map<string, ServiceAlert>;
  readonly incidents: Map<string, TrackedIncident>;
  readonly silences: Map<string, Silence>;
  readonly windows: Map<string, MaintenanceWindow>;
  readonly open: OpenIncidents;
  readonly watched: MonitorIndex;
}

/**
 * What a decision changes, as whole rows: writing the same change twice, or only the later of two, leaves the same
 * state. That is what makes commits repeatable after an unclear answer of the database.
 */
export interface AlertChange {
  monitors: Map<string, MonitorAlert>;
  /** Keys of monitors of which nothing needs to be known any more. */
  forgotten: Set<string>;
  /** Null removes it. */
  services: Map<string, ServiceAlert | null>;
  incidents: Map<string, TrackedIncident>;
  /** Monitors that joined an incident; `incident.monitors` holds the same, this is the part that is new. */
  members: { incident_id: string; monitor: string; position: number }[];
  events: IncidentEvent[];
  deliveries: Map<string, QueuedDelivery>;
  /** What stages said; `incident.words` holds the same, this is the part that is new. */
  words: SaidWord[];
  /** Null removes it. */
  silences: Map<string, Silence | null>;
  windows: Map<string, MaintenanceWindow | null>;
}

/** A stage's word at its place: the first one about an incident is number 0. */
export interface SaidWord extends StageWord {
  incident_id: string;
  number: number;
}

/** How many words about an incident are kept. */
export const WORDS_KEPT = 200;

/** A channel as deciders see it. */
export interface ChannelInfo {
  name: string;
  events: readonly NotificationEvent[];
}

export function emptyState(): MutableAlertState {
  return {
    monitors: new Map(),
    services: new Map(),
    incidents: new Map(),
    silences: new Map(),
    windows: new Map(),
    open: new OpenIncidents(),
    watched: new MonitorIndex(),
  };
}

export function emptyChange(): AlertChange {
  return {
    monitors: new Map(),
    forgotten: new Set(),
    services: new Map(),
    incidents: new Map(),
    members: [],
    events: [],
    deliveries: new Map(),
    words: [],
    silences: new Map(),
    windows: new Map(),
  };
}

export function isEmpty(change: AlertChange): boolean {
  return Object.values(change).every((rows: ReadonlyMap<unknown, unknown> | readonly unknown[]) =>
    'size' in rows ? rows.size === 0 : rows.length === 0,
  );
}

/** Makes a change part of the state. */
export function apply(state: MutableAlertState, change: AlertChange): void {
  for (const key of change.forgotten) {
    state.watched.replace(state.monitors.get(key), null);
    state.monitors.delete(key);
  }
  for (const [key, row] of change.monitors) {
    state.watched.replace(state.monitors.get(key), row);
    state.monitors.set(key, row);
  }
  applyRemovable(state.services, change.services);
  for (const [key, row] of change.incidents) {
    state.open.replace(state.incidents.get(key), row);
    state.incidents.set(key, row);
  }
  for (const { incident_id, monitor } of change.members) state.open.join(incident_id, monitor);
  applyRemovable(state.silences, change.silences);
  applyRemovable(state.windows, change.windows);
}

/** Adds `later` to `earlier`, row by row. */
export function merge(earlier: AlertChange, later: AlertChange): void {
  for (const key of later.forgotten) {
    earlier.monitors.delete(key);
    earlier.forgotten.add(key);
  }
  for (const [key, row] of later.monitors) {
    earlier.monitors.set(key, row);
    earlier.forgotten.delete(key);
  }
  for (const [key, row] of later.services) earlier.services.set(key, row);
  for (const [key, row] of later.incidents) earlier.incidents.set(key, row);
  for (const [key, row] of later.deliveries) earlier.deliveries.set(key, row);
  for (const [key, row] of later.silences) earlier.silences.set(key, row);
  for (const [key, row] of later.windows) earlier.windows.set(key, row);
  for (const member of later.members) earlier.members.push(member);
  for (const event of later.events) earlier.events.push(event);
  for (const word of later.words) earlier.words.push(word);
}

function applyRemovable<Row>(rows: Map<string, Row>, change: ReadonlyMap<string, Row | null>): void {
  for (const [key, row] of change) {
    if (row === null) rows.delete(key);
    else rows.set(key, row);
  }
}
