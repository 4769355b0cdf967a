import type { LocationVerdict } from '../../control/resources.ts';
import type { RunSummary } from '../../scenarios/run-store.ts';

/** What each location said last of each monitor. */
export class Locations {
  readonly #seen = new Map<string, Map<string, LocationVerdict>>();

  /** @returns whether the location is heard of, or was not, for the first time */
  record(monitor: string, run: RunSummary): boolean {
    if (run.location === undefined) return false;
    const known = this.#seen.get(monitor) ?? new Map<string, LocationVerdict>();
    const before = known.get(run.location);
    const state = stateOf(run);
    known.set(run.location, {
      name: run.location,
      state,
      last_run_at: state === 'no_data' ? (before?.last_run_at ?? null) : run.started_at,
      reason: state === 'no_data' ? run.watcher_fault : null,
    });
    this.#seen.set(monitor, known);
    return (before?.state === 'no_data') !== (state === 'no_data');
  }

  /** Null for a monitor that names no locations. */
  of(monitor: string, names: readonly string[] | null): LocationVerdict[] | null {
    if (names === null) return null;
    const known = this.#seen.get(monitor);
    return names.map((name) => known?.get(name) ?? { name, state: 'no_data', last_run_at: null, reason: null });
  }

  /** No location has a word on it. */
  unheard(monitor: string, names: readonly string[] | null): boolean {
    return this.of(monitor, names)?.every(({ state }) => state === 'no_data') ?? false;
  }

  retain(monitors: ReadonlySet<string>): void {
    for (const key of this.#seen.keys()) if (!monitors.has(key)) this.#seen.delete(key);
  }
}

function stateOf({ status, degraded, watcher_fault }: RunSummary): LocationVerdict['state'] {
  if (watcher_fault !== null || status === 'skipped') return 'no_data';
  if (status !== 'passed') return 'failing';
  return degraded ? 'degraded' : 'passing';
}
