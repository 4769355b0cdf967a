import type { MonitorAlert } from '../../alerts/engine/state.ts';
import type { FlakeCount, Monitor } from '../../control/resources.ts';
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/units.ts';
import type { RunRequest } from '../../scenarios/engine/runner.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { type RunStore, type RunSummary, summarize } from '../../scenarios/run-store.ts';
import { Locations } from '../worker/locations.ts';
import { isQuarantined } from './observation.ts';
import { isFlaky, RunCounts } from './run-counts.ts';

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

interface Row {
  definition: MonitorDefinition;
  /** Newest first. */
  recent: RunSummary[];
  counts: RunCounts;
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
  #rows = new Map<string, Row>();
  readonly #locations = new Locations();

  constructor(definitions: readonly MonitorDefinition[], deps: BoardDeps) {
    this.#deps = deps;
    this.define(definitions);
  }

  /** These are the monitors from now on. What is known of those that stay is kept; of new ones `load` may know more. */
  define(definitions: readonly MonitorDefinition[]): void {
    const before = this.#rows;
    this.#rows = new Map(
      definitions.map((definition) => {
        const { key } = definition;
        const known = before.get(key);
        if (known) known.definition = definition;
        const counts = known?.counts ?? new RunCounts(this.#deps.clock, (since) => this.#deps.runs.uptime(key, since));
        return [key, known ?? { definition, recent: [], counts }];
      }),
    );
    this.#locations.retain(new Set(this.#rows.keys()));
  }

  /** Reads what earlier lives of the watcher left; runs recorded meanwhile stay. */
  async load(): Promise<void> {
    for (const [key, row] of this.#rows) {
      const { items } = await this.#deps.runs.list(key, { limit: RECENT_RUNS });
      const stored = new Set(items.map(({ id }) => id));
      row.recent = [...row.recent.filter(({ id }) => !stored.has(id)), ...items].slice(0, RECENT_RUNS);
      for (const run of row.recent.toReversed()) this.#locations.record(key, run);
      await row.counts.refresh();
    }
  }

  definition(key: string): MonitorDefinition | undefined {
    return this.#rows.get(key)?.definition;
  }

  definitions(): MonitorDefinition[] {
    return [...this.#rows.values()].map(({ definition }) => definition);
  }

  /** No location has a word on whether it works; never so where the scenario names none. */
  unheard(key: string): boolean {
    return this.#locations.unheard(key, this.#rows.get(key)?.definition.scenario.locations ?? null);
  }

  /** Takes a finished run in. */
  record(run: RunResult): void {
    const row = this.#rows.get(run.monitor);
    if (!row) return;
    const summary = summarize(run);
    this.#locations.record(run.monitor, summary);
    row.recent = [summary, ...row.recent].slice(0, RECENT_RUNS);
    row.counts.add(summary);
  }

  /** After a run was stored: counts anew what the database knows, where that is due. */
  async refreshUptime(key: string): Promise<void> {
    await this.#rows.get(key)?.counts.refresh();
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

  #monitor({ definition, recent, counts }: Row): Monitor {
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
      uptime_24h: counts.uptime,
      flakiness: { last_100_runs: flakesOf(recent), last_7d: counts.flakes },
      depends_on: scenario.dependsOn.map((id) => `${id}@${environment.name}`),
      suppressed_by: alert?.state === 'failing' ? this.#deps.suppressedBy(definition) : null,
      file: scenario.file,
      locations: this.#locations.of(key, scenario.locations),
    };
  }
}

function flakesOf(recent: readonly RunSummary[]): FlakeCount {
  const ended = recent.filter(({ status }) => status !== 'skipped');
  return {
    flaky: ended.filter(isFlaky).length,
    runs: ended.length,
  };
}

function describeSchedule({ schedule }: Scenario): string | null {
  if (!schedule) return null;
  return schedule.kind === 'every'
    ? `every ${formatDuration(schedule.everyMs)}`
    : `${schedule.cron} (${schedule.timezone})`;
}
