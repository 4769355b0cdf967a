import type { RunRequest } from '../engine/runner.ts';
import type { RunResult } from '../run-result.ts';

/** What watcher and workers say to each other over HTTP: plain data, hence snake_case. docs/workers.md tells the exchange. */

/** Both sides must have the same one: it changes when an older peer would misunderstand. */
export const WORKER_PROTOCOL = 1;

/** A worker asks again after this long at the latest; the request stands open until there is work. */
export const LONGEST_WAIT_MS = 10_000;
export const HEARTBEAT_MS = 4_000;
/** Of one result, as JSON. */
export const MOST_RESULT_BYTES = 8 * 2 ** 20;
/** Of a scenario with all files that it names. */
export const MOST_BUNDLE_BYTES = 20 * 2 ** 20;
export const MOST_CONCURRENCY = 1_000;

export interface WorkerHello {
  /** A UUID of the process. */
  id: string;
  location: string;
  /** Of Ringdown. */
  version: string;
  /** Runs at the same time, at most. */
  concurrency: number;
}

export interface LeaseRequest {
  protocol: number;
  worker: WorkerHello;
  /** How many more runs it can begin now, at least one. */
  capacity: number;
  wait_ms: number;
}

export interface LeaseAnswer {
  protocol: number;
  jobs: Job[];
}

/** A run that a worker is asked to make. Holds no secret: the worker knows them itself. */
export interface Job {
  lease: string;
  monitor: string;
  scheduled_at: string;
  /** Of the bundle that holds the scenario. */
  bundle: string;
  environment: RunRequest['environment'];
  /** Loopback and private targets that the scenario may ask. */
  allowed_targets: string[];
}

/** A scenario as its author wrote it, with every file that it names: what runs it parses it itself. */
export interface Bundle {
  /** SHA-256 of the rest, in hex. */
  id: string;
  file: string;
  text: string;
  /** Contents in base64, by the location that the scenario gives them. */
  files: Record<string, string>;
}

export interface HeartbeatRequest {
  protocol: number;
  worker: WorkerHello;
  /** Of the runs under way. */
  leases: string[];
}

/** What became of a lease: the run, or why the worker could not make it, which says nothing about the service. */
export type JobReport =
  | {
      lease: string;
      run: RunResult /** How long ago the run ended, in the worker's monotonic time. */;
      ended_ms_ago: number;
    }
  | { lease: string; refused: string };

export interface ReportRequest {
  protocol: number;
  worker: WorkerHello;
  report: JobReport;
}

/**
 * `counted`: it is the location's word on that fire. `late`: its time was over and it is only kept. `known`: it has been
 * told before. `unknown`: this watcher never gave that lease, or long ago.
 */
export type ReportOutcome = 'counted' | 'late' | 'known' | 'unknown';

/** An item of `GET /api/v1/workers`. */
export interface WorkerStatus extends WorkerHello {
  /** False when nothing was heard for a minute. */
  connected: boolean;
  running: number;
  /** What it runs now, the oldest first. */
  runs: { monitor: string; since: string }[];
  first_seen_at: string;
  last_seen_at: string;
}

/** A location that scenarios name, or where a worker was heard of; in `GET /api/v1/workers`. */
export interface WorkerLocation {
  name: string;
  /** Keys of the monitors that are run there. */
  monitors: string[];
  /** Workers that were heard of within a minute. */
  connected: number;
  /** Runs at the same time, over all of them. */
  capacity: number;
  running: number;
  /** Runs that no worker has taken yet. */
  waiting: number;
  /** For how long the oldest of them has waited. */
  lag_ms: number;
  /** What became of runs since the watcher started: `counted`, `late`, `known`, `refused`, `not_done`, `still_running`. */
  outcomes: Record<string, number>;
}
