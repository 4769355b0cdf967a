import type { Logger } from 'pino';
import type { ControlDeps } from '../../control/deps.ts';
import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import { traceId, uuidV7 } from '../../scenarios/engine/ids.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { WorkerDesk } from '../../scenarios/workers/desk.ts';
import type { NotDone, Order } from '../../scenarios/workers/lease-book.ts';
import {
  type Job,
  type JobReport,
  type ReportOutcome,
  WORKER_PROTOCOL,
  type WorkerHello,
  type WorkerLocation,
} from '../../scenarios/workers/protocol.ts';
import { inOurTime, problemOf } from '../../scenarios/workers/received-run.ts';
import type { MonitorDefinition } from '../watcher/monitor-board.ts';
import { Bundles, holdsPrivateKey } from './bundles.ts';

interface Work {
  definition: MonitorDefinition;
  scheduledAt: number;
  bundle: string;
}

export interface RemoteRunDeps {
  clock: Clock;
  log: Logger;
  allowedTargets: readonly string[];
  /** The watcher's own location. */
  here: string;
  /** A location's word, or that it has none: `skipped`, with the reason in `watcher_fault`. */
  onRun(run: RunResult, definition: MonitorDefinition): Promise<void>;
  /** A run whose time was over: to be kept, and no word on anything. */
  onLate(run: RunResult): Promise<void>;
}

/** Beyond what the scenario itself may take: to be fetched, parsed, and told. */
const AROUND_A_RUN_MS = 30_000;

/** Runs of scenarios at other locations than the watcher's, by workers that come for them. */
export class RemoteRuns {
  readonly #deps: RemoteRunDeps;
  readonly #desk: WorkerDesk<Work>;
  readonly #bundles = new Bundles();
  readonly #outcomes = new Map<string, number>();
  /** What is told of reports under way, so that an end waits for them. */
  readonly #telling = new Set<Promise<void>>();
  /** Keys of the monitors that each other location runs. */
  #locations = new Map<string, string[]>();

