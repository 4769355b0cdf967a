import type { FlakeCount } from '../../control/resources.ts';
import type { Clock, Instant } from '../../core/clock.ts';
import type { RunStore, RunSummary } from '../../scenarios/run-store.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const COUNTED_EVERY_MS = 5 * 60_000;

type Counts = Awaited<ReturnType<RunStore['uptime']>>;

/**
 * How the runs of a monitor ended over the last day and the last week. A week of runs every 30 s is 20,000 rows, so the
 * database counts them now and then; in between, each run is added as it ends.
 */
export class RunCounts {
  readonly #clock: Clock;
  readonly #count: (since: string) => Promise<Counts>;
  #day: Counts | null = null;
  #week: Counts | null = null;
  #countedAt: Instant = 0;
  /** Whether a run ended while the database was counting, which may have missed it. */
  #missed = false;

  constructor(clock: Clock, count: (since: string) => Promise<Counts>) {
    this.#clock = clock;
    this.#count = count;
  }

  /** Share of runs of the last day that passed, 0 to 1; null without runs. */
  get uptime(): number | null {
    return this.#day === null || this.#day.total === 0 ? null : this.#day.passed / this.#day.total;
  }

  /** Of the last week; null until it was counted. */
  get flakes(): FlakeCount | null {
    return this.#week && { flaky: this.#week.flaky, runs: this.#week.total };
  }

  add(run: Pick<RunSummary, 'status' | 'attempts'>): void {
    this.#missed = true;
    if (run.status === 'skipped') return;
    for (const counts of [this.#day, this.#week]) {
      if (!counts) continue;
      counts.total++;
      if (run.status === 'passed') counts.passed++;
      if (isFlaky(run)) counts.flaky++;
    }
  }

  /** Has the database count where that is due. */
  async refresh(): Promise<void> {
    const now = this.#clock.now();
    if (this.#week && Math.abs(now - this.#countedAt) < COUNTED_EVERY_MS) return;
    this.#missed = false;
    const day = await this.#count(new Date(now - DAY_MS).toISOString());
    const week = await this.#count(new Date(now - WEEK_MS).toISOString());
    this.#day = day;
    this.#week = week;
    this.#countedAt = this.#missed ? 0 : now;
  }
}

/** Passed, but only at a later attempt. */
export function isFlaky({ status, attempts }: Pick<RunSummary, 'status' | 'attempts'>): boolean {
  return status === 'passed' && attempts > 1;
}
