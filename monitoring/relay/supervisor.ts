import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { RingdownError } from '../../core/errors.ts';
import { type Backoff, backoffMs } from '../../core/retry.ts';
import type { Answers, Question, Reader, TimeRange } from '../reader.ts';
import type { DeadLetter } from '../telemetry.ts';
import type { Replayed } from './dead-letters/replay.ts';
import { type FromRelay, fromPlainError, type ToRelay } from './protocol.ts';
import type { RelayStatus } from './service.ts';
import { type RelaySettings, withDefaults } from './settings.ts';

export type { Replayed } from './dead-letters/replay.ts';
export type { RelayCounters, RelayStatus } from './service.ts';
export type { RelaySettings } from './settings.ts';

export type RelayEvent =
  | { type: 'started'; pid: number; otlp_url: string; statsd_address: string }
  | { type: 'exited'; pid: number; code: number | null; signal: NodeJS.Signals | null; expected: boolean }
  | { type: 'restarting'; in_ms: number; attempt: number }
  | { type: 'over_memory'; pid: number; rss_bytes: number; limit_bytes: number }
  | { type: 'unresponsive'; pid: number; silent_ms: number }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string };

/** The relay as the watcher sees it. Addresses are known after `start`. */
export interface Relay extends Component {
  readonly otlpUrl: string;
  /** Undefined where the settings have no port for it. */
  readonly otlpGrpcUrl: string | undefined;
  /** Of UDP and TCP. */
  readonly statsdAddress: string;
  /** Undefined while it is down. */
  pid(): number | undefined;
  /** Asks the first backend that can be read. Rejects at once with `RELAY_DOWN` while the relay is down, after 10 s at the latest. */
  readonly reader: Reader;
  /** Asks the backend of that name; otherwise as `reader`. Rejects with `UNKNOWN_BACKEND` or `CANNOT_READ` where it cannot. */
  readerOf(backend: string): Reader;
  /** What a backend refused for good, the newest first. */
  deadLetters(backend: string, limit: number): Promise<DeadLetter[]>;
  /**
   * Hands dead letters over once more, all of them where no ids are given; takes 5 minutes at most, and what is not
   * settled by then stays.
   * Rejects with `CANNOT_REPLAY`, `REPLAY_RUNNING` or `BACKEND_AWAY` where nothing can come of it.
   */
  replay(backend: string, ids?: string[], abort?: AbortSignal): Promise<Replayed>;
  /** Rejects at once while the relay is down, after 2 s at the latest. */
  status(): Promise<RelayStatus>;
}

export interface SupervisorDeps {
  clock: Clock;
  onEvent(event: RelayEvent): void;
  random?: () => number;
  /** Before a restart. Default 200 ms, doubling to 5 s, anew after a run of 30 s. */
  backoff?: Backoff;
  /** The child's entry; tests give one of their own. */
  entry?: URL;
}

const BACKOFF = { firstMs: 200, maxMs: 5_000 };
/** A relay that ran this long starts the backoff anew. */
const STEADY_MS = 30_000;
const ASK_MS = 10_000;
const STATUS_MS = 2_000;
const REPLAY_MS = 300_000;
const GRACE_MS = 5_000;
const SILENT_MS = 30_000;
const CHECK_MS = 5_000;
/**
 * Every body that passes counts as memory of a small heap, so V8 cleaned it up to 50 times a second, for half of the relay's CPU.
 * It waits until this much is there, which costs up to 80 MB.
 */
const UNHURRIED_HEAP_MB = 128;

