import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { groupRuns } from './process-group.ts';

/** A server of a test. Its data is in a folder of its own, which goes when it stops. */
export interface Server {
  readonly url: string;
  readonly pid: number;
  readonly version: string;
  /** Its data, its configuration and `log`. */
  readonly folder: string;
  /** Ends it and removes its data; idempotent. */
  stop(): Promise<void>;
  /** SIGSTOP: connections stay, nothing answers. */
  pause(): void;
  resume(): void;
  /** SIGKILL, and waits until nothing of it runs; the data stays for `restart`. */
  kill(): Promise<void>;
  /** Ends it when it runs, starts it on the same data and port, and waits until it answers. */
  restart(): Promise<void>;
}

export interface Program {
  /** As a person knows it: `InfluxDB`. */
  name: string;
  /** Called again for another try when a port was taken meanwhile. */
  prepare(folder: string): Promise<Prepared>;
}

export interface Prepared {
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** Another user than ours, for a server that refuses root. */
  uid?: number;
  url: string;
  /** Tries once whether the server answers; what it throws counts as no. @returns its version */
  answers(): Promise<string | undefined>;
}

const READY_WITHIN_MS = 120_000;
const STOPS_WITHIN_MS = 15_000;

/**
 * Starts a server and waits until it answers.
 * @throws with the end of its log when it ends first, or does not answer within 120 s
 */
export async function startServer(program: Program): Promise<Server> {
  for (let tries = 1; ; tries++) {
    const folder = mkdtempSync(join(tmpdir(), `${program.name.toLowerCase().replaceAll(/\W+/g, '-')}-`));
    const prepared = await program.prepare(folder);
    const server = new LocalServer(program.name, prepared, folder);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Between the choice of a port and its use, somebody else may have taken it.
      if (tries === 3 || !/address already in use|bindexception|failed to bind/i.test((error as Error).message))
        throw error;
    }
  }
}

/** A server that the environment names, which is nobody's to stop: faults cannot be tried on it. */
export function givenServer(variable: string, url: string, version: string): Server {
  const refuse = () => {
    throw new Error(`the server of ${variable} is not ours to pause, kill or restart: unset ${variable} for this test`);
  };
  return {
    url,
    pid: 0,
    version,
    folder: '',
    stop: async () => undefined,
    pause: refuse,
    resume: refuse,
    kill: async () => refuse(),
    restart: async () => refuse(),
  };
}

/** A port of loopback that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

class LocalServer implements Server {
  readonly url: string;
  readonly folder: string;
  version = '';
  private readonly name: string;
  private readonly prepared: Prepared;
  private child: ChildProcess | undefined;

  constructor(name: string, prepared: Prepared, folder: string) {
    this.name = name;
    this.prepared = prepared;
    this.folder = folder;
    this.url = prepared.url;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { args, env, uid } = this.prepared;
    const log = openSync(join(this.folder, 'log'), 'a');
    const [command, ...rest] = [...wrapper(uid), this.prepared.command, ...args];
    const child = spawn(command!, rest, {
      // A group of its own: a signal reaches its children too, and a terminal's Ctrl-C does not.
      detached: true,
      cwd: this.folder,
      env: { ...process.env, ...env },
      // A pipe that is never written: a launcher that watches for its parent's death reads from it.
      stdio: ['pipe', log, log],
    });
    closeSync(log);
    this.child = child;
    let failed: string | undefined;
    child.once('error', ({ message }) => {
      failed = message;
    });
    for (const until = Date.now() + READY_WITHIN_MS; ; await wait(100)) {
      if (failed !== undefined || !isRunning(child)) {
        throw new Error(
          `${this.name} did not start (${failed ?? child.exitCode ?? child.signalCode}):\n${this.tail()}`,
        );
      }
      const version = await this.prepared.answers().catch(() => undefined);
      if (version !== undefined) {
        this.version = version;
        return;
      }
      if (Date.now() > until) {
        throw new Error(`${this.name} did not answer within ${READY_WITHIN_MS / 1_000} s:\n${this.tail()}`);
      }
    }
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  pause(): void {
    this.signal('SIGSTOP');
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.end('SIGTERM');
    await this.start();
  }

  private signal(signal: NodeJS.Signals): void {
    if (!this.child?.pid) throw new Error(`${this.name} does not run`);
    process.kill(-this.child.pid, signal);
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    const group = child?.pid;
    if (!child || group === undefined) return;
    this.child = undefined;
    const gone = isRunning(child) ? once(child, 'exit') : undefined;
    sendTo(group, signal);
    sendTo(group, 'SIGCONT');
    for (const until = Date.now() + STOPS_WITHIN_MS; groupRuns(group); await wait(20)) {
      if (Date.now() > until) sendTo(group, 'SIGKILL');
    }
    await gone;
  }

  private tail(): string {
    const log = join(this.folder, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').slice(-4_000) : '(it said nothing)';
  }
}

/** On Linux the kernel ends the server with us, however we end, even by SIGKILL. */
function wrapper(uid: number | undefined): string[] {
  if (process.platform !== 'linux') return [];
  const user = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  return ['setpriv', '--pdeathsig', 'KILL', ...user];
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function sendTo(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
