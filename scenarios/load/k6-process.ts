import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../../core/clock.ts';
import type { K6Summary } from './k6-summary.ts';

export interface K6Run {
  readonly k6: string;
  readonly script: string;
  /** What has to stand beside the script, by name. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Variables that the script reads, secrets among them: they never stand on a command line. */
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** More arguments of `k6 run`. */
  readonly flags?: readonly string[];
  readonly clock: Clock;
  readonly onProgress: (progress: Progress) => void;
  /** Ends the test: what has been measured until then is still reported. */
  readonly abort: AbortSignal;
}

/** The test as it stands; null where nothing has been measured yet. */
export interface Progress {
  readonly elapsedMs: number;
  readonly vus: number;
  readonly iterations: number;
  /** Iterations a second since the beginning. */
  readonly ratePerS: number;
  readonly failedShare: number | null;
  readonly p95Ms: number | null;
  readonly dropped: number;
}

export interface K6Outcome {
  /** null: it did not get as far; `messages` say why. */
  readonly summary: K6Summary | null;
  /** Of k6 itself: 0, 99 where a threshold was crossed. */
  readonly code: number | null;
  /** What k6 and the script said, each once, at most 20. May hold secrets. */
  readonly messages: readonly string[];
}

const MOST_MESSAGES = 20;
const EVERY_MS = 1_000;

/** Runs a script with the real k6, in a process group of its own, so that a terminal's Ctrl+C reaches it once. */
export async function runK6(run: K6Run): Promise<K6Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'ringdown-load-'));
  try {
    const script = join(folder, 'script.js');
    const summary = join(folder, 'summary.json');
    await writeFile(script, `${run.script}\n${SUMMARY_CODE}`, { mode: 0o600 });
    for (const [name, content] of run.files ?? []) await writeFile(join(folder, name), content);
    const address = `127.0.0.1:${await freePort()}`;
    const flags = ['--address', address, '--quiet', '--no-color', '--no-usage-report', '--log-format', 'json'];
    const child = spawn(run.k6, ['run', ...flags, ...(run.flags ?? []), script], {
      cwd: folder,
      env: { ...environment(run.env), ...run.variables, RINGDOWN_SUMMARY: summary },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const ended = endOf(child);
    const messages = collectMessages(child);
    const interrupt = () => child.kill('SIGINT');
    run.abort.addEventListener('abort', interrupt, { once: true });
    if (run.abort.aborted) interrupt();
    await report(address, run, ended);
    run.abort.removeEventListener('abort', interrupt);
    const { code, trouble } = await ended;
    return {
      summary: await readSummary(summary),
      code,
      messages: trouble ? [trouble, ...(await messages)] : await messages,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** k6 calls it at the end; its own summary is for people, and has no exact numbers. */
const SUMMARY_CODE = `
export function handleSummary(data) {
  return { [__ENV.RINGDOWN_SUMMARY]: JSON.stringify(data) };
}
`;

/** Where k6 sends its figures may be set from outside; how much it does is the scenario's to say. */
function environment(env: K6Run['env']): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith('K6_') || /^K6_(OUT|INFLUXDB_|PROMETHEUS_|OTEL_|STATSD_)/.test(name),
  );
  return Object.fromEntries(kept);
}

function endOf(child: ChildProcess): Promise<{ code: number | null; trouble: string | null }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, trouble: `k6 could not be started: ${error.message}` }));
    child.once('close', (code, signal) => resolve({ code, trouble: signal ? `k6 was ended by ${signal}` : null }));
  });
}

/** Different things that were said, in the order in which they first came. */
async function collectMessages(child: ChildProcess): Promise<string[]> {
  const said = new Set<string>();
  for await (const line of createInterface({ input: child.stderr! })) {
    const message = messageOf(line);
    if (message && said.size < MOST_MESSAGES) said.add(message);
  }
  return [...said];
}

function messageOf(line: string): string | null {
  try {
    const { level, msg, error } = JSON.parse(line) as { level?: string; msg?: string; error?: string };
    if (level === 'info' || level === 'debug') return null;
    // The report says it better.
    if (msg?.startsWith('thresholds on metrics')) return null;
    return withoutQueries(error ? `${msg}: ${error}` : (msg ?? line));
  } catch {
    return line.trim() || null;
  }
}

/** Captured secrets stand in queries of URLs, and nobody here knows them. */
function withoutQueries(message: string): string {
  return message.replace(/(https?:\/\/[^\s?"]*)\?[^\s"]*/g, '$1?…');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks k6 every second how it is going, until it has ended. */
async function report(address: string, { clock, onProgress }: K6Run, ended: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const stop = () => over.abort();
  ended.then(stop, stop);
  const start = clock.monotonic();
  while (!over.signal.aborted) {
    try {
      await clock.timer(EVERY_MS, over.signal);
      const response = await fetch(`http://${address}/v1/metrics`, { signal: over.signal });
      onProgress(progressOf((await response.json()) as MetricsAnswer, clock.monotonic() - start));
    } catch {
      // Not listening yet, or ended: the figures of the end come from the summary.
    }
  }
}

interface MetricsAnswer {
  data: { id: string; attributes: { sample: Record<string, number> } }[];
}

/** https://grafana.com/docs/k6/latest/reference/k6-rest-api */
export function progressOf({ data }: MetricsAnswer, elapsedMs: number): Progress {
  const sample = (id: string) => data.find((metric) => metric.id === id)?.attributes.sample;
  return {
    elapsedMs,
    vus: sample('vus')?.value ?? 0,
    iterations: sample('iterations')?.count ?? 0,
    ratePerS: sample('iterations')?.rate ?? 0,
    failedShare: sample('failed_iterations')?.rate ?? null,
    p95Ms: sample('http_req_duration')?.['p(95)'] ?? null,
    dropped: sample('dropped_iterations')?.count ?? 0,
  };
}

async function readSummary(file: string): Promise<K6Summary | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as K6Summary;
  } catch {
    return null;
  }
}
