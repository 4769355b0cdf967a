import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Relay, type RelayEvent, type RelaySettings, superviseRelay } from './supervisor.ts';
import { killUnderLoad } from './testing/kill-under-load.ts';
import { recorded } from './testing/recording-backend.ts';

let folder: string;
let relay: Relay | undefined;
let events: RelayEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-relay-'));
  events = [];
});
afterEach(async () => {
  await relay?.shutdown(AbortSignal.timeout(5_000));
  relay = undefined;
  await rm(folder, { recursive: true, force: true });
});

function supervise(entry: string, more: Partial<RelaySettings> = {}, clock: Clock = systemClock): Relay {
  const settings: RelaySettings = {
    dataDir: folder,
    host: '127.0.0.1',
    otlpPort: 0,
    statsdPort: 0,
    backends: [{ name: 'a', type: 'recording', dataDir: join(folder, 'a') }],
    ...more,
  };
  relay = superviseRelay(settings, {
    clock,
    onEvent: (event) => events.push(event),
    backoff: { firstMs: 50, maxMs: 50 },
    entry: new URL(`./testing/${entry}.ts`, import.meta.url),
  });
  return relay;
}

async function until(isSo: () => boolean, ms = 20_000): Promise<void> {
  const end = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`it never became so: ${JSON.stringify(events)}`);
    await systemClock.timer(10);
  }
}

test('a relay that is killed comes back on the same ports; meanwhile nobody who asks waits', async () => {
  const watched = supervise('recording-relay');
  await watched.start();
  const { otlpUrl, statsdAddress } = watched;
  const pending = watched.reader.ask({ ask: 'versions' }, { from: 0, to: 1 });
  process.kill(watched.pid()!, 'SIGKILL');
  await expect(pending).rejects.toMatchObject({ code: 'RELAY_DOWN' });
  await expect(watched.status()).rejects.toMatchObject({ code: 'RELAY_DOWN' });
  expect(watched.pid()).toBeUndefined();
  await until(() => watched.pid() !== undefined);
  expect([watched.otlpUrl, watched.statsdAddress]).toEqual([otlpUrl, statsdAddress]);
  expect((await watched.status()).backends[0]!.name).toBe('a');
  expect(events.map(({ type }) => type).filter((type) => type !== 'log')).toEqual([
    'started',
    'exited',
    'restarting',
    'started',
  ]);
});

test('who gives up asking is told at once', async () => {
  const watched = supervise('recording-relay');
  await watched.start();
  const abort = new AbortController();
  const pending = watched.reader.ask({ ask: 'versions' }, { from: 0, to: 1 }, abort.signal);
  abort.abort(new Error('300 ms are over'));
  await expect(pending).rejects.toThrow('300 ms are over');
});

// Windows has no process groups.
const onUnix = process.platform === 'win32' ? test.skip : test;

onUnix.each(['SIGINT', 'SIGTERM'] as const)(
  '%s for every process at once ends the relay when its watcher says so, and is no fault',
  async (signal) => {
    const watcher = fork(fileURLToPath(new URL('./testing/watcher.ts', import.meta.url)), [folder], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      detached: true,
    });
    const [{ pid }] = await once(watcher, 'message');
    // A terminal signals its group; a service manager everything that it started.
    process.kill(-watcher.pid!, signal);
    process.kill(pid, signal);
    const [said] = await once(watcher, 'message');
    expect(said.events).toMatchObject([{ type: 'started' }, { type: 'exited', code: 0, expected: true }]);
    await once(watcher, 'exit');
  },
);

test('a watcher that stood still does not take its own silence for the relay’s', async () => {
  let away = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + away,
    timer: async (ms, abort) => {
      if (ms !== 5_000) return systemClock.timer(ms, abort);
      await systemClock.timer(50, abort);
      away += 3_600_000;
    },
  };
  const watched = supervise('recording-relay', {}, clock);
  await watched.start();
  const asleep = away;
  await until(() => away > asleep + 4 * 3_600_000);
  expect(events.map(({ type }) => type)).toEqual(['started']);
});

test('a relay past its memory limit is ended and started anew', async () => {
  const watched = supervise('greedy-relay', { backends: [], memoryLimitBytes: 200 << 20 });
  await watched.start();
  await until(() => events.filter(({ type }) => type === 'started').length === 2);
  const over = events.find((event) => event.type === 'over_memory');
  expect(over).toMatchObject({ limit_bytes: 200 << 20 });
});

test('a busy port, a foreign address without a token and an unknown backend fail the start with a hint', async () => {
  const squatter = createServer();
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port));
  });
  await expect(supervise('recording-relay', { otlpPort: port }).start()).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    exitCode: 2,
  });
  squatter.close();
  await expect(supervise('recording-relay', { host: '0.0.0.0' }).start()).rejects.toMatchObject({
    code: 'OTLP_TOKEN_REQUIRED',
  });
  await expect(supervise('greedy-relay').start()).rejects.toThrow('no backends here');
});

