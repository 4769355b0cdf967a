import { join } from 'node:path';
import type { Logger } from 'pino';
import { stands } from '../../alerts/engine/stages/silence.ts';
import type { Policy } from '../../alerts/policies/policy.ts';
import { Access } from '../../control/access.ts';
import { LiveEvents } from '../../control/live-events.ts';
import type { FileProblem } from '../../control/resources.ts';
import { buildControl } from '../../control/server.ts';
import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import { seldom } from '../../core/seldom.ts';
import type { Relay, RelayStatus } from '../../monitoring/relay/supervisor.ts';
import { compareRuns } from '../../scenarios/engine/comparison/compare-runs.ts';
import type { ScenarioFunctions } from '../../scenarios/engine/functions/load-functions.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { Scheduler } from '../../scenarios/schedule/scheduler.ts';
import type { SecretProvider } from '../../scenarios/secrets/create-secret-provider.ts';
import type { EnvironmentSettings } from '../config/load.ts';
import type { PolicyPlace } from '../config/policy-places.ts';
import { scenarioRunner, toRunEnvironment } from '../scenario-runner.ts';
import { packageRoot, userAgent, version } from '../version.ts';
import { ControlTargets, mayBeOurNetwork } from '../watchdog/control-targets.ts';
import type { DeadManSettings } from '../watchdog/dead-man.ts';
import { isOwnMonitor } from '../watchdog/watchdog.ts';
import { RemoteRuns } from '../worker/remote-runs.ts';
import { type AlertingSettings, createAlerting } from './alerting.ts';
import { annotations } from './annotations.ts';
import { withNames } from './coming-calls.ts';
import { Dependencies } from './dependencies.ts';
import { Deployments } from './deployments.ts';
import { incidentReads } from './incident-reads.ts';
import { listen } from './listen.ts';
import { defineMonitors, MonitorBoard } from './monitor-board.ts';
import { createOwnMetrics } from './own-metrics.ts';
import { PolicyFiles } from './policy-files.ts';
import { prune } from './retention.ts';
import { ruleBoard } from './rule-board.ts';
import { runReception } from './run-reception.ts';
import { createScenarioEditor } from './scenario-editor.ts';
import { selfWatch } from './self-watch.ts';
import { silencing } from './silencing.ts';
import { openStateFile } from './state-file.ts';
import { TelemetrySender } from './telemetry-sender.ts';

export interface WatcherSettings extends AlertingSettings {
  host: string;
  port: number;
  /** Where this watcher stands, as scenarios name it. */
  location: string;
  stateFile: string;
  /** Makes the folder of the state this watcher's. Rejects with `DATA_DIRECTORY` or `ALREADY_RUNNING` while that cannot be. */
  takeDirectory(): Promise<unknown>;
  /** What the relay asks of senders of OTLP; undefined where it asks for nothing. */
  otlpToken: string | undefined;
  environments: EnvironmentSettings[];
  /** Targets besides those of the environments that scenarios may reach. */
  allowedTargets: readonly string[];
  functions: ScenarioFunctions;
  scenarios: Scenario[];
  /** Where the policies stand, by their ids. */
  policyPlaces: ReadonlyMap<string, PolicyPlace>;
  secrets: SecretProvider;
  /** Names of secrets that the config tells where to find. */
  configuredSecrets: readonly string[];
  /** Files and folders that no scenario from the browser may read. */
  privateFiles: readonly string[];
  runRetentionMs: number;
  incidentRetentionMs: number;
  deadMan: DeadManSettings | null;
  controlTargets: readonly string[];
  uiDirectory: string | null;
}

export interface WatcherDeps {
  clock: Clock;
  log: Logger;
  relay: Relay;
  /** @returns false when nobody reads any more */
  print(text: string): boolean;
  onRun?(run: RunResult): void;
}

export interface Watcher {
  url: string;
  /** From now on these are the scenarios. Runs under way end as they began; monitors that stay keep their history. */
  replaceScenarios(scenarios: readonly Scenario[]): Promise<void>;
  /** From now on these are the policies. Nobody is told again of what is open. */
  replacePolicies(policies: readonly Policy[], places: ReadonlyMap<string, PolicyPlace>): Promise<void>;
  /** Files were changed and cannot be taken over; shown until they can. */
  refuseFiles(problems: readonly FileProblem[]): void;
  /** Ends gracefully; at once when `abort` fires. The relay is not the watcher's and goes on. */
  shutdown(abort: AbortSignal): Promise<void>;
}

