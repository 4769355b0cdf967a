import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let directory: string;
let children: ChildProcess[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringdown-api-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

interface Api {
  child: ChildProcess;
  url: string;
  output(): string;
  exited: Promise<number | NodeJS.Signals>;
}

const dataDir = () => join(directory, 'data');
const environment = (env: Record<string, string>) => ({ PATH: process.env.PATH ?? '', ...env });

function launch(args: string[], env: Record<string, string> = {}): Omit<Api, 'url'> {
  const child = spawn(process.execPath, [MAIN, '--data-dir', dataDir(), ...args], { env: environment(env) });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return { child, output: () => output, exited };
}

/** Starts it on a free port and waits for its ready file. */
async function start(env: Record<string, string> = {}): Promise<Api> {
  const readyFile = join(directory, 'ready.json');
  rmSync(readyFile, { force: true });
  const appeared = new Promise<void>((resolve) => {
    const watcher = watch(directory, () => {
      if (!existsSync(readyFile)) return;
      watcher.close();
      resolve();
    });
  });
  const api = launch(['--port', '0', '--ready-file', readyFile], env);
  const early = api.exited.then((code) => {
    throw new Error(`ended with ${code} before it was ready: ${api.output()}`);
  });
  await Promise.race([appeared, early]);
  const { url, pid } = JSON.parse(readFileSync(readyFile, 'utf8'));
  expect(pid).toBe(api.child.pid);
  return { ...api, url };
}

const post = (url: string, json: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(json),
  });
