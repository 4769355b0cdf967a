import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { RingdownError } from '../../core/errors.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { Access } from '../access.ts';
import type { ControlDeps } from '../deps.ts';
import { LiveEvents } from '../live-events.ts';
import type { DeadLetter } from '../resources.ts';
import { buildControl } from '../server.ts';

const TOKEN = 'correct-horse-battery-staple';
const headers = { authorization: `Bearer ${TOKEN}` };
const LETTER: DeadLetter = {
  id: '4096',
  backend: 'elk',
  signal: 'logs',
  rejected_at: '2026-11-23T10:00:00.000Z',
  reason: 'mapper_parsing_exception',
  count: 3,
  bytes: 812,
};
const DONE = { replayed: 1, delivered: 3, rejected: 0, filtered: 0, waiting: 0 };

let app: FastifyInstance;
let asked: unknown[];
let failure: Error | undefined;

beforeEach(async () => {
  asked = [];
  failure = undefined;
  const clock = new VirtualClock();
  const answer = async <Value>(value: Value, ...what: unknown[]) => {
    asked.push(what);
    if (failure) throw failure;
    return value;
  };
  const deps: Partial<ControlDeps> = {
    version: '1.2.3',
    clock,
    log: pino({ level: 'silent' }),
    access: new Access(TOKEN, clock),
    events: new LiveEvents(),
    publicUrl: () => 'https://ringdown.example.com',
    deadLetters: (backend, limit) => answer([LETTER], backend, limit),
    replay: (backend, ids) => answer(DONE, backend, ids),
    uiDirectory: null,
  };
  app = await buildControl(deps as ControlDeps);
});
afterEach(() => app.close());

const replay = (payload?: object) =>
  app.inject({ method: 'POST', url: '/api/v1/backends/elk/replay', headers, ...(payload ? { payload } : {}) });

test('dead letters are listed, newest first, as many as asked for', async () => {
  const answer = await app.inject({ url: '/api/v1/backends/elk/dead-letters?limit=7', headers });
  expect(answer.json()).toEqual({ items: [LETTER], next_cursor: null });
  await app.inject({ url: '/api/v1/backends/elk/dead-letters', headers });
  expect(asked).toEqual([
    ['elk', 7],
    ['elk', 100],
  ]);
  const many = await app.inject({ url: '/api/v1/backends/elk/dead-letters?limit=0', headers });
  expect(many.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
});

test('all dead letters are replayed, or those that are named', async () => {
  expect((await replay()).json()).toEqual(DONE);
  expect((await replay({})).json()).toEqual(DONE);
  expect((await replay({ ids: ['4096'] })).json()).toEqual(DONE);
  expect(asked).toEqual([
    ['elk', undefined],
    ['elk', undefined],
    ['elk', ['4096']],
  ]);
  for (const wrong of [{ ids: [] }, { ids: { all: true } }, { id: 'x' }]) {
    expect([wrong, (await replay(wrong)).statusCode]).toEqual([wrong, 400]);
  }
  expect(asked).toHaveLength(3);
});

test.each([
  ['UNKNOWN_BACKEND', 404, 'UNKNOWN_BACKEND'],
  ['CANNOT_REPLAY', 409, 'CANNOT_REPLAY'],
  ['REPLAY_RUNNING', 409, 'REPLAY_RUNNING'],
  ['BACKEND_AWAY', 503, 'BACKEND_AWAY'],
  ['RELAY_DOWN', 503, 'RELAY_AWAY'],
])('a relay that says %s is answered with %d %s and its words', async (code, status, said) => {
  failure = new RingdownError(code, 'these words', { hint: 'and this hint' });
  const answer = await replay();
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json()).toMatchObject({ status, code: said, detail: expect.stringContaining('these words') });
  const letters = await app.inject({ url: '/api/v1/backends/elk/dead-letters', headers });
  expect(letters.json()).toMatchObject({ status, code: said });
});
