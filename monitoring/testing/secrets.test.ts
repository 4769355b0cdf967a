import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadBackend } from '../backends/registry.ts';
import type { BackendSettings } from '../exporter.ts';
import type { Question } from '../reader.ts';
import { scrubbed, scrubberOf } from '../secrets.ts';
import { loadSource } from '../sources/registry.ts';
import { batchOf, logsRecord, statsdRecord } from './payloads.ts';

const CANARY = 'c4n4ry+/"= of Zürich';
const HEADER_CANARY = 'k3y-c4n4ry-7d1f';

/** Answers with everything that it was sent, as servers and proxies do that want to be helpful. */
let peer: Server;
let status = 400;
let asked = 0;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  peer = createServer((request, response) => {
    asked++;
    request.resume();
    request.on('end', () => {
      const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? '')?.[1];
      const decoded = basic === undefined ? '' : Buffer.from(basic, 'base64').toString();
      const words = `refused ${decoded} ${request.url} ${Object.values(request.headers).join(' ')}`;
      const isText = request.url?.startsWith('/v1/metrics');
      response.writeHead(status, {
        'content-type': isText ? 'text/plain' : 'application/json',
        'x-elastic-product': 'Elasticsearch',
      });
      const error = { type: 'echo', reason: words };
      const body = { __type: 'EchoException', message: words, error: request.url?.includes('_bulk') ? error : words };
      response.end(isText ? words : JSON.stringify({ ...body, errors: [{ message: words }] }));
    });
  });
  peer.listen(0, '127.0.0.1');
  await once(peer, 'listening');
});

