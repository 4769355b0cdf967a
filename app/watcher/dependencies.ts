import type { Clock } from '../../core/clock.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import type { MonitorDefinition } from './monitor-board.ts';
import { isQuarantined } from './observation.ts';

/** A page waits for nothing but this, and no longer. */
const LONGEST_WAIT_MS = 5_000;

export interface DependencyDeps {
  clock: Clock;
  definition(key: string): MonitorDefinition | undefined;
  failing(key: string): boolean;
  runNow(key: string): void;
}

/**
 * What monitors depend on. A monitor that fails may have failed because of another one that nobody has looked at since:
 * that one is run at once, so that its page is the one that is sent.
 */
export class Dependencies {
  readonly #deps: DependencyDeps;
  /** Start of the last run whose outcome the alert desk knows. */
  readonly #known = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(deps: DependencyDeps) {
    this.#deps = deps;
  }

  /** Keys of the monitors of the same environment that it depends on; those in quarantine never ring and do not count. */
  of({ scenario, environment }: MonitorDefinition): string[] {
    const now = this.#deps.clock.now();
    return scenario.dependsOn
      .map((id) => `${id}@${environment.name}`)
      .filter((key) => {
        const definition = this.#deps.definition(key);
        return definition !== undefined && !isQuarantined(definition.scenario, now);
      });
  }

  /** The one that holds this monitor's page back, if there is one. */
  failing(definition: MonitorDefinition): string | null {
    return this.of(definition).find((key) => this.#deps.failing(key)) ?? null;
  }

  /** The alert desk knows this run's outcome. */
  settled(run: RunResult): void {
    this.#known.set(run.monitor, Date.parse(run.started_at));
    for (const done of this.#waiting.get(run.monitor) ?? []) done();
    this.#waiting.delete(run.monitor);
  }

  /** Resolves when one of them is known to fail, or each has been looked at since this run began, or after 5 s. */
  async lookAt(keys: readonly string[], run: RunResult, abort: AbortSignal): Promise<void> {
    // One that is known to fail is reason enough.
    if (keys.some((key) => this.#deps.failing(key))) return;
    const since = Date.parse(run.started_at);
    const open = keys.filter((key) => (this.#known.get(key) ?? 0) < since);
    if (open.length === 0 || abort.aborted) return;
    const enough = new AbortController();
    const stop = () => enough.abort();
    abort.addEventListener('abort', stop, { once: true });
    const answers = Promise.all(open.map((key) => this.#next(key)));
    for (const key of open) this.#deps.runNow(key);
    const time = this.#deps.clock.timer(LONGEST_WAIT_MS, enough.signal).catch(() => {});
    await Promise.race([answers, time]);
    enough.abort();
    abort.removeEventListener('abort', stop);
  }

  #next(key: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      waiting.add(resolve);
      this.#waiting.set(key, waiting);
    });
  }
}
