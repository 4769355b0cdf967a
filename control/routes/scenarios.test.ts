import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { Access } from '../access.ts';
import type { ControlDeps, ScenarioEditing } from '../deps.ts';
import { LiveEvents } from '../live-events.ts';
import type { ScenarioDiagnostic, ScenarioText } from '../resources.ts';
import { buildControl } from '../server.ts';

const TOKEN = 'correct-horse-battery-staple';
const MISTAKE: ScenarioDiagnostic = {
  file: 'shop.scenario.yaml',
  line: 4,
  column: 2,
  end_column: 5,
  message: 'unknown key "nam"',
  hint: 'did you mean "name"?',
};
const FILE: ScenarioText = {
  id: 'shop',
  file: 'shop.scenario.yaml',
  text: 'good',
  version: 'v1',
  writable: true,
  read_only_reason: null,
  diagnostics: [],
  outline: null,
  fragments: [],
};

let app: FastifyInstance;
/** What tries wait for, where they do. */
let held: PromiseWithResolvers<void> | null;
let aborted: PromiseWithResolvers<void>;
let edits: unknown[];

beforeEach(async () => {
  held = null;
  aborted = Promise.withResolvers();
  edits = [];
  const known = (id: string) => id === 'shop';
  const scenarios: ScenarioEditing = {
    file: async (id) => (known(id) ? FILE : id === 'huge' ? { ...FILE, text: 'x'.repeat(64_001) } : undefined),
    check: async (id, text) =>
      known(id) ? { diagnostics: text === 'good' ? [] : [MISTAKE], outline: null } : undefined,
    edit: (id, text, wanted) => {
      edits.push(...wanted);
      return known(id) ? (text === 'good' ? { text: 'better' } : { diagnostics: [MISTAKE] }) : undefined;
    },
    tryOut: async (id, text, environment, abort) => {
      if (!known(id)) return undefined;
      if (text !== 'good') return { diagnostics: [MISTAKE] };
      if (environment !== 'local') return { refused: `there is no environment "${environment}"` };
      abort.addEventListener('abort', () => aborted.resolve(), { once: true });
      await Promise.race([held?.promise, aborted.promise]);
      return { run: { id: 'r1', status: 'passed' } as RunResult };
    },
    save: async (id, text, version) => {
      if (!known(id)) return undefined;
      if (text === 'read-only') return { status: 'refused', reason: 'it came with Ringdown' };
      if (text !== 'good') return { status: 'invalid', diagnostics: [MISTAKE] };
      return version === 'v1'
        ? { status: 'written', version: 'v2' }
        : { status: 'changed', current: { text: 'theirs', version: 'v3' } };
    },
  };
  const clock = new VirtualClock();
  app = await buildControl({
    version: '1',
    clock,
    log: pino({ level: 'silent' }),
    access: new Access(TOKEN, clock),
    events: new LiveEvents(),
    publicUrl: () => 'http://127.0.0.1',
    scenarios,
    uiDirectory: null,
  } as unknown as ControlDeps);
});
afterEach(() => app.close());