async function sendLogs(url: string, bodies: string[]): Promise<void> {
  const logRecords = bodies.map((body) => ({ body: { stringValue: body } }));
  const answer = await fetch(`${url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  });
  expect(answer.status).toBe(200);
}

test('a filter, a source, dead letters and their replay: through the process and back', async () => {
  const watched = supervise('recording-relay', {
    otlpGrpcPort: 0,
    backends: [
      { name: 'all', type: 'recording', dataDir: join(folder, 'all') },
      { name: 'few', type: 'recording', dataDir: join(folder, 'few'), filter: { min_level: 'error' } },
    ],
    sources: [{ name: 'aws', type: 'ticking', dataDir: join(folder, 'aws') }],
  });
  await watched.start();
  expect(watched.otlpGrpcUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await sendLogs(watched.otlpUrl, ['hello', 'refuse this']);
  let status = await watched.status();
  const settled = async () => {
    status = await watched.status();
    return status.backends.every(({ ledger }) =>
      ledger.every(({ received, pending }) => received > 0 || pending === 0),
    );
  };
  const logsOf = (name: string) =>
    status.backends.find((backend) => backend.name === name)!.ledger.find(({ signal }) => signal === 'logs')!;
  while (!(await settled()) || logsOf('all').pending > 0 || logsOf('few').pending > 0) await systemClock.timer(10);
  expect(status.sources).toMatchObject([{ name: 'aws', received: 1 }]);
  expect(logsOf('all')).toMatchObject({ received: 3, delivered: 2, rejected: 1, filtered: 0 });
  expect(logsOf('few')).toMatchObject({ received: 3, delivered: 0, rejected: 0, filtered: 3 });
  expect(recorded(join(folder, 'few'))).toEqual([]);
  const letters = await watched.deadLetters('all', 10);
  expect(letters).toMatchObject([{ backend: 'all', signal: 'logs', reason: 'refused by its body', count: 1 }]);
  await writeFile(join(folder, 'all', 'take-all'), '');
  expect(await watched.replay('all', [letters[0]!.id])).toMatchObject({ replayed: 1, delivered: 1, rejected: 0 });
  expect(await watched.deadLetters('all', 10)).toEqual([]);
  status = await watched.status();
  expect(logsOf('all')).toMatchObject({ received: 3, delivered: 3, rejected: 0 });
  await expect(watched.replay('elk')).rejects.toMatchObject({ code: 'UNKNOWN_BACKEND' });
  await expect(watched.readerOf('elk').ask({ ask: 'metric_names' }, { from: 0, to: 1 })).rejects.toMatchObject({
    code: 'UNKNOWN_BACKEND',
  });
  expect(await watched.readerOf('few').ask({ ask: 'metric_names' }, { from: 0, to: 1 })).toEqual([]);
});

onUnix(
  'what it writes is for its owner alone, and a StatsD socket takes lines of every user and tells none',
  async () => {
    const statsdSocket = join(folder, 'statsd.sock');
    const backends = [{ name: 'a', type: 'recording', dataDir: join(folder, 'a'), redact: ['user.email'] }];
    const watched = supervise('recording-relay', { statsdSocket, backends });
    await watched.start();
    const attributes = [{ key: 'user.email', value: { stringValue: 'kim@example.com' } }];
    const body = JSON.stringify({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'refuse' }, attributes }] }] }],
    });
    await fetch(`${watched.otlpUrl}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const refused = async () => (await watched.deadLetters('a', 1)).length;
    while ((await refused()) === 0) await systemClock.timer(10);
    const open: string[] = [];
    for (const name of await readdir(folder, { recursive: true })) {
      // Files that others replace may be gone by now.
      const { mode = 0 } = (await stat(join(folder, name)).catch(() => undefined)) ?? {};
      if ((mode & 0o077) !== 0) open.push(`${name} ${(mode & 0o777).toString(8)}`);
    }
    expect(open).toEqual(['statsd.sock 222']);
    // A dead letter is what the backend was sent.
    const letters = join(folder, 'dead-letters', 'a');
    const kept = await Promise.all((await readdir(letters)).map((name) => readFile(join(letters, name), 'latin1')));
    expect(kept.join('')).toContain('[redacted]');
    expect(kept.join('')).not.toContain('kim@example.com');
  },
);

test('settings that make no sense end the start before anything listens', async () => {
  const backend = { name: 'a', type: 'recording', dataDir: join(folder, 'a') };
  await expect(
    supervise('recording-relay', { backends: [{ ...backend, queue: { concurrency: 99 } }] }).start(),
  ).rejects.toMatchObject({ code: 'INVALID_BACKEND', exitCode: 2 });
  await expect(
    supervise('recording-relay', { backends: [{ ...backend, filter: { sample: 7 } }] }).start(),
  ).rejects.toMatchObject({ code: 'INVALID_BACKEND', message: expect.stringContaining('filter.sample') });
});

test('killed at ten moments under load, it loses nothing that it acknowledged, and its books agree', async () => {
  const watched = supervise('recording-relay');
  await watched.start();
  const outcome = await killUnderLoad(watched, [join(folder, 'a')], { kills: 10, seed: 1 });
  expect(outcome.acknowledged).toBeGreaterThan(10);
  expect(outcome.missing).toEqual([[]]);
}, 60_000);
