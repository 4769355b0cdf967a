import type { DeliveryRecord, Incident, IncidentEvent, NotificationEvent } from '../incident.ts';
import type { EscalationStep } from '../policies/policy.ts';

export type MonitorState = 'passing' | 'degraded' | 'failing' | 'no_data' | 'paused';

/** What the engine remembers of a monitor. Stored, hence snake_case; times are RFC 3339, UTC. */
export interface MonitorAlert {
  key: string;
  name: string;
  service: string;
  environment: string;
  state: MonitorState;
  since: string;
  consecutive_failures: number;
  consecutive_passes: number;
  passing_since: string | null;
  /** Of the present row of failures: when its first run began, and when that was due. */
  first_failure: { at: string; scheduled_at: string } | null;
  /** Key of the present cause, see cause.ts; null while passing. */
  cause: string | null;
  /** The open incident that waits for this monitor. */
  incident_id: string | null;
  /** A person resolved its incident while it failed for this cause: quiet until it passes or fails differently. */
  held_cause: string | null;
  last_run_id: string;
}

/** What the engine remembers of a service in an environment. */
export interface ServiceAlert {
  /** `service@environment`. */
  key: string;
  /** Ids of open incidents, oldest first. */
  open: string[];
  /** Incidents opened within the last hour, for flapping. */
  opened: { cause: string; at: string }[];
}

/** Something that an open incident waits for. */
export type IncidentTimer =
  | { kind: 'escalate'; step: number; repeat: number; due_at: string }
  /** Tells channels that can edit their message about what changed since; several changes share one. */
  | { kind: 'update'; due_at: string };

/** An incident with the engine's own bookkeeping. */
export interface TrackedIncident {
  incident: Incident;
  /** Every cause key it ever had. */
  causes: string[];
  /** Key of the cause that title and page speak of. */
  shown_cause: string;
  /** Title of the wider incident that took this one in. */
  continues_as: string | null;
  escalation: readonly EscalationStep[];
  after_passing: number;
  timers: IncidentTimer[];
  /** Channels that were asked to tell about it. */
  told: string[];
  /** Numbers its events and deliveries. */
  sequence: number;
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
}

export interface MutableAlertState extends AlertState {
  readonly monitors: Map<string, MonitorAlert>;
  readonly services: Map<string, ServiceAlert>;
  readonly incidents: Map<string, TrackedIncident>;
}

/**
 * What a decision changes, as whole rows: writing the same change twice, or only the later of two, leaves the same
 * state. That is what makes commits repeatable after an unclear answer of the database.
 */
export interface AlertChange {
  monitors: Map<string, MonitorAlert>;
  services: Map<string, ServiceAlert>;
  incidents: Map<string, TrackedIncident>;
  /** Monitors that joined an incident; `incident.monitors` holds the same, this is the part that is new. */
  members: { incident_id: string; monitor: string; position: number }[];
  events: IncidentEvent[];
  deliveries: Map<string, QueuedDelivery>;
}

/** A channel as deciders see it. */
export interface ChannelInfo {
  name: string;
  events: readonly NotificationEvent[];
}

export function emptyState(): MutableAlertState {
  return { monitors: new Map(), services: new Map(), incidents: new Map() };
}

export function emptyChange(): AlertChange {
  return {
    monitors: new Map(),
    services: new Map(),
    incidents: new Map(),
    members: [],
    events: [],
    deliveries: new Map(),
  };
}

export function isEmpty(change: AlertChange): boolean {
  return (
    change.monitors.size === 0 &&
    change.services.size === 0 &&
    change.incidents.size === 0 &&
    change.members.length === 0 &&
    change.events.length === 0 &&
    change.deliveries.size === 0
  );
}

/** Makes a change part of the state. */
export function apply(state: MutableAlertState, change: AlertChange): void {
  for (const [key, row] of change.monitors) state.monitors.set(key, row);
  for (const [key, row] of change.services) state.services.set(key, row);
  for (const [key, row] of change.incidents) state.incidents.set(key, row);
}

/** Adds `later` to `earlier`, row by row. */
export function merge(earlier: AlertChange, later: AlertChange): void {
  for (const [key, row] of later.monitors) earlier.monitors.set(key, row);
  for (const [key, row] of later.services) earlier.services.set(key, row);
  for (const [key, row] of later.incidents) earlier.incidents.set(key, row);
  for (const [key, row] of later.deliveries) earlier.deliveries.set(key, row);
  earlier.members.push(...later.members);
  earlier.events.push(...later.events);
}
