import { existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pc from 'picocolors';
import type { Channel } from '../../alerts/notifier.ts';
import { EXIT, type RingdownError, toError } from '../../core/errors.ts';
import { formatDuration } from '../../core/units.ts';
import type { Config } from '../config/load.ts';
import type { DataDirectory } from '../data-directory.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { loadSetup } from '../setup.ts';
import { count, terminal } from '../terminal.ts';
import { packageRoot } from '../version.ts';

type Verdict = 'ok' | 'warning' | 'problem';

interface Finding {
  verdict: Verdict;
  what: string;
  /** What to do about it. */
  hint?: string;
}

interface DoctorOptions {
  config: string | undefined;
  directory: DataDirectory;
  ports: { flag: string; port: number }[];
  json: boolean;
}

const LITTLE_SPACE_BYTES = 2 ** 30;
const REACH_TIMEOUT_MS = 5_000;

/** `ringdown doctor`: looks for what would keep the watcher from watching or paging. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const findings: Finding[] = [];
  for (const look of [lookAtNode, lookAtUi, lookAtDisk, lookAtPorts, lookAtStore, lookAtFiles]) {
    findings.push(...(await look(options)));
  }
  const problems = findings.filter(({ verdict }) => verdict === 'problem').length;
  if (options.json) terminal.out(JSON.stringify({ healthy: problems === 0, findings }));
  else {
    const marks = { ok: pc.green('✓'), warning: pc.yellow('!'), problem: pc.red('✗') };
    for (const { verdict, what, hint } of findings) {
      terminal.out(`${marks[verdict]} ${what}`);
      if (hint) terminal.out(`  ${pc.dim(hint)}`);
    }
    terminal.out(problems === 0 ? '' : `\n${count(problems, 'problem')}`);
  }
  return problems > 0 ? EXIT.failed : EXIT.success;
}

const ok = (what: string): Finding => ({ verdict: 'ok', what });
const warning = (what: string, hint: string): Finding => ({ verdict: 'warning', what, hint });
const problem = (what: string, hint: string): Finding => ({ verdict: 'problem', what, hint });

function lookAtNode(): Finding[] {
  return [ok(`Node ${process.versions.node} on ${process.platform} ${process.arch}`)];
}

function lookAtUi(): Finding[] {
  if (existsSync(join(packageRoot, 'dashboards/web/dist/index.html'))) return [ok('the web UI is built')];
  return [problem('the web UI is not built', 'npm run prepare')];
}

async function lookAtDisk({ directory }: DoctorOptions): Promise<Finding[]> {
  try {
    await directory.prepare();
  } catch (error) {
    return [problem(toError(error).message, (error as RingdownError).hint ?? '')];
  }
  const { bavail, bsize } = statfsSync(directory.path);
  const free = `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free in ${directory.path}`;
  return [
    bavail * bsize < LITTLE_SPACE_BYTES
      ? warning(free, 'telemetry is dropped and state cannot be written when the disk is full')
      : ok(free),
  ];
}

async function lookAtPorts({ ports, directory }: DoctorOptions): Promise<Finding[]> {
  const ready = directory.readReady();
  if (ready && isAlive(ready.pid)) return [ok(`a watcher runs on this data directory: ${ready.url}`)];
  const taken: Finding[] = [];
  for (const { flag, port } of ports) {
    if (!(await isFree(port)))
      taken.push(problem(`port ${port} is taken`, `stop what listens there, or choose another with ${flag}`));
  }
  return taken.length > 0 ? taken : [ok(`ports ${ports.map(({ port }) => port).join(', ')} are free`)];
}

async function lookAtStore(): Promise<Finding[]> {
  try {
    await import('@duckdb/node-api');
    return [ok('the telemetry store (DuckDB) loads')];
  } catch (error) {
    return [
      problem(
        `the telemetry store does not load: ${toError(error).message}`,
        'reinstall with optional dependencies: npm install --include=optional',
      ),
    ];
  }
}

async function lookAtFiles({ config: file, directory }: DoctorOptions): Promise<Finding[]> {
  const secrets = { QA_PASSWORD: directory.qaPassword(process.env) };
  try {
    const { config, scenarios, policies, channelTypes } = await loadSetup({
      configFile: file,
      env: process.env,
      shipped: true,
      referenceApi: true,
      secrets,
    });
    const reach = await Promise.all(config.environments.map(lookAtEnvironment));
    return [
      ok(
        `${config.file ?? 'no ringdown.yaml (defaults apply)'}: ${count(scenarios.length, 'scenario')}, ${policies.length === 1 ? '1 policy' : `${policies.length} policies`}`,
      ),
      config.channels.length > 0
        ? ok(
            `pages go to ${config.channels.map(({ name }) => name).join(', ')}; try one: ringdown channels test ${config.channels[0]!.name}`,
          )
        : warning(
            'no channel is configured: pages land in the console and the UI',
            'docs/channels.md shows three lines that make a phone sound',
          ),
      config.publicUrl
        ? ok(`links in pages begin with ${config.publicUrl}`)
        : warning('public_url is not set: links in pages lead to this machine only', 'set public_url in ringdown.yaml'),
      ok(
        `${stateSize(directory)}incidents are kept for ${formatDuration(config.incidentRetentionMs)}, runs for ${formatDuration(config.runRetentionMs)}`,
      ),
      ...lookAtAnswers(config, channelTypes),
      config.deadMan
        ? ok(`somebody outside rings when the watcher dies: called every ${formatDuration(config.deadMan.everyMs)}`)
        : warning(
            'nobody outside notices when the watcher itself dies',
            'set watchdog: { url: … } in ringdown.yaml, of a service that rings when its calls stay away',
          ),
      ...reach,
    ];
  } catch (error) {
    if (error instanceof InvalidFiles) {
      return error.diagnostics.map(({ file: where, line, column, message }) =>
        problem(`${where}:${line}:${column}: ${message}`, 'ringdown validate shows the line'),
      );
    }
    throw error;
  }
}

/** Of the database of runs and incidents, with what it has not put in place yet; empty before the first start. */
function stateSize({ stateFile }: DataDirectory): string {
  const bytes = ['', '-wal'].reduce(
    (sum, suffix) => sum + (statSync(stateFile + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  return bytes === 0 ? '' : `the state takes ${(bytes / 2 ** 20).toFixed(1)} MiB; `;
}

/** Channels whose keys and buttons would lead nowhere. */
function lookAtAnswers({ channels, publicUrl }: Config, types: ReadonlyMap<string, Channel>): Finding[] {
  return channels.flatMap((settings) => {
    const answers = types.get(settings.type)?.answers;
    if (!answers) return [];
    if (!answers.configured(settings)) {
      return [
        warning(`nobody can answer in ${settings.name}`, `docs/channels.md says what ${settings.type} needs for that`),
      ];
    }
    if (publicUrl) return [ok(`answers in ${settings.name} come back to ${publicUrl}/api/v1/answers/${settings.name}`)];
    return [
      warning(`answers in ${settings.name} cannot come back without public_url`, 'set public_url in ringdown.yaml'),
    ];
  });
}

async function lookAtEnvironment({ name, baseUrl }: { name: string; baseUrl: string }): Promise<Finding> {
  try {
    const response = await fetch(baseUrl, { signal: AbortSignal.timeout(REACH_TIMEOUT_MS), redirect: 'manual' });
    await response.body?.cancel();
    return ok(`${name}: ${baseUrl} answers`);
  } catch (error) {
    const { cause, message } = toError(error);
    return problem(
      `${name}: ${baseUrl} does not answer (${cause instanceof Error ? cause.message : message})`,
      'is the service up, and reachable from here?',
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
