import type { RunResult, RunStatus } from './run-result.ts';

/** The line of a run in a list. */
export type RunSummary = Pick<
  RunResult,
  'id' | 'monitor' | 'status' | 'degraded' | 'started_at' | 'duration_ms' | 'trace_id'
> & { attempts: number; failure: { step: string; message: string } | null };

export function summarize(run: RunResult): RunSummary {
  return {
    id: run.id,
    monitor: run.monitor,
    status: run.status,
    degraded: run.degraded,
    started_at: run.started_at,
    duration_ms: run.duration_ms,
    trace_id: run.trace_id,
    attempts: run.attempts.length,
    failure: run.failure && { step: run.failure.step, message: run.failure.message },
  };
}

export interface RunPage {
  items: RunSummary[];
  next_cursor: string | null;
}

/** Where runs are kept; implemented by storage. */
export interface RunStore {
  save(run: RunResult): Promise<void>;
  find(id: string): Promise<RunResult | null>;
  /** Newest first. `limit` 1 to 500; `cursor` is the `next_cursor` of the page before. */
  list(monitor: string, options: { limit: number; cursor?: string; status?: RunStatus }): Promise<RunPage>;
  /** The newest runs of the monitor that passed and started before the given time (RFC 3339), newest first. */
  passingBefore(monitor: string, before: string, limit: number): Promise<RunResult[]>;
  /** Passed and all runs of the monitor since the given time (RFC 3339), skipped ones not counted. */
  uptime(monitor: string, since: string): Promise<{ passed: number; total: number }>;
  /** Removes runs that started before the given time; the newest `keep` of each monitor stay. @returns how many went */
  prune(before: string, keep: number): Promise<number>;
}
