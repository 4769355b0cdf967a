import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ReadyFile } from '../../app/data-directory.ts';
import type { LiveEvent, Monitor } from '../../control/resources.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
const LAUNCHER = join(ROOT, 'app/ringdown.mjs');
const ANY_PORTS = ['--port', '0', '--otlp-port', '0', '--otlp-grpc-port', '0', '--statsd-port', '0'];
const READY_WITHIN_MS = 120_000;

/** A folder of its own for each test, removed at the end. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ringdown-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Runs a command of the CLI to its end. */
export async function ringdown(args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd: options.cwd ?? ROOT,
    // Node warns where a terminal's wish for colours stands beside it.
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

export interface RunningOptions {
  command: 'up' | 'serve';
  /** Of the installed package; the checkout's when absent. */
  launcher?: string;
  folder: string;
  /** Text of ringdown.yaml; none when absent. */
  config?: string;
  args?: string[];
  env?: NodeJS.ProcessEnv;
}

/** A watcher in a process of its own, as a user would start it, on ports that the system chose. */
export class Running {
  readonly ready: ReadyFile;
  readonly child: ChildProcess;
  readonly token: string;
  /** All it printed. */
  readonly output: { text: string };

  private constructor(child: ChildProcess, ready: ReadyFile, output: { text: string }) {
    this.child = child;
    this.ready = ready;
    this.output = output;
    this.token = decodeURIComponent(new URL(ready.sign_in_url).searchParams.get('token')!);
  }

  static async start(options: RunningOptions): Promise<Running> {
    const config = join(options.folder, 'ringdown.yaml');
    if (options.config !== undefined) writeFileSync(config, options.config);
    const args = [
      options.launcher ?? LAUNCHER,
      options.command,
      '--json',
      ...ANY_PORTS,
      ...(options.command === 'up' ? ['--api-port', '0'] : []),
      ...['--data-dir', join(options.folder, 'data')],
      ...(options.config === undefined ? [] : ['--config', config]),
      ...(options.args ?? []),
    ];
    const child = spawn(process.execPath, args, {
      cwd: options.folder,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { text: '' };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
    const ready = await new Promise<ReadyFile>((resolveReady, reject) => {
      const failed = (why: string) => reject(new Error(`${options.command} ${why}:\n${output.text}`));
      const timer = setTimeout(() => failed('was not ready in time'), READY_WITHIN_MS);
      let line = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output.text += text;
        line += text;
        const end = line.indexOf('\n');
        if (end < 0) return;
        const said = JSON.parse(line.slice(0, end)) as ReadyFile | { error: object };
        // Its end follows, with the code that says more.
        if ('error' in said) return;
        clearTimeout(timer);
        resolveReady(said);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        failed(`ended with ${signal ?? code}`);
      });
    });
    return new Running(child, ready, output);
  }

  async api<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(this.ready.url + path, {
      ...init,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json', ...init.headers },
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Sets a fault on the reference API. */
  async fault(fault: object): Promise<void> {
    await this.#faults('PUT', fault);
  }

  async mend(): Promise<void> {
    await this.#faults('DELETE');
  }

  async #faults(method: string, body?: object): Promise<void> {
    const response = await fetch(`${this.ready.api_url}/__faults`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`the fault was refused: ${response.status} ${await response.text()}`);
  }

  /** The first live event that matches, or what is so already for monitors. */
  async event(matches: (event: LiveEvent) => boolean, withinMs: number): Promise<LiveEvent> {
    const abort = AbortSignal.timeout(withinMs);
    const response = await fetch(`${this.ready.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${this.token}` },
      signal: abort,
    });
    const { items } = await this.api<{ items: Monitor[] }>('/api/v1/monitors');
    const present = items.map((data): LiveEvent => ({ type: 'monitor', data })).find(matches);
    let rest = '';
    try {
      if (present) return present;
      for await (const chunk of response.body!.pipeThrough(
        new TextDecoderStream() as never,
      ) as unknown as AsyncIterable<string>) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop()!;
        for (const block of blocks) {
          const [, type, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
          if (!type) continue;
          const event = { type, data: JSON.parse(data!) } as LiveEvent;
          if (matches(event)) return event;
        }
      }
      throw new Error('the stream of events ended');
    } finally {
      if (present) await response.body?.cancel();
    }
  }

  /** Resolves when these words stand in what it printed. */
  async said(words: string, withinMs: number): Promise<void> {
    const abort = AbortSignal.timeout(withinMs);
    const streams = [this.child.stdout!, this.child.stderr!];
    while (!this.output.text.includes(words)) {
      const heard = new AbortController();
      const signal = AbortSignal.any([abort, heard.signal]);
      await Promise.race(streams.map((stream) => once(stream, 'data', { signal }))).catch(() => {
        throw new Error(`it did not say "${words}":\n${this.output.text}`);
      });
      heard.abort();
    }
  }

  monitorIn(state: Monitor['state'], key: string, withinMs: number): Promise<LiveEvent> {
    return this.event(
      (event) => event.type === 'monitor' && event.data.key === key && event.data.state === state,
      withinMs,
    );
  }

  /** Ends it as a service manager would. @returns the exit code */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    this.child.kill('SIGTERM');
    const [code] = (await once(this.child, 'exit')) as [number | null];
    return code;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
