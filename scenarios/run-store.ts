import type { Attempt, Failure, RunResult, RunStatus, StepResult } from './run-result.ts';

/** The line of a run in a list. */
export type RunSummary = Pick<
  RunResult,
  'id' | 'monitor' | 'status' | 'degraded' | 'started_at' | 'duration_ms' | 'trace_id' | 'watcher_fault' | 'location'
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
    watcher_fault: run.watcher_fault,
    ...(run.location === undefined ? {} : { location: run.location }),
    attempts: run.attempts.length,
    failure: run.failure && { step: run.failure.step, message: run.failure.message },
  };
}

/** A run as it was stored, by whatever version: fields that did not exist then get what they would have been. */
export function restoreRun(stored: string): RunResult {
  const run = JSON.parse(stored) as RunResult;
  return {
    ...run,
    attempts: run.attempts.map((attempt) => ({ ...attemptDefaults, ...attempt, ...inside(attempt) })),
    ...inside(run),
  };
}

function inside({ steps, failure }: Pick<Attempt, 'steps' | 'failure'>): Pick<Attempt, 'steps' | 'failure'> {
  return {
    steps: steps.map((step) => ({
      ...stepDefaults,
      ...step,
      request: step.request && { ...step.request, route: step.request.route ?? pathOf(step.request.url) },
    })),
    failure: failure && { ...failureDefaults, ...failure },
  };
}

const pathOf = (url: string) => URL.parse(url)?.pathname ?? url;

type Added<Result, Field extends keyof Result> = Pick<Result, Field>;

const attemptDefaults: Added<Attempt, 'rows'> = { rows: null };
const failureDefaults: Added<Failure, 'row'> = { row: null };
const stepDefaults: Added<StepResult, 'kind' | 'row' | 'tries' | 'group' | 'shortened' | 'redirects'> = {
  kind: 'http',
  row: null,
  tries: 1,
  group: null,
  shortened: false,
  redirects: [],
};

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
  /**
   * Runs of the monitor since the given time (RFC 3339), skipped ones not counted: all, those that passed, and of these
   * the flaky ones, which passed only at a later attempt.
   */
  uptime(monitor: string, since: string): Promise<{ total: number; passed: number; flaky: number }>;
  /**
   * How the runs of these monitors ended that started in the window (RFC 3339, half-open), all monitors together; `failed`
   * counts errors too. Skipped runs, and those of which the watcher itself was the cause, are not counted.
   */
  tally(monitors: readonly string[], from: string, to: string): Promise<{ passed: number; failed: number }>;
  /**
   * Removes runs that started before the given time, a few hundred at a time; the newest `keep` of each monitor stay.
   * @param needed of these ids, those that somebody still speaks of: they stay, too
   * @returns how many went
   */
  prune(
    before: string,
    keep: number,
    needed: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
  ): Promise<number>;
}