const send = (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
  app.inject({ method, url, headers: { authorization: `Bearer ${TOKEN}` }, ...(payload ? { payload } : {}) });
const PATH = '/api/v1/scenarios/shop';

test('a file, its mistakes and its edits', async () => {
  expect((await send('GET', PATH)).json()).toEqual(FILE);
  expect((await send('POST', `${PATH}/check`, { text: 'bad' })).json()).toEqual({
    diagnostics: [MISTAKE],
    outline: null,
  });
  const answer = await send('POST', `${PATH}/edit`, {
    text: 'good',
    edits: [{ path: ['steps', 0, 'name'], value: 'x' }, { path: ['variables', '7'] }],
  });
  expect(answer.json()).toEqual({ text: 'better' });
  expect(edits).toEqual([
    { path: ['steps', 0, 'name'], value: 'x' },
    { path: ['variables', '7'], value: undefined },
  ]);
});

test('a file too large for the browser is shown and cannot be written', async () => {
  expect((await send('GET', '/api/v1/scenarios/huge')).json()).toMatchObject({ writable: false });
});

test.each([
  ['GET', '/api/v1/scenarios/x', undefined],
  ['GET', '/api/v1/scenarios/..%2F..%2Fetc%2Fpasswd', undefined],
  ['POST', '/api/v1/scenarios/x/check', { text: 'good' }],
  ['POST', '/api/v1/scenarios/x/edit', { text: 'good', edits: [] }],
  ['POST', '/api/v1/scenarios/x/try', { text: 'good', environment: 'local' }],
  ['PUT', '/api/v1/scenarios/x', { text: 'good', version: 'v1' }],
] as const)('%s %s of no scenario is 404', async (method, url, body) => {
  const answer = await send(method, url, body);
  expect([answer.statusCode, answer.json()]).toEqual([404, expect.objectContaining({ code: 'NOT_FOUND' })]);
});

test.each([
  ['check', { text: { a: 'good' } }],
  ['check', {}],
  ['check', { text: 'x'.repeat(64_001) }],
  ['edit', { text: 'good', edits: [{ path: [-1], value: 1 }] }],
  ['edit', { text: 'good', edits: [{ path: [0.5], value: 1 }] }],
  ['edit', { text: 'good', edits: [{ path: [null], value: 1 }] }],
  ['edit', { text: 'good', edits: [{ path: Array(21).fill('a') }] }],
  ['edit', { text: 'good', edits: Array(9).fill({ path: ['a'], value: 1 }) }],
  ['try', { text: 'good' }],
])('%s of what is no request is 400', async (action, body) => {
  const answer = await send('POST', `${PATH}/${action}`, body);
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'INVALID_REQUEST']);
});

test('a text beyond every limit is refused before it is read', async () => {
  expect((await send('POST', `${PATH}/check`, { text: 'x'.repeat(600_000) })).statusCode).toBe(413);
});

test('a text with mistakes is neither tried, edited nor saved, and the answer names them', async () => {
  for (const [method, url, body] of [
    ['POST', `${PATH}/try`, { text: 'bad', environment: 'local' }],
    ['POST', `${PATH}/edit`, { text: 'bad', edits: [] }],
    ['PUT', PATH, { text: 'bad', version: 'v1' }],
  ] as const) {
    const answer = await send(method, url, body);
    expect(answer.statusCode).toBe(422);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({
      code: 'INVALID_SCENARIO',
      detail: 'shop.scenario.yaml:4:2: unknown key "nam"',
      diagnostics: [MISTAKE],
    });
  }
});

test('saving says what became of it', async () => {
  expect((await send('PUT', PATH, { text: 'good', version: 'v1' })).json()).toEqual({ version: 'v2' });
  const conflict = await send('PUT', PATH, { text: 'good', version: 'v0' });
  expect([conflict.statusCode, conflict.json()]).toEqual([
    409,
    expect.objectContaining({ code: 'FILE_CHANGED', current: { text: 'theirs', version: 'v3' } }),
  ]);
  const readOnly = await send('PUT', PATH, { text: 'read-only', version: 'v1' });
  expect([readOnly.statusCode, readOnly.json().detail]).toEqual([
    403,
    'the file was not written: it came with Ringdown',
  ]);
});

describe('a try', () => {
  const tryIt = { text: 'good', environment: 'local' };

  test('answers with the run, and refuses an environment that is not there', async () => {
    expect((await send('POST', `${PATH}/try`, tryIt)).json()).toEqual({ id: 'r1', status: 'passed' });
    const refused = await send('POST', `${PATH}/try`, { ...tryIt, environment: 'moon' });
    expect([refused.statusCode, refused.json().code]).toEqual([422, 'NOT_RUNNABLE']);
  });

  test('is one at a time for each client, and the next may follow', async () => {
    held = Promise.withResolvers();
    const first = send('POST', `${PATH}/try`, tryIt).then((answer) => answer);
    const second = await send('POST', `${PATH}/try`, tryIt);
    expect([second.statusCode, second.json().code]).toEqual([409, 'ALREADY_TRYING']);
    held.resolve();
    expect((await first).statusCode).toBe(200);
    expect((await send('POST', `${PATH}/try`, tryIt)).statusCode).toBe(200);
  });

  test('ends when the client goes away', async () => {
    held = Promise.withResolvers();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const client = httpRequest({
      port,
      method: 'POST',
      path: `${PATH}/try`,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    });
    client.on('error', () => {});
    const arrived = Promise.withResolvers<void>();
    app.server.once('request', () => setImmediate(arrived.resolve));
    client.end(JSON.stringify(tryIt));
    await arrived.promise;
    client.destroy();
    await aborted.promise;
  });
});
