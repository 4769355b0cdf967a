import type { RunResult, RunStatus } from './run-result.ts';

/** The line of a run in a list. */
export type RunSummary = Pick<
  RunResult,
  'id' | 'monitor' | 'status' | 'degraded' | 'started_at' | 'duration_ms' | 'trace_id'
> & { attempts: number; failure: { step: string; message: string } | null };

/** Where runs are kept; implemented by storage. */
export interface RunStore {
  save(run: RunResult): Promise<void>;
  find(id: string): Promise<RunResult | null>;
  /** Newest first. */
  list(
    monitor: string,
    options: { limit: number; cursor?: string; status?: RunStatus },
  ): Promise<{ items: RunSummary[]; next_cursor: string | null }>;
  /** The newest passed run of the monitor that started before the given time (RFC 3339). */
  lastPassing(monitor: string, before: string): Promise<RunResult | null>;
  /** Removes runs that started before the given time; at least the last 100 of each monitor stay. @returns how many */
  prune(before: string): Promise<number>;
}