const breakRoute = (api: Api, fault: object) =>
  fetch(`${api.url}/__faults`, {
    method: 'PUT',
    headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
const signIn = (api: Api, password: string) => post(`${api.url}/v1/sessions`, { email: 'qa@example.com', password });

test('it starts alone, seeds the QA account, ends on SIGTERM, and remembers everything', async () => {
  const first = await start({ QA_PASSWORD: 'first password' });
  const tokens = (await (await signIn(first, 'first password')).json()) as { access_token: string };
  first.child.kill('SIGTERM');
  expect(await first.exited).toBe(0);
  expect(statSync(join(dataDir(), 'api-signing.key')).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir(), 'api.db')).mode & 0o777).toBe(0o600);

  const second = await start({ QA_PASSWORD: 'second password' });
  expect((await signIn(second, 'first password')).status).toBe(401);
  expect((await signIn(second, 'second password')).status).toBe(201);
  const session = await fetch(`${second.url}/v1/sessions/current`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  expect(session.status).toBe(200);
  expect((await fetch(`${second.url}/__faults`)).status).toBe(404);
  expect(second.output() + first.output()).not.toContain('password"');
});

test('a request that runs is finished before the process ends', async () => {
  const api = await start({ API_FAULTS: 'true', API_FAULTS_TOKEN: 'token', QA_PASSWORD: 'first password' });
  await breakRoute(api, { route: 'sessions', latency_ms: 60_000 });
  const signedIn = signIn(api, 'first password');
  while (!api.output().includes('"url.path":"/v1/sessions"')) await once(api.child.stdout!, 'data');
  api.child.kill('SIGINT');
  const answer = await signedIn;
  expect(answer.status).toBe(201);
  // The client would keep the connection, and with it the process, for the sake of a next request.
  expect(answer.headers.get('connection')).toBe('close');
  expect(await api.exited).toBe(0);
});

describe('under a parent process', () => {
  test('it says where it is over IPC, and ends when the parent lets go', async () => {
    const child = fork(MAIN, ['--port', '0', '--data-dir', dataDir()], {
      env: environment({}),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    children.push(child);
    const [message] = (await once(child, 'message')) as [{ type: string; url: string; pid: number }];
    expect(message).toEqual({
      type: 'ready',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: child.pid,
    });
    expect((await fetch(`${message.url}/healthz`)).status).toBe(200);
    const exited = once(child, 'exit');
    child.disconnect();
    expect((await exited)[0]).toBe(0);
  });

  test('it does not survive a parent that is killed', async () => {
    const script = `
      const { fork } = require('node:child_process');
      const child = fork(${JSON.stringify(MAIN)}, ['--port', '0', '--data-dir', ${JSON.stringify(dataDir())}], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
      child.on('message', ({ pid }) => console.log(pid));`;
    const parent = spawn(process.execPath, ['-e', script], { env: environment({}) });
    children.push(parent);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const gone = () => {
      try {
        // An orphan that ended may stay as a zombie where nothing reaps it; its state then says so.
        return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      } catch {
        return true;
      }
    };
    while (!gone()) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('a start that cannot be', () => {
  test('a busy port is one clear line with a hint, exit 2', async () => {
    const taken = createTcpServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const api = launch(['--port', String(port)], { LOG_LEVEL: 'silent' });
    expect(await api.exited).toBe(2);
    expect(api.output()).toBe(
      `ringdown api: port ${port} on 127.0.0.1 is in use\n  hint: stop what uses it, or choose another with --port (0: any free one)\n`,
    );
    taken.close();
  });

  test('wrong flags, a bad receiver and a data directory that is a file exit 2 before anything is made', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const endings = await Promise.all([
      launch(['--prot', '1']).exited,
      launch(['--port', '0'], { API_FAULTS: 'true' }).exited,
      launch(['--port', '0', '--data-dir', file]).exited,
    ]);
    expect(endings).toEqual([2, 2, 2]);
    expect(existsSync(dataDir())).toBe(false);
    expect(await launch(['--port', '0'], { OTEL_EXPORTER_OTLP_ENDPOINT: 'not a url' }).exited).toBe(2);
  });

  test('a damaged signing key says what to do', async () => {
    mkdirSync(dataDir());
    writeFileSync(join(dataDir(), 'api-signing.key'), 'damaged');
    const api = launch(['--port', '0']);
    expect(await api.exited).toBe(3);
    expect(api.output()).toContain('remove the file');
  });
});

describe('telemetry', () => {
  let receiver: Server;
  let received: { path: string; body: Buffer }[];
  beforeEach(async () => {
    received = [];
    receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      received.push({ path: request.url!, body: Buffer.concat(chunks) });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      receiver.emit('received');
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
  });
  afterEach(() => void receiver.close());

  test('a failing request leaves its spans and its exception with the receiver, under the caller’s trace', async () => {
    const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const api = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      API_FAULTS: 'true',
      API_FAULTS_TOKEN: 'token',
      QA_PASSWORD: 'first password',
      SERVICE_VERSION: '9.9.9',
    });
    const { access_token } = (await (await signIn(api, 'first password')).json()) as { access_token: string };
    await breakRoute(api, { route: 'posts' });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const broken = await fetch(`${api.url}/v1/posts`, {
      headers: { authorization: `Bearer ${access_token}`, traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    expect(await broken.json()).toMatchObject({ status: 500, trace_id: traceId });
    api.child.kill('SIGTERM');
    expect(await api.exited).toBe(0);

    const sent = (path: string) => Buffer.concat(received.filter((item) => item.path === path).map(({ body }) => body));
    const traces = sent('/v1/traces');
    for (const text of [
      'user.id',
      'reference-api',
      '9.9.9',
      'hash password',
      'SELECT account',
      'posts store',
      'StoreUnavailable',
    ]) {
      expect([text, traces.includes(text)]).toEqual([text, true]);
    }
    expect(traces.includes(Buffer.from(traceId, 'hex'))).toBe(true);
    const logs = sent('/v1/logs');
    expect(logs.includes('injected fault: the posts store is unavailable')).toBe(true);
    expect(logs.includes(Buffer.from(traceId, 'hex'))).toBe(true);
    expect(received.some(({ path }) => path === '/v1/metrics')).toBe(true);
    expect(Buffer.concat(received.map(({ body }) => body)).includes(access_token)).toBe(false);
    expect(api.output()).toContain(`"trace.id":"${traceId}"`);
  });
});