afterAll(() => {
  peer.closeAllConnections();
  peer.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (path = '') => `http://127.0.0.1:${(peer.address() as AddressInfo).port}${path}`;
const CASES: Record<string, () => Record<string, unknown>> = {
  otlp: () => ({
    url: `http://me:${encodeURIComponent(CANARY)}@127.0.0.1:${(peer.address() as AddressInfo).port}`,
    headers: { 'x-tenant-key': HEADER_CANARY },
  }),
  'otlp ': () => ({ url: at('?api_key=k3y-c4n4ry-7d1f'), headers: { authorization: `Bearer ${HEADER_CANARY}` } }),
  newrelic: () => ({ url: at(), api_key: HEADER_CANARY, user_key: HEADER_CANARY, account_id: 1, query_url: at() }),
  'elastic-apm': () => ({ url: at(), secret_token: HEADER_CANARY }),
  elasticsearch: () => ({ url: at(), username: 'me', password: CANARY }),
  'elasticsearch ': () => ({ url: at(), api_key: HEADER_CANARY, provision: false }),
  tick: () => ({ url: at(), username: 'me', password: CANARY }),
  'tick ': () => ({ url: at(), api: 'v2', org: 'acme', token: HEADER_CANARY }),
  cloudwatch: () => ({
    url: at(),
    region: 'eu-west-1',
    access_key_id: 'AKIAEXAMPLE',
    secret_access_key: HEADER_CANARY,
    session_token: HEADER_CANARY,
  }),
  prometheus: () => ({ listen: '127.0.0.1:0', token: HEADER_CANARY, query_url: at(), query_token: HEADER_CANARY }),
};
const QUESTIONS: Question[] = [
  { ask: 'metric_names' },
  { ask: 'routes' },
  { ask: 'requests', measure: 'count', limit: 10 },
  { ask: 'logs', limit: 10 },
] as Question[];

describe.each(Object.keys(CASES))('%s', (name) => {
  test.each([400, 401, 413, 503])('nothing secret in what is said after an answer of %d', async (code) => {
    status = code;
    asked = 0;
    const type = name.trim();
    const settings = {
      name: 'canary',
      type,
      dataDir: join(folder, `${name.replace(' ', '2')}${code}`),
      ...CASES[name]!(),
    };
    const backend = await loadBackend(type);
    const { exporter, reader } = backend.create(settings);
    const told: unknown[] = [];
    const tell = (work: Promise<unknown>) =>
      work.then(
        (said) => told.push(said),
        (error) => told.push(error),
      );
    const window = { from: 0, to: 60_000 };
    try {
      await tell(exporter.start());
      const batch = batchOf(
        logsRecord({ position: 1, receivedAt: 1 }, [{ timeNs: 1n, body: 'one' }], { 'service.name': 'shop' }),
        statsdRecord({ position: 2, receivedAt: 1 }, ['a:1|c']),
      );
      await tell(exporter.export(batch, AbortSignal.timeout(10_000)));
      for (const question of reader ? QUESTIONS : []) {
        await tell(reader!.ask(question, window, AbortSignal.timeout(10_000)));
      }
      if (backend.provision) await tell(backend.provision(settings, AbortSignal.timeout(10_000)));
    } finally {
      await exporter.shutdown(AbortSignal.abort());
    }
    const all = inspect(told, { depth: 10 });
    expect(asked).toBeGreaterThan(0);
    expect(all).toMatch(/refused|answered|40\d|50\d/);
    expect(all).not.toContain('c4n4ry');
    expect(all).not.toContain(Buffer.from(`me:${CANARY}`).toString('base64').slice(0, 20));
  });
});

test('a backend whose settings are refused does not repeat its secrets', async () => {
  for (const name of Object.keys(CASES)) {
    const type = name.trim();
    const { create } = await loadBackend(type);
    const settings = { name: 'canary', type, dataDir: folder, ...CASES[name]!(), nonsense: true };
    let thrown: unknown;
    try {
      create(settings as BackendSettings);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'INVALID_BACKEND', exitCode: 2 });
    expect(inspect(thrown)).not.toContain('c4n4ry');
  }
});

test('a source says nothing secret', async () => {
  status = 400;
  const { create } = await loadSource('cloudwatch-logs');
  const said: string[] = [];
  let toldOnce = () => {};
  const told = new Promise<void>((resolve) => {
    toldOnce = resolve;
  });
  const access = { url: at(), region: 'eu-west-1', access_key_id: 'AKIAEXAMPLE', secret_access_key: 'unused-secret' };
  const source = create(
    {
      name: 'aws',
      type: 'cloudwatch-logs',
      dataDir: join(folder, 'source'),
      log_group: '/aws/lambda/shop',
      ...access,
      session_token: HEADER_CANARY,
    },
    {
      clock: (await import('../../core/clock.ts')).systemClock,
      random: () => 0.5,
      append: async () => undefined,
      log(_level, message) {
        said.push(message);
        toldOnce();
      },
    },
  );
  await source.start();
  await told;
  said.push(String(source.status().last_error));
  await source.shutdown(AbortSignal.abort());
  expect(said.join()).toContain('refused');
  expect(said.join()).not.toContain('c4n4ry');
});

test('what is no secret stays', () => {
  const settings = {
    url: 'https://shop.example.com:4318/in',
    region: 'eu-west-1',
    database: 'shop',
    access_key_id: 'AKIAEXAMPLE',
    headers: { 'x-tenant': 'shop' },
    password: 'abc',
  };
  const text = 'https://shop.example.com answered 401: shop of AKIAEXAMPLE, abc';
  expect(scrubberOf(settings)(text)).toBe(text);
});

test('what is told steers no terminal', () => {
  const scrub = scrubberOf({});
  expect(scrub('refused \u001b]0;owned\u0007\r\nmetric \u202eabc')).toBe('refused  ]0;owned metric  abc');
  const error = scrubbed(new Error('refused\u001b[2J'), scrub);
  expect([error.message, error.stack]).toEqual(['refused [2J', expect.stringMatching(/^Error: refused \[2J\n +at /)]);
});

test('a secret that was cut goes as well, and what hangs on an error', () => {
  const scrub = scrubberOf({ token: 'abcdefghijkl' });
  expect(scrub('wrong token abcdefgh')).toBe('wrong token [secret]');
  expect(scrub('wrong token abcdefgh…')).toBe('wrong token [secret]…');
  expect(scrub('wrong token abcde')).toBe('wrong token abcde');
  const bearer = scrubberOf({ headers: { authorization: 'Bearer abcdefghijkl' } });
  expect(bearer('wanted Bearer, got Bearer abcdefghijkl and want Bearer')).toBe(
    'wanted Bearer, got Bearer [secret] and want Bearer',
  );
  const error = new TypeError('a abcdefghijkl', { cause: new Error('b abcdefghijkl') });
  const clean = scrubbed(error, scrub);
  expect(clean).toBe(error);
  expect(inspect(clean)).not.toContain('abcdefghijkl');
});