  constructor(deps: RemoteRunDeps) {
    this.#deps = deps;
    this.#desk = new WorkerDesk<Work>({
      clock: deps.clock,
      newId: () => uuidV7(deps.clock.now()),
      onNotDone: (lost) => this.#notDone(lost),
    });
  }

  start(): Promise<void> {
    return this.#desk.start();
  }

  async shutdown(): Promise<void> {
    await this.#desk.shutdown();
    await Promise.all(this.#telling);
  }

  /** These are run from now on. */
  use(definitions: readonly MonitorDefinition[]): void {
    const remote = [...new Set(definitions.map(({ scenario }) => scenario))].filter(
      (scenario) => this.#elsewhere(scenario).length > 0,
    );
    this.#locations = new Map();
    for (const { key, scenario } of definitions)
      for (const name of this.#elsewhere(scenario)) {
        const keys = this.#locations.get(name);
        if (keys) keys.push(key);
        else this.#locations.set(name, [key]);
      }
    this.#bundles.use(remote);
    for (const scenario of remote) {
      const packed = this.#bundles.of(scenario);
      if ('refused' in packed)
        this.#deps.log.error({ scenario: scenario.id }, `no worker can run it: ${packed.refused}`);
    }
  }

  drop(monitor: string): void {
    this.#desk.drop(monitor);
  }

  running(monitor: string): boolean {
    return this.#desk.pending(monitor);
  }

  /** Wants a run at each other location of the scenario. */
  dispatch(definition: MonitorDefinition, scheduledAt: number): void {
    const { key, scenario, environment } = definition;
    for (const location of this.#elsewhere(scenario)) {
      const packed = this.#bundles.of(scenario);
      const refused =
        'refused' in packed
          ? packed.refused
          : holdsPrivateKey(JSON.stringify(environment))
            ? `the environment ${environment.name} holds a private key, which is never sent to workers`
            : null;
      if (refused !== null || 'refused' in packed) {
        this.#skip({ definition, scheduledAt }, location, refused!);
        continue;
      }
      const work: Work = { definition, scheduledAt, bundle: packed.bundle.id };
      const order: Order<Work> = { monitor: key, location, work, budgetMs: budgetOf(scenario) };
      if (!this.#desk.offer(order)) {
        this.#count(location, 'still_running');
        this.#deps.log.debug({ monitor: key, location }, 'the location has not answered the run before');
      }
    }
  }

  /** Locations that scenarios name, and how many workers serve each. */
  connected(): Record<string, number> {
    const workers = this.#desk.workers().filter(({ connected }) => connected);
    const names = [...this.#locations.keys(), ...workers.map(({ location }) => location)];
    return Object.fromEntries(names.map((name) => [name, workers.filter(({ location }) => location === name).length]));
  }

  counts(): { location: string; outcome: string; count: number }[] {
    return [...this.#outcomes].map(([key, count]) => {
      const [location, outcome] = key.split('\n') as [string, string];
      return { location, outcome, count };
    });
  }

  /** Each location with who serves it and what waits there, by name. */
  locations(): WorkerLocation[] {
    const workers = Map.groupBy(this.#desk.workers(), ({ location }) => location);
    const waiting = this.#desk.waiting();
    const counts = Map.groupBy(this.counts(), ({ location }) => location);
    const names = new Set([...this.#locations.keys(), ...workers.keys()]);
    return [...names].sort().map((name) => {
      const own = (workers.get(name) ?? []).filter(({ connected }) => connected);
      const sum = (of: 'concurrency' | 'running') => own.reduce((total, worker) => total + worker[of], 0);
      return {
        name,
        monitors: this.#locations.get(name) ?? [],
        connected: own.length,
        capacity: sum('concurrency'),
        running: sum('running'),
        waiting: waiting.get(name)?.count ?? 0,
        lag_ms: waiting.get(name)?.longest_ms ?? 0,
        outcomes: Object.fromEntries((counts.get(name) ?? []).map(({ outcome, count }) => [outcome, count])),
      };
    });
  }

  /** What the HTTP API needs of it. */
  readonly control: ControlDeps['workers'] = {
    protocol: WORKER_PROTOCOL,
    list: () => this.#desk.workers(),
    locations: () => this.locations(),
    here: () => this.#deps.here,
    lease: async (worker, capacity, waitMs, abort) => {
      const granted = await this.#desk.lease(worker, capacity, waitMs, abort);
      return granted.map(
        ({ lease, order: { work } }): Job => ({
          lease,
          monitor: work.definition.key,
          scheduled_at: new Date(work.scheduledAt).toISOString(),
          bundle: work.bundle,
          environment: work.definition.environment,
          allowed_targets: [...this.#deps.allowedTargets],
        }),
      );
    },
    handBack: (leases) => this.#desk.handBack(leases),
    heartbeat: (worker, leases) => this.#desk.heartbeat(worker, leases),
    bundle: (id) => this.#bundles.find(id),
    report: (worker, report) => this.#report(worker, report),
  };

  #elsewhere({ locations }: Scenario): string[] {
    return (locations ?? []).filter((location) => location !== this.#deps.here);
  }

  #report(worker: WorkerHello, report: JobReport): { outcome: ReportOutcome } | { refused: string } {
    if ('run' in report) {
      const problem = problemOf(report.run);
      // It stays leased: that nothing usable came of it is told when its time is over.
      if (problem !== null) return { refused: problem };
    }
    const settled = this.#desk.settle(report.lease, worker);
    if (!settled) {
      this.#count(worker.location, 'unknown');
      return { outcome: 'unknown' };
    }
    const { order, outcome } = settled;
    const { definition, scheduledAt } = order.work;
    this.#count(order.location, 'refused' in report && outcome === 'counted' ? 'refused' : outcome);
    if (outcome === 'known') return { outcome };
    if ('refused' in report) {
      if (outcome === 'counted')
        this.#skip(order.work, order.location, `the worker in ${order.location} cannot run it: ${report.refused}`);
      return { outcome };
    }
    const { clock } = this.#deps;
    const now = clock.now();
    const from = now - (clock.monotonic() - settled.grantedAt);
    const run = identified(
      inOurTime(report.run, { from, to: now }, report.ended_ms_ago),
      definition,
      scheduledAt,
      order.location,
    );
    this.#tell(outcome === 'counted' ? this.#deps.onRun(run, definition) : this.#deps.onLate(run));
    return { outcome };
  }

  #notDone({ order, reason }: NotDone<Work>): void {
    this.#count(order.location, 'not_done');
    this.#skip(order.work, order.location, reason);
  }

  #skip({ definition, scheduledAt }: Pick<Work, 'definition' | 'scheduledAt'>, location: string, reason: string): void {
    const now = this.#deps.clock.now();
    const at = new Date(now).toISOString();
    const nothing: RunResult = {
      id: uuidV7(now),
      status: 'skipped',
      degraded: false,
      started_at: at,
      duration_ms: 0,
      trace_id: traceId(),
      attempts: [],
      steps: [],
      failure: null,
      watcher_fault: reason,
      ...identityOf(definition, scheduledAt, location),
    };
    this.#tell(this.#deps.onRun(nothing, definition));
  }

  #tell(told: Promise<void>): void {
    const done: Promise<void> = told
      .catch((thrown) => this.#deps.log.error({ err: toError(thrown) }, 'a run of a worker was not told'))
      .finally(() => this.#telling.delete(done));
    this.#telling.add(done);
  }

  #count(location: string, outcome: string): void {
    const key = `${location}\n${outcome}`;
    this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + 1);
  }
}

/** What a run is about is never the worker's to say. */
function identified(run: RunResult, definition: MonitorDefinition, scheduledAt: number, location: string): RunResult {
  return { ...run, ...identityOf(definition, scheduledAt, location) };
}

function identityOf({ key, scenario, environment }: MonitorDefinition, scheduledAt: number, location: string) {
  return {
    monitor: key,
    scenario: scenario.id,
    name: scenario.name,
    service: scenario.service,
    environment: environment.name,
    owner: scenario.owner,
    runbook: scenario.runbook,
    tags: [...scenario.tags],
    scheduled_at: new Date(scheduledAt).toISOString(),
    location,
  };
}

/** Twice the time of an attempt, since what cleans up has its own. */
function budgetOf({ timeoutMs, retry }: Scenario): number {
  return (retry.times + 1) * timeoutMs * 2 + retry.times * retry.delayMs + AROUND_A_RUN_MS;
}
