import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { Reader } from '../monitoring/reader.ts';
import type { BackendStatus, ReceiverStatus } from '../monitoring/telemetry.ts';
import type { RunResult } from '../scenarios/run-result.ts';
import type { RunStore } from '../scenarios/run-store.ts';
import type { Access } from './access.ts';
import type { LiveEvents } from './live-events.ts';
import type { Deployment, Incident, IncidentDetail, IncidentState, List, Monitor, RunComparison } from './resources.ts';

/** What the HTTP API needs from the rest of the watcher. */
export interface ControlDeps {
  version: string;
  clock: Clock;
  log: Logger;
  access: Access;
  events: LiveEvents;
  /** Where people reach this watcher; decides whether cookies are marked Secure. */
  publicUrl(): string;
  channels: { name: string; type: string }[];
  monitors: {
    list(): Monitor[];
    find(key: string): Monitor | undefined;
    /** Starts a run now. @returns false when one is under way already */
    runNow(key: string): boolean;
  };
  runs: Pick<RunStore, 'find' | 'list'>;
  compare(run: RunResult): Promise<RunComparison>;
  incidents: {
    list(options: { state?: IncidentState; limit: number; cursor?: string }): Promise<List<Incident>>;
    find(id: string): Promise<IncidentDetail | null>;
    /** @returns null when there is no such incident; what is resolved already stays as it is */
    acknowledge(id: string, by: string): Promise<Incident | null>;
    resolve(id: string, by: string): Promise<Incident | null>;
  };
  deployments: {
    list(options: { limit: number; cursor?: string }): Promise<List<Deployment>>;
    record(deployment: Omit<Deployment, 'id' | 'source'>): Promise<Deployment>;
  };
  telemetry: Reader;
  /** `relayPid` changes when the relay was restarted; null while it is down. */
  backends(): Promise<{ backends: BackendStatus[]; receiver: ReceiverStatus; relayPid: number | null }>;
  /** Prometheus text format. */
  metrics(): Promise<string>;
  /** What keeps the watcher from doing its work; empty when it is ready. */
  notReady(): string[];
  /** The built web UI; null where it was not built. */
  uiDirectory: string | null;
}
