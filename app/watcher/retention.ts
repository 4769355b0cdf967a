import { toError } from '../../core/errors.ts';
import type { State } from './state-file.ts';

/** What is deleted when it is old, as metrics name it. */
export type Kept = 'runs' | 'incidents' | 'deployments' | 'overrides';

interface Retention {
  state: Pick<State, 'runs' | 'alerts' | 'deployments' | 'onCallOverrides'>;
  /** Wall-clock milliseconds. */
  now: number;
  runsMs: number;
  /** Of incidents, and of deployments and overrides, which explain them. */
  incidentsMs: number;
  onPruned(kept: Kept, rows: number): void;
}

/** However old they are: what is seldom run has a history, too. */
const RUNS_ALWAYS_KEPT = 100;

/**
 * Deletes what is older than the config wants it kept. Incidents go first, because the runs that they speak of stay as
 * long as they do. What fails keeps nothing else from being done.
 * @throws Error the first of them, at the end
 */
export async function prune(
  { state, now, runsMs, incidentsMs, onPruned }: Retention,
  abort: AbortSignal,
): Promise<void> {
  const before = (ms: number) => new Date(now - ms).toISOString();
  const chores: Record<Kept, () => Promise<number>> = {
    incidents: () => state.alerts.prune(before(incidentsMs), abort),
    deployments: () => state.deployments.prune(before(incidentsMs), abort),
    overrides: () => state.onCallOverrides.prune(before(incidentsMs)),
    runs: () => state.runs.prune(before(runsMs), RUNS_ALWAYS_KEPT, (ids) => state.alerts.evidenceRuns(ids)),
  };
  const errors: Error[] = [];
  for (const [kept, chore] of Object.entries(chores) as [Kept, () => Promise<number>][]) {
    if (abort.aborted) break;
    await chore().then(
      (rows) => onPruned(kept, rows),
      (error) => errors.push(toError(error)),
    );
  }
  if (errors[0]) throw errors[0];
}
