import type { MonitorAlert } from '../../alerts/engine/state.ts';
import type { FlakeCount, Monitor } from '../../control/resources.ts';
import type { Clock, Instant } from '../../core/clock.ts';
import { formatDuration } from '../../core/units.ts';
import type { RunRequest } from '../../scenarios/engine/runner.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { type RunStore, type RunSummary, summarize } from '../../scenarios/run-store.ts';
import { isQuarantined } from './observation.ts';

/** A scenario in an environment: what is scheduled, by its key `id@environment`. */
export interface MonitorDefinition {
  key: string;
  scenario: Scenario;
  environment: RunRequest['environment'];
}

export interface BoardDeps {
  clock: Clock;
  runs: Pick<RunStore, 'list' | 'uptime'>;
  alertOf(key: string): MonitorAlert | undefined;
  nextRunAt(key: string): number | null;
  running(key: string): boolean;
  /** Key of a failing monitor that holds this one's page back. */
  suppressedBy(definition: MonitorDefinition): string | null;
}

const RECENT_RUNS = 100;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
// A week of runs every 30 s is 20,000 rows: counted now and then, not after every run.
const WEEK_COUNTED_EVERY_MS = 5 * 60_000;

interface Row {
  definition: MonitorDefinition;
  /** Newest first. */
  recent: RunSummary[];
  uptime: number | null;
  /** The last seven days, counted at `weekCountedAt`. */
  week: FlakeCount | null;
  weekCountedAt: Instant;
}

/** Each scenario in each environment that it names; in all of them where it names none. */
export function defineMonitors(
  scenarios: readonly Scenario[],
  environments: readonly RunRequest['environment'][],
): MonitorDefinition[] {
  return environments.flatMap((environment) =>
    scenarios
      .filter((scenario) => runsIn(scenario, environment.name))
      .map((scenario) => ({ key: `${scenario.id}@${environment.name}`, scenario, environment })),
  );
}

/** Whether a scenario is meant for an environment. */
export function runsIn({ environments }: Scenario, name: string): boolean {
  return environments === null || environments.includes(name);
}

/** All monitors with what is known of them, as the HTTP API shows them. */
export class MonitorBoard {
  readonly #deps: BoardDeps;
  readonly #rows: Map<string, Row>;

  constructor(definitions: readonly MonitorDefinition[], deps: BoardDeps) {
    this.#deps = deps;
    this.#rows = new Map(
      definitions.map((definition) => [
        definition.key,
        { definition, recent: [], uptime: null, week: null, weekCountedAt: 0 },
      ]),
    );
  }

  /** Reads what earlier lives of the watcher left; runs recorded meanwhile stay. */
  async load(): Promise<void> {
    for (const [key, row] of this.#rows) {
      const { items } = await this.#deps.runs.list(key, { limit: RECENT_RUNS });
      const stored = new Set(items.map(({ id }) => id));
      row.recent = [...row.recent.filter(({ id }) => !stored.has(id)), ...items].slice(0, RECENT_RUNS);
      await this.#refreshUptime(row);
    }
  }

  definition(key: string): MonitorDefinition | undefined {
    return this.#rows.get(key)?.definition;
  }

  definitions(): MonitorDefinition[] {
    return [...this.#rows.values()].map(({ definition }) => definition);
  }

  /** Takes a finished run in. The uptime follows, as soon as the database says. */
  record(run: RunResult): void {
    const row = this.#rows.get(run.monitor);
    if (!row) return;
    row.recent = [summarize(run), ...row.recent].slice(0, RECENT_RUNS);
  }

  async refreshUptime(key: string): Promise<void> {
    const row = this.#rows.get(key);
    if (row) await this.#refreshUptime(row);
  }

  list(): Monitor[] {
    return [...this.#rows.values()]
      .map((row) => this.#monitor(row))
      .sort((a, b) => a.service.localeCompare(b.service) || a.name.localeCompare(b.name) || a.key.localeCompare(b.key));
  }

  find(key: string): Monitor | undefined {
    const row = this.#rows.get(key);
    return row && this.#monitor(row);
  }

  async #refreshUptime(row: Row): Promise<void> {
    const now = this.#deps.clock.now();
    const { key } = row.definition;
    const { passed, total } = await this.#deps.runs.uptime(key, new Date(now - DAY_MS).toISOString());
    row.uptime = total === 0 ? null : passed / total;
    if (row.week !== null && Math.abs(now - row.weekCountedAt) < WEEK_COUNTED_EVERY_MS) return;
    row.weekCountedAt = now;
    const week = await this.#deps.runs.uptime(key, new Date(now - WEEK_MS).toISOString());
    row.week = { flaky: week.flaky, runs: week.total };
  }

  #monitor({ definition, recent, uptime, week }: Row): Monitor {
    const { key, scenario, environment } = definition;
    const alert = this.#deps.alertOf(key);
    const next = this.#deps.nextRunAt(key);
    return {
      key,
      id: scenario.id,
      name: scenario.name,
      service: scenario.service,
      environment: environment.name,
      owner: scenario.owner,
      runbook: scenario.runbook,
      tags: [...scenario.tags],
      state: alert?.state ?? 'no_data',
      state_since: alert?.since ?? null,
      schedule: describeSchedule(scenario),
      next_run_at: next === null ? null : new Date(next).toISOString(),
      running: this.#deps.running(key),
      quarantine: isQuarantined(scenario, this.#deps.clock.now()) ? scenario.quarantine : null,
      policy: scenario.alert?.policy ?? null,
      last_run: recent[0] ?? null,
      recent_runs: recent,
      incident_id: alert?.incident_id ?? null,
      uptime_24h: uptime,
      flakiness: { last_100_runs: flakesOf(recent), last_7d: week },
      depends_on: scenario.dependsOn.map((id) => `${id}@${environment.name}`),
      suppressed_by: alert?.state === 'failing' && !alert.incident_id ? this.#deps.suppressedBy(definition) : null,
      file: scenario.file,
    };
  }
}

function flakesOf(recent: readonly RunSummary[]): FlakeCount {
  const ended = recent.filter(({ status }) => status !== 'skipped');
  return {
    flaky: ended.filter(({ status, attempts }) => status === 'passed' && attempts > 1).length,
    runs: ended.length,
  };
}

function describeSchedule({ schedule }: Scenario): string | null {
  if (!schedule) return null;
  return schedule.kind === 'every'
    ? `every ${formatDuration(schedule.everyMs)}`
    : `${schedule.cron} (${schedule.timezone})`;
}