/** Runs the relay as a child process: restarted on the same ports when it ends, or when it grows past its memory limit. */
export function superviseRelay(settings: RelaySettings, deps: SupervisorDeps): Relay {
  return new SupervisedRelay(settings, deps);
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

class SupervisedRelay implements Relay {
  readonly #deps: SupervisorDeps;
  readonly #memoryLimit: number;
  #settings: RelaySettings;
  #child: ChildProcess | undefined;
  #ready = false;
  #attempt = 0;
  #stopping = false;
  #ended = new AbortController();
  #starting: Promise<void> | undefined;
  #waiting = new Map<number, Waiting>();
  #nextId = 1;
  readonly reader: Reader = this.#reader(undefined);

  constructor(settings: RelaySettings, deps: SupervisorDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#memoryLimit = withDefaults(settings).memoryLimitBytes;
  }

  get otlpUrl(): string {
    return `http://${bracketed(this.#settings.host)}:${this.#settings.otlpPort}`;
  }

  get otlpGrpcUrl(): string | undefined {
    const { host, otlpGrpcPort } = this.#settings;
    return otlpGrpcPort === undefined ? undefined : `http://${bracketed(host)}:${otlpGrpcPort}`;
  }

  get statsdAddress(): string {
    return `${bracketed(this.#settings.host)}:${this.#settings.statsdPort}`;
  }

  pid(): number | undefined {
    return this.#ready ? this.#child?.pid : undefined;
  }

  readerOf(backend: string): Reader {
    return this.#reader(backend);
  }

  #reader(backend: string | undefined): Reader {
    return {
      ask: <Q extends Question>(question: Q, window: TimeRange, abort?: AbortSignal) =>
        this.#request((id) => ({ say: 'ask', id, backend, question, window }), ASK_MS, abort) as Promise<
          Answers[Q['ask']]
        >,
    };
  }

  deadLetters(backend: string, limit: number): Promise<DeadLetter[]> {
    return this.#request((id) => ({ say: 'dead_letters', id, backend, limit }), ASK_MS) as Promise<DeadLetter[]>;
  }

  replay(backend: string, ids?: string[], abort?: AbortSignal): Promise<Replayed> {
    return this.#request((id) => ({ say: 'replay', id, backend, ids }), REPLAY_MS, abort) as Promise<Replayed>;
  }

  status(): Promise<RelayStatus> {
    return this.#request((id) => ({ say: 'status', id }), STATUS_MS) as Promise<RelayStatus>;
  }

  /** @throws RingdownError of the relay when it cannot start, e.g. `PORT_IN_USE` */
  start(): Promise<void> {
    this.#starting ??= new Promise((resolve, reject) => this.#launch({ resolve, reject }));
    return this.#starting;
  }

  #launch(first?: { resolve(): void; reject(error: Error): void }): void {
    const entry = this.#deps.entry ?? new URL(`./main${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
    // Half for the heap; the rest is for native memory, of which the store takes the most.
    const heap = Math.max(64, Math.floor(this.#memoryLimit / 2 ** 21));
    const child = fork(fileURLToPath(entry), [], {
      execArgv: [
        `--max-old-space-size=${heap}`,
        `--initial-old-space-size=${Math.min(UNHURRIED_HEAP_MB, heap)}`,
        '--disable-warning=ExperimentalWarning',
      ],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Out of the terminal's process group: Ctrl-C is for the watcher, which ends the relay when it has no more use for
      // it. A relay whose watcher dies ends by itself.
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    const launchedAt = this.#deps.clock.monotonic();
    const watch = { heardAt: launchedAt, ending: false };
    let failure: Error | undefined;
    child.on('message', (message: FromRelay) => {
      watch.heardAt = this.#deps.clock.monotonic();
      if (message.say === 'failed') failure = fromPlainError(message.error);
      else if (message.say === 'ready') {
        this.#becomeReady(child, message);
        first?.resolve();
      } else if (message.say === 'alive') this.#checkMemory(child, message.rssBytes, watch);
      else this.#hear(message);
    });
    child.on('error', (error) => {
      failure ??= error;
    });
    child.once('exit', (code, signal) => {
      const wasReady = this.#ready;
      this.#forget(child);
      this.#emitExit(child, code, signal);
      if (first && !wasReady) first.reject(failure ?? startFailure(code, signal));
      else if (!this.#stopping) void this.#relaunch(launchedAt, failure);
    });
    this.#tell(child, { say: 'start', settings: this.#settings });
    void this.#watchSilence(child, watch);
  }

  #becomeReady(
    child: ChildProcess,
    { otlpPort, otlpGrpcPort, statsdPort }: Extract<FromRelay, { say: 'ready' }>,
  ): void {
    this.#settings = {
      ...this.#settings,
      otlpPort,
      statsdPort,
      ...(otlpGrpcPort === undefined ? {} : { otlpGrpcPort }),
    };
    this.#ready = true;
    const { otlpUrl, statsdAddress } = this;
    this.#deps.onEvent({ type: 'started', pid: child.pid!, otlp_url: otlpUrl, statsd_address: statsdAddress });
  }

  #hear(message: Extract<FromRelay, { say: 'answer' | 'refusal' | 'log' }>): void {
    if (message.say === 'log') {
      this.#deps.onEvent({ type: 'log', level: message.level, message: message.message });
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (message.say === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(fromPlainError(message.error));
  }

  #checkMemory(child: ChildProcess, rssBytes: number, watch: { ending: boolean }): void {
    if (rssBytes <= this.#memoryLimit || watch.ending) return;
    watch.ending = true;
    this.#deps.onEvent({ type: 'over_memory', pid: child.pid!, rss_bytes: rssBytes, limit_bytes: this.#memoryLimit });
    void this.#end(child, GRACE_MS);
  }

  async #watchSilence(child: ChildProcess, watch: { heardAt: number }): Promise<void> {
    const { clock } = this.#deps;
    while (isRunning(child) && !this.#ended.signal.aborted) {
      const checkedAt = clock.monotonic();
      await clock.timer(CHECK_MS, this.#ended.signal).catch(() => undefined);
      // A watcher that stood still itself (Ctrl-Z, a machine asleep) has yet to hear what was said meanwhile.
      if (clock.monotonic() - checkedAt > 2 * CHECK_MS) watch.heardAt = clock.monotonic();
      const silentMs = clock.monotonic() - watch.heardAt;
      if (!isRunning(child) || !this.#ready || silentMs < SILENT_MS) continue;
      this.#deps.onEvent({ type: 'unresponsive', pid: child.pid!, silent_ms: Math.round(silentMs) });
      child.kill('SIGKILL');
      return;
    }
  }

  async #relaunch(launchedAt: number, failure: Error | undefined): Promise<void> {
    const { clock, onEvent, random = Math.random, backoff = BACKOFF } = this.#deps;
    if (failure) onEvent({ type: 'log', level: 'error', message: failure.message });
    this.#attempt = clock.monotonic() - launchedAt > STEADY_MS ? 1 : this.#attempt + 1;
    const ms = Math.round(backoffMs(backoff, this.#attempt, random));
    onEvent({ type: 'restarting', in_ms: ms, attempt: this.#attempt });
    await clock.timer(ms, this.#ended.signal).catch(() => undefined);
    if (!this.#stopping) this.#launch();
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#ready = false;
    for (const waiting of [...this.#waiting.values()]) waiting.reject(down());
  }

  #emitExit(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    this.#deps.onEvent({ type: 'exited', pid: child.pid!, code, signal, expected: this.#stopping });
  }

  #tell(child: ChildProcess, message: ToRelay): void {
    // A channel that closes meanwhile is followed by `exit`, which tells everybody who waits.
    if (child.connected) child.send(message, () => undefined);
  }

  #request(build: (id: number) => ToRelay, timeoutMs: number, abort?: AbortSignal): Promise<unknown> {
    const child = this.#child;
    if (!child || !this.#ready) return Promise.reject(down());
    if (abort?.aborted) return Promise.reject(abort.reason);
    const id = this.#nextId++;
    const settled = new AbortController();
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const giveUp = (reason: Error) => {
        reject(reason);
        this.#tell(child, { say: 'cancel', id });
      };
      abort?.addEventListener('abort', () => giveUp(abort.reason), { once: true, signal: settled.signal });
      this.#deps.clock.timer(timeoutMs, settled.signal).then(
        () => giveUp(new RingdownError('RELAY_SLOW', `the relay did not answer within ${timeoutMs} ms`)),
        () => undefined,
      );
      this.#tell(child, build(id));
    }).finally(() => {
      this.#waiting.delete(id);
      settled.abort();
    });
  }

  /** Asks the child to end and kills it when it does not. */
  async #end(child: ChildProcess, graceMs: number, abort?: AbortSignal): Promise<void> {
    if (!isRunning(child)) return;
    const gone = new AbortController();
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#tell(child, { say: 'shutdown', graceMs });
    const kill = () => child.kill('SIGKILL');
    if (abort?.aborted) kill();
    abort?.addEventListener('abort', kill, { once: true, signal: gone.signal });
    // The child's own deadline is a second past its grace.
    this.#deps.clock.timer(graceMs + 2_000, gone.signal).then(kill, () => undefined);
    await exited;
    gone.abort();
  }

  async shutdown(abort: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#ended.abort();
    if (this.#child) await this.#end(this.#child, GRACE_MS, abort);
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.pid !== undefined;
}

function down(): RingdownError {
  return new RingdownError('RELAY_DOWN', 'the relay is not running; it is being restarted');
}

function startFailure(code: number | null, signal: NodeJS.Signals | null): RingdownError {
  return new RingdownError(
    'RELAY_START_FAILED',
    `the relay ended before it was ready (${signal ?? `exit code ${code}`})`,
  );
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