// So many that the hung runs of one dead service leave room for everybody else's.
const CONCURRENT_RUNS = 200;
const BACKENDS_EVERY_MS = 5_000;
const HISTORY_AGAIN_MS = 5_000;
const PRUNE_EVERY_MS = 3_600_000;
const PASSING_RUNS_COMPARED = 5;
const RULES_TOLD_EVERY_MS = 1_000;
const INCIDENTS_REMEMBERED = 1_000;

/** Puts the rooms together: schedule → run → alert desk → page, and the HTTP API over all of it. */
export async function startWatcher(settings: WatcherSettings, deps: WatcherDeps): Promise<Watcher> {
  const { clock, log, relay } = deps;
  const stopping = new AbortController();
  await using unwind = new AsyncDisposableStack();
  const life = new AbortController();
  let damagedState: string | null = null;
  const state = await openStateFile(settings.stateFile, log, clock, settings.takeDirectory, (keptAs) => {
    damagedState = keptAs;
  });
  unwind.defer(() => state.close());
  const events = new LiveEvents();
  let storageTrouble: Error | null = null;
  let started = false;
  let historyRead = false;
  let address = `http://${settings.host}:${settings.port}`;
  const publicUrl = () => settings.publicUrl ?? address;

  const sender = new TelemetrySender({
    clock,
    url: () => relay.otlpUrl,
    token: settings.otlpToken,
    onLost: (reason) => log.warn({ reason }, 'spans or annotations of the watcher were lost'),
  });
  const annotation = annotations(version);
  const deployments = new Deployments({
    clock,
    store: state.deployments,
    reader: relay.reader,
    onDeployment: (deployment) => sender.logs(annotation.deployment(deployment)),
    onTrouble: (error) => log.debug({ err: error }, 'versions could not be looked up'),
  });
  const runner = scenarioRunner(clock, settings);
  const controlTargets = new ControlTargets(settings.controlTargets, clock);

  let relayStatus: RelayStatus | undefined;
  const metrics = createOwnMetrics(
    {
      monitors: () => board.list(),
      incidents: () => {
        const open = desk.openIncidents();
        const acknowledged = open.filter((incident) => incident.state === 'acknowledged').length;
        return { triggered: open.length - acknowledged, acknowledged };
      },
      relay: () => relayStatus,
      workers: { connected: () => remote.connected(), counts: () => remote.counts() },
      alerts: {
        rules: { status: () => rules.status(), behindMs: () => rules.behindMs() },
        ruleAnswers: { counts: () => alerting.ruleAnswers.counts() },
        inbound: { counts: () => wayIn.receiver.counts() },
        answers: { counts: () => wayIn.answers.counts() },
        held: () => desk.openIncidents().filter((incident) => incident.held !== null).length,
        standingSilences: () => desk.silences().filter((silence) => stands(silence, clock.now())).length,
      },
    },
    version,
    { url: relay.otlpUrl, token: settings.otlpToken },
  );
  unwind.defer(() => metrics.shutdown());

  const files = new PolicyFiles(clock, settings.policies, settings.policyPlaces);
  const tellOfRules = seldom(
    clock,
    RULES_TOLD_EVERY_MS,
    () => events.publish({ type: 'rules', data: { at: new Date(clock.now()).toISOString() } }),
    stopping.signal,
  );
  // An incident is told of at every change; its annotation, once for each state.
  const annotatedStates = new Map<string, string>();
  const alerting = createAlerting(settings, {
    clock,
    log,
    state,
    address: publicUrl,
    environment: settings.environments[0]?.name ?? 'default',
    reader: relay.reader,
    monitors: () => board.definitions(),
    print: deps.print,
    onRules: tellOfRules,
    onIncident(incident) {
      events.publish({ type: 'incident', data: incident });
      if (annotatedStates.get(incident.id) === incident.state) return;
      annotatedStates.set(incident.id, incident.state);
      if (annotatedStates.size > INCIDENTS_REMEMBERED) annotatedStates.delete(annotatedStates.keys().next().value!);
      sender.logs(annotation.incident(incident));
    },
    onMonitorState(monitor) {
      // One that is no longer run is let go of, and stays gone.
      if (!board.definition(monitor.key)) return;
      schedule(monitor.key);
      publishMonitor(monitor.key);
    },
    onDelivery(delivery) {
      if (delivery.status !== 'accepted' || !delivery.last_attempt_at) return;
      const seconds = (Date.parse(delivery.last_attempt_at) - Date.parse(delivery.due_at)) / 1_000;
      metrics.delivered(delivery.channel, Math.max(0, seconds));
    },
    onStorage(trouble) {
      storageTrouble = trouble;
    },
  });

  const { desk, rules, wayIn } = alerting;

  const scheduler = new Scheduler({
    clock,
    concurrency: CONCURRENT_RUNS,
    run: runMonitor,
    onIdle: publishMonitor,
    onSlip: (_key, slipMs) => metrics.slipped(slipMs),
    onSkip: (key, scheduledAt, reason) =>
      log.warn({ monitor: key, scheduled_at: new Date(scheduledAt).toISOString(), reason }, 'a run was skipped'),
    onFault: (key, error) => log.error({ err: error, monitor: key }, 'a run failed inside the watcher'),
  });
  const environments = settings.environments.map(toRunEnvironment);
  const board = new MonitorBoard(defineMonitors(settings.scenarios, environments), {
    clock,
    runs: state.runs,
    alertOf: (key) => desk.monitorState(key),
    nextRunAt: (key) => scheduler.nextRunAt(key),
    running: (key) => scheduler.running(key) || remote.running(key),
    suppressedBy: (definition) => dependencies.failing(definition),
  });
  const dependencies = new Dependencies({
    clock,
    definition: (key) => board.definition(key),
    failing: (key) => desk.monitorState(key)?.state === 'failing',
    runNow: (key) => scheduler.runNow(key),
  });

  const receive = runReception({
    log,
    runs: state.runs,
    board,
    desk,
    alerting,
    dependencies,
    deployments,
    sender,
    annotation,
    metrics,
    events,
    publicUrl,
    publishMonitor,
    onRun: deps.onRun,
  });
  const remote = new RemoteRuns({
    clock,
    log,
    here: settings.location,
    allowedTargets: [
      ...settings.environments.map(({ baseUrl }) => new URL(baseUrl).origin),
      ...settings.allowedTargets,
    ],
    onRun: (run, definition) => receive(run, definition, stopping.signal),
    onLate: (run) => state.runs.save(run),
  });
  remote.use(board.definitions());

  function schedule(key: string): void {
    const { schedule = null } = board.definition(key)?.scenario ?? {};
    scheduler.set({ key, schedule, failing: desk.monitorState(key)?.state === 'failing' });
  }

  async function replaceScenarios(scenarios: readonly Scenario[]): Promise<void> {
    const before = board.definitions().map(({ key }) => key);
    board.define(defineMonitors(scenarios, environments));
    const keys = board.definitions().map(({ key }) => key);
    remote.use(board.definitions());
    for (const key of before) {
      if (board.definition(key)) continue;
      scheduler.remove(key);
      remote.drop(key);
    }
    for (const key of keys) schedule(key);
    historyRead = false;
    events.publish({ type: 'monitors', data: { items: board.list() } });
    await desk.retain([...keys, ...ownMonitors()]);
  }

  /** Under which the watcher pages about itself at the moment. */
  function ownMonitors(): string[] {
    return desk.openIncidents().flatMap(({ monitors }) => monitors.filter(isOwnMonitor));
  }

  function publishMonitor(key: string): void {
    const monitor = board.find(key);
    if (monitor) events.publish({ type: 'monitor', data: monitor });
  }

  async function runMonitor(key: string, scheduledAt: number, abort: AbortSignal): Promise<void> {
    const definition = board.definition(key)!;
    const { scenario, environment } = definition;
    remote.dispatch(definition, scheduledAt);
    const { locations } = scenario;
    if (locations && !locations.includes(settings.location)) return;
    const { values: secrets } = await settings.secrets.values(scenario.secrets, abort);
    const made = await excuse(await runner.run({ scenario, environment, secrets, scheduledAt, abort }));
    const run = locations ? { ...made, location: settings.location } : made;
    // A secret may have been changed where it is kept.
    if (run.failure) settings.secrets.suspect(scenario.secrets);
    await receive(run, definition, abort);
  }

  /** A network that is gone here says nothing about the service. */
  async function excuse(run: RunResult): Promise<RunResult> {
    if (!run.failure || !mayBeOurNetwork(run.failure) || !(await controlTargets.offline())) return run;
    return { ...run, watcher_fault: 'the watcher is offline: no control target answers' };
  }

  async function every(ms: number, what: string, work: () => Promise<unknown>): Promise<void> {
    while (!stopping.signal.aborted) {
      await work().catch((error) => log.warn({ err: toError(error) }, what));
      await clock.timer(ms, stopping.signal).catch(() => {});
    }
  }

  const typeOf = (channel: string) => settings.channels.find(({ name }) => name === channel)?.type ?? 'console';
  const named = withNames({ onCall: alerting.onCall, typeOf, now: () => clock.now() });
  const control = await buildControl({
    version,
    clock,
    log,
    access: new Access(settings.token, clock),
    events,
    publicUrl,
    channels: [...alerting.channels.keys()].map((name) => ({ name, type: typeOf(name) })),
    monitors: {
      list: () => board.list(),
      find: (key) => board.find(key),
      runNow: (key) => scheduler.runNow(key) === 'started',
    },
    runs: state.runs,
    async compare(run) {
      const passing = await state.runs.passingBefore(run.monitor, run.started_at, PASSING_RUNS_COMPARED);
      return compareRuns(run, passing[0] ?? null, passing);
    },
    incidents: incidentReads(desk, state, clock, named),
    written: () => desk.written(),
    ...silencing({ desk, clock, monitors: () => board.list() }),
    inbound: wayIn.receiver,
    answers: wayIn.answers,
    answerLinks: wayIn.links,
    runPictures: wayIn.pictures,
    heartbeats: wayIn.heartbeats,
    onCall: alerting.onCall,
    workers: remote.control,
    rules: ruleBoard({
      clock,
      policies: () => files.policies(),
      places: () => files.places(),
      files: () => files.state(),
      evaluator: rules,
      desk,
      monitors: () => board.list(),
      named,
    }),
    scenarios: createScenarioEditor({
      ...settings,
      clock,
      scenarios: () => [...new Set(board.definitions().map(({ scenario }) => scenario))],
      environments,
      forbidden: settings.privateFiles,
      shipped: join(packageRoot, 'scenarios/suites'),
      runner,
    }),
    deployments: { list: (options) => state.deployments.list(options), record: (entry) => deployments.record(entry) },
    telemetry: relay.reader,
    telemetryOf: (backend) => relay.readerOf(backend),
    deadLetters: (backend, limit) => relay.deadLetters(backend, limit),
    replay: (backend, ids, abort) => relay.replay(backend, ids, abort),
    backends: async () => ({ ...(await relay.status()), relayPid: relay.pid() ?? null }),
    metrics: () => metrics.prometheus(),
    notReady: () => [
      ...(started ? [] : ['the watcher is starting']),
      ...(storageTrouble ? [`alert state cannot be written: ${storageTrouble.message}`] : []),
    ],
    uiDirectory: settings.uiDirectory,
  });

  unwind.defer(() => control.close());
  // First of all, so that a port that is taken ends the start before anything was told or resumed.
  address = await listen(control, settings);
  for (const component of [sender, deployments]) {
    unwind.defer(() => component.shutdown(life.signal));
    await component.start();
  }
  historyRead = await board.load().then(
    () => true,
    () => false,
  );
  unwind.defer(() => alerting.shutdown(life.signal));
  await alerting.start();
  const alarmed = ownMonitors();
  await desk.retain([...board.definitions().map(({ key }) => key), ...alarmed]);
  for (const { key } of board.definitions()) schedule(key);
  unwind.defer(() => remote.shutdown());
  await remote.start();
  unwind.defer(() => scheduler.shutdown(life.signal));
  await scheduler.start();
  const chores = [
    selfWatch(
      {
        clock,
        log,
        userAgent,
        deadMan: settings.deadMan,
        schedulerBehindMs: () => scheduler.behindMs(),
        rulesBehindMs: () => rules.behindMs(),
        relayUp: () => relay.pid() !== undefined,
        channels: () => desk.channelHealth(),
        damagedState: () => damagedState,
        storageTrouble: () => storageTrouble,
        offline: () => controlTargets.offline(),
        observe: (observation) => desk.observe(observation),
        alarmed,
      },
      stopping.signal,
    ),
    every(HISTORY_AGAIN_MS, 'earlier runs could not be read', async () => {
      if (historyRead) return;
      await board.load();
      historyRead = true;
    }),
    every(BACKENDS_EVERY_MS, 'the relay does not tell its ledger', async () => {
      try {
        relayStatus = await relay.status();
        alerting.seeLedger(relayStatus.backends);
      } catch (error) {
        alerting.seeLedger(null);
        throw error;
      }
    }),
    every(PRUNE_EVERY_MS, 'what is older than its retention could not be removed', () =>
      prune(
        {
          state,
          now: clock.now(),
          runsMs: settings.runRetentionMs,
          incidentsMs: settings.incidentRetentionMs,
          onPruned: metrics.pruned,
        },
        stopping.signal,
      ),
    ),
  ];
  unwind.defer(async () => {
    stopping.abort();
    await Promise.all(chores);
  });
  started = true;

  // Everything stands; from here on it is the caller who takes it down.
  const standing = unwind.move();
  return {
    url: address,
    replaceScenarios,
    async replacePolicies(policies, places) {
      files.use(policies, places);
      await alerting.replacePolicies(policies);
      tellOfRules();
    },
    refuseFiles(problems) {
      files.refuse(problems);
      tellOfRules();
    },
    async shutdown(abort) {
      abort.addEventListener('abort', () => life.abort(abort.reason), { once: true });
      if (abort.aborted) life.abort(abort.reason);
      await standing.disposeAsync();
    },
  };
}
