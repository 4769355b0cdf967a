import { createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import type { Logger } from 'pino';
import { isScenarioRule, type Policy } from '../../alerts/policies/policy.ts';
import { systemClock } from '../../core/clock.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { formatDuration } from '../../core/units.ts';
import { type Relay, type RelayEvent, superviseRelay } from '../../monitoring/relay/supervisor.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { type DataDirectory, type ReadyFile, writeJsonAtomically } from '../data-directory.ts';
import { knownEnvironments } from '../environments.ts';
import { Ground } from '../ground.ts';
import { humanLog, jsonLog } from '../log.ts';
import { type ReferenceApi, startReferenceApi } from '../reference-api.ts';
import { loadSetup, type Setup, type SetupOptions } from '../setup.ts';
import { count, terminal } from '../terminal.ts';
import { packageRoot, version } from '../version.ts';
import { CONSOLE } from '../watcher/channels.ts';
import { startWatcher, type Watcher } from '../watcher/watcher.ts';
import { followFiles } from './follow-files.ts';

export interface WatchOptions {
  config: string | undefined;
  directory: DataDirectory;
  json: boolean;
  host: string;
  port: number;
  otlpPort: number;
  otlpGrpcPort: number;
  statsdPort: number;
  readyFile: string | undefined;
  /** Null for `serve`: no reference API. */
  apiPort: number | null;
}

const GRACE_MS = 10_000;

/**
 * `ringdown up` and `ringdown serve`: runs until a signal ends it.
 * @returns the exit code
 */
export async function watch(options: WatchOptions): Promise<number> {
  const { directory } = options;
  const demo = options.apiPort !== null;
  const log = !options.json && (demo || process.stderr.isTTY) ? humanLog() : jsonLog('info');
  const ground = await Ground.of(directory, (trouble) => {
    const words = `the data directory ${directory.path} can be written again and is used; telemetry follows at the next start`;
    if (trouble)
      log.error(
        { err: trouble },
        `${words}. Not all of it works: another watcher may use it too, or commands may not find this one`,
      );
    else log.info(words);
  });
  const secrets = demo ? { QA_PASSWORD: directory.qaPassword(process.env) } : {};
  const from: SetupOptions = {
    configFile: options.config,
    env: process.env,
    shipped: demo,
    referenceApi: demo,
    secrets,
    onSecretProblem: ({ message, hint }) => log.warn({ hint }, `${message}; the value known so far is used`),
  };
  const setup = await loadSetup(from);
  // Rules and alerts of other systems are worth watching without a single scenario.
  if (!hasRules(setup.policies) && setup.config.inbound.length === 0) {
    if (!demo && setup.config.environments.length === 0) throw nothingToWatch('environments', setup);
    if (setup.scenarios.length === 0) throw nothingToWatch('scenarios', setup);
  }

  if (ground.trouble) warnOfMemory(log, ground, directory);
  else {
    const trouble = await ground.take();
    if (trouble) log.error({ err: trouble }, 'the data directory cannot be locked; another watcher may use it too');
  }
  const token = directory.token(process.env);
  const stack = new AsyncDisposableStack();
  stack.defer(() => ground.release());
  stack.defer(() => setup.functions.close());
  const abort = new AbortController();
  const signal = nextSignal(abort);

  try {
    const relay = await terminal.progress(
      'starting the relay',
      startRelay({ ...options, directory: ground.working }, setup, log),
    );
    stack.defer(() => relay.shutdown(abort.signal));

    let api: ReferenceApi | null = null;
    if (options.apiPort !== null) {
      const apiLog = createWriteStream(join(ground.working.path, 'reference-api.log'));
      apiLog.once('error', (error) => log.warn({ err: error }, 'the log of the reference API cannot be written'));
      stack.defer(() => closeStream(apiLog));
      api = await terminal.progress(
        'starting the reference API',
        startReferenceApi({
          port: options.apiPort,
          dataDirectory: ground.working.path,
          env: {
            ...process.env,
            ...secrets,
            API_FAULTS: 'true',
            API_FAULTS_TOKEN: token,
            OTEL_EXPORTER_OTLP_ENDPOINT: relay.otlpUrl,
            ...(setup.config.relay.otlpToken
              ? {
                  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${encodeURIComponent(setup.config.relay.otlpToken)}`,
                }
              : {}),
            STATSD_ADDRESS: relay.statsdAddress,
          },
          onLine: (line) => apiLog.write(`${line}\n`),
          onExit: (how) => log.error({ how }, `the reference API ended (${how}); bring it back with npm start`),
        }),
      );
      const started = api;
      stack.defer(() => started.stop(abort.signal));
    }

    const environments = knownEnvironments(setup.config, api?.url ?? null);
    const onRun = options.json ? undefined : announceChanges();
    const watcher = await terminal.progress(
      'opening the state',
      startWatcher(
        {
          host: options.host,
          port: options.port,
          publicUrl: setup.config.publicUrl,
          location: setup.config.location,
          stateFile: directory.stateFile,
          takeDirectory: () => ground.take(),
          token,
          otlpToken: setup.config.relay.otlpToken,
          environments,
          allowedTargets: setup.config.allowedTargets,
          functions: setup.functions,
          scenarios: setup.scenarios,
          policies: setup.policies,
          policyPlaces: setup.policyPlaces,
          channels: setup.config.channels,
          channelTypes: setup.channelTypes,
          secrets: setup.secrets,
          configuredSecrets: Object.keys(setup.config.secretSources),
          privateFiles: [directory.path, ground.working.path, ...(setup.config.file ? [setup.config.file] : [])],
          onCall: setup.config.onCall,
          maintenance: setup.config.maintenance,
          inbound: setup.config.inbound,
          inboundKinds: setup.inboundKinds,
          heartbeats: setup.config.heartbeats,
          runRetentionMs: setup.config.runRetentionMs,
          incidentRetentionMs: setup.config.incidentRetentionMs,
          ruleAnswers: {
            folder: directory.ruleAnswersDirectory,
            retentionMs: setup.config.ruleAnswersRetentionMs,
            isOurs: () => ground.taken,
          },
          deadMan: setup.config.deadMan,
          controlTargets: setup.config.controlTargets,
          uiDirectory: builtUi(),
        },
        {
          clock: systemClock,
          log,
          relay,
          print: options.json ? terminal.err : (text) => terminal.out(`\n${pc.bold(text)}\n`),
          ...(onRun ? { onRun } : {}),
        },
      ),
    );
    stack.defer(() => watcher.shutdown(abort.signal));

    const ready = readiness(watcher, relay, api, token);
    tell(log, () => ground.writeReady(ready));
    if (options.readyFile) tell(log, () => writeJsonAtomically(options.readyFile!, ready));
    if (options.json) terminal.out(JSON.stringify(ready));
    else greet(ready, setup, environments.length);

    const following = new AbortController();
    const followed = followFiles({ from, setup, watcher, log, json: options.json }, following.signal);
    stack.defer(async () => {
      following.abort();
      await followed;
    });

    const received = await signal.received;
    if (!options.json) terminal.err(`${received}: ending. Once more ends at once.`);
    return EXIT.success;
  } finally {
    signal.ending();
    await stack.disposeAsync();
    signal.forget();
  }
}

async function startRelay(options: WatchOptions, { config }: Setup, log: Logger): Promise<Relay> {
  // A relay that never stood is an error of the start, told once.
  let standing = false;
  const relay = superviseRelay(
    {
      ...config.relay,
      dataDir: options.directory.relayDirectory,
      otlpPort: options.otlpPort,
      statsdPort: options.statsdPort,
      otlpGrpcPort: options.otlpGrpcPort,
      backends: config.backends.map((entry) => ({
        ...entry,
        dataDir: options.directory.plugInDirectory('backends', entry.name),
      })),
      sources: config.sources.map((entry) => ({
        ...entry,
        dataDir: options.directory.plugInDirectory('sources', entry.name),
      })),
    },
    { clock: systemClock, onEvent: (event) => (standing || event.type === 'log' ? logRelay(log, event) : undefined) },
  );
  await relay.start();
  standing = true;
  return relay;
}

function logRelay(log: Logger, event: RelayEvent): void {
  if (event.type === 'log') log[event.level]({ relay: true }, event.message);
  else if (event.type === 'started' || (event.type === 'exited' && event.expected))
    log.info({ relay: event }, `the relay ${event.type}`);
  else log.warn({ relay: event }, RELAY_TROUBLE[event.type]);
}

const RELAY_TROUBLE = {
  exited: 'the relay ended; pages go on without telemetry until it is back',
  restarting: 'the relay is started again',
  over_memory: 'the relay grew past its memory limit and is started again',
  unresponsive: 'the relay does not answer and is started again',
};

function readiness(watcher: Watcher, relay: Relay, api: ReferenceApi | null, token: string): ReadyFile {
  return {
    url: watcher.url,
    sign_in_url: `${watcher.url}/sign-in?token=${encodeURIComponent(token)}`,
    api_url: api?.url ?? null,
    otlp_url: relay.otlpUrl,
    otlp_grpc_url: relay.otlpGrpcUrl ?? null,
    statsd_address: relay.statsdAddress,
    pid: process.pid,
    api_pid: api?.pid ?? null,
  };
}

function greet(ready: ReadyFile, setup: Setup, environments: number): void {
  const channels = setup.config.channels.map(({ name }) => name);
  const line = (label: string, text: string) => terminal.out(`  ${label.padEnd(13)}${text}`);
  terminal.out(`\n${pc.bold('Ringdown')} ${version}\n`);
  if (ready.api_url) line('API', `${ready.api_url}  ${pc.dim('(the reference service under watch)')}`);
  line(
    'Telemetry',
    `OTLP ${ready.otlp_url}, gRPC ${ready.otlp_grpc_url}  ${pc.dim('·')}  StatsD ${ready.statsd_address}`,
  );
  line('Watching', `${count(setup.scenarios.length, 'scenario')} in ${count(environments, 'environment')}`);
  line(
    'Pages go to',
    channels.length > 0
      ? channels.join(', ')
      : `${CONSOLE.name} ${pc.dim('(your own phone: three lines in ringdown.yaml, see the README)')}`,
  );
  terminal.out('');
  line('Open', pc.cyan(pc.underline(ready.sign_in_url)));
  if (ready.api_url) line('Break it', `npx ringdown break posts   ${pc.dim('(mend it: npx ringdown mend)')}`);
  terminal.out('');
}

/** Prints the first run of each monitor, and then only what changed. */
function announceChanges(): (run: RunResult) => void {
  const last = new Map<string, string>();
  return (run) => {
    const verdict = run.status === 'passed' ? 'passes' : run.status === 'skipped' ? 'was skipped' : 'fails';
    if (verdict === 'was skipped' || last.get(run.monitor) === verdict) return;
    last.set(run.monitor, verdict);
    const mark = verdict === 'passes' ? pc.green('✓') : pc.red('✗');
    const why = run.failure
      ? `: ${run.failure.step}: ${run.failure.message}`
      : ` in ${formatDuration(run.duration_ms)}`;
    terminal.out(`${mark} ${run.monitor} ${verdict}${why}`);
  };
}

function warnOfMemory(log: Logger, { trouble, working }: Ground, directory: DataDirectory): void {
  log.error(
    { err: trouble, telemetry_in: working.path },
    `the data directory ${directory.path} cannot be written: watching and paging from memory, which a restart forgets. Mend its permissions, its mount or its free space, and it is taken by itself; or start with another --data-dir`,
  );
}

/** A disk that is full must not keep the watcher from watching; who waits for the file sees that it does not come. */
function tell(log: Logger, write: () => void): void {
  try {
    write();
  } catch (error) {
    log.error({ err: error }, 'the ready file cannot be written');
  }
}

function builtUi(): string | null {
  const directory = join(packageRoot, 'dashboards/web/dist');
  return existsSync(join(directory, 'index.html')) ? directory : null;
}

/** The first signal ends gracefully within ten seconds, the second at once. */
function nextSignal(abort: AbortController) {
  const { promise: received, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let timer: NodeJS.Timeout | undefined;
  let seen = false;
  const listen = (name: NodeJS.Signals) => {
    if (seen) abort.abort(new Error('told to end at once'));
    seen = true;
    resolve(name);
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, listen);
  return {
    received,
    ending() {
      timer = setTimeout(() => abort.abort(new Error('the time to end gracefully is over')), GRACE_MS).unref();
    },
    forget() {
      clearTimeout(timer);
      for (const name of names) process.off(name, listen);
    },
  };
}

function closeStream(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => stream.end(() => resolve()));
}

function hasRules(policies: readonly Policy[]): boolean {
  return policies.some(({ rules }) => rules.some((rule) => !isScenarioRule(rule)));
}

function nothingToWatch(what: 'environments' | 'scenarios', { config }: Setup): RingdownError {
  const message = config.file ? `${config.file} names no ${what}` : 'there is no ringdown.yaml in this folder';
  return new RingdownError('NOTHING_TO_WATCH', message, {
    hint:
      what === 'environments'
        ? 'it needs for example:  environments: { production: { base_url: "https://api.example.com" } }'
        : 'it needs for example:  scenarios: ["scenarios/**/*.scenario.yaml"]',
    exitCode: EXIT.usage,
  });
}
