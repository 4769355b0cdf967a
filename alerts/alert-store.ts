import type {
  AlertChange,
  FailingRun,
  MonitorAlert,
  QueuedDelivery,
  ServiceAlert,
  TrackedIncident,
} from './engine/state.ts';
import type { DeliveryRecord, Deployment, Incident, IncidentEvent, IncidentState } from './incident.ts';
import type { StageWord } from './incidents/people.ts';
import type { MaintenanceWindow, Silence } from './silences/silence.ts';

/** What the engine goes on with after a restart. */
export interface StoredAlerts {
  monitors: MonitorAlert[];
  services: ServiceAlert[];
  /** Open ones, and resolved ones with pending deliveries. */
  incidents: TrackedIncident[];
  /** Pending deliveries, in the order of their incident's positions. */
  deliveries: QueuedDelivery[];
  /** What vendors accepted since the first pending delivery was due: whoever looks for that one must not find these. */
  accepted: { channel: string; provider_ref: string }[];
  silences: Silence[];
  /** Those that were planned over the API. */
  windows: MaintenanceWindow[];
}

/** An incident with everything that happened to it. */
export interface IncidentHistory {
  incident: Incident;
  /** The first failing run of what opened it; null where no run did, or nobody knows any more. */
  first_run: FailingRun | null;
  /** Oldest first. */
  timeline: IncidentEvent[];
  /** In the order they were asked for. */
  deliveries: DeliveryRecord[];
  /** What the stages of the chain said, oldest first; the last 200. */
  words: StageWord[];
}

export interface PageOf<T> {
  items: T[];
  next_cursor: string | null;
}

/** Where alerts are kept; implemented by storage. Every method rejects when the database does not answer. */
export interface AlertStore {
  load(): Promise<StoredAlerts>;
  /**
   * Writes all rows of the change in one transaction: all of them or none. Rows replace what was there, so that a
   * change may be written again after an unclear answer.
   */
  commit(change: AlertChange): Promise<void>;
  /** Newest first. An unreadable cursor starts from the newest. */
  list(options: { state?: IncidentState; limit: number; cursor?: string }): Promise<PageOf<Incident>>;
  find(id: string): Promise<IncidentHistory | null>;
  /**
   * Deletes incidents that ended before that time (RFC 3339, UTC), with all that is kept of them, a few hundred rows at
   * a time so that nobody who writes waits for it. An open one stays, and one that somebody must still hear of.
   * @param abort ends it between two of its transactions; what is left goes the next time
   * @returns how many incidents went
   */
  prune(before: string, abort: AbortSignal): Promise<number>;
  /** Which of these runs an incident speaks of: they are kept as long as it is. At most some thousands at a time. */
  evidenceRuns(runs: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Deployments: posted, or seen in telemetry. */
export interface DeploymentStore {
  /** A second one with the same id replaces the first. */
  add(deployment: Deployment): Promise<void>;
  /** The newest of the service; one without environment counts for every environment. */
  latest(service: string, environment: string | null): Promise<Deployment | null>;
  /** Newest first. */
  list(options: { service?: string; limit: number; cursor?: string }): Promise<PageOf<Deployment>>;
  /**
   * Deletes those of before (RFC 3339, UTC), but never the newest of a service and environment.
   * @returns how many went
   */
  prune(before: string, abort: AbortSignal): Promise<number>;
}
