import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createHeartbeats, type Heartbeats } from '../../alerts/inbound/heartbeats.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { controlWith, WATCHER_TOKEN } from '../testing/control-with.ts';

const TOKEN = 'token-of-the-backup';
const clock = new VirtualClock(Date.parse('2026-11-23T03:05:00Z'));
let app: FastifyInstance;
let heartbeats: Heartbeats;
let saving: () => void;

beforeEach(async () => {
  saving = () => {};
  const silent = () => {};
  heartbeats = createHeartbeats({
    heartbeats: [{ name: 'backup', token: TOKEN }],
    store: { load: async () => [], save: async () => saving() },
    clock,
    log: { info: silent, warn: silent, error: silent },
  });
  await heartbeats.start();
});
beforeAll(async () => {
  ({ app } = await controlWith({ heartbeats: { beat: (...said) => heartbeats.beat(...said) } }));
});
afterAll(() => app.close());

const url = (query = '') => `/api/v1/heartbeats/backup${query}`;

test.each(['GET', 'HEAD', 'POST'] as const)('%s with the token reports that the job ran', async (method) => {
  const answer = await app.inject({ method, url: url(`?token=${TOKEN}`) });
  expect(answer.statusCode).toBe(200);
  if (method !== 'HEAD') expect(answer.json()).toEqual({ name: 'backup', at: '2026-11-23T03:05:00.000Z' });
  expect(heartbeats.lastHeartbeat('backup')!.last_at).toBe('2026-11-23T03:05:00.000Z');
});

test('one that is not on disk is 503, and counts all the same', async () => {
  saving = () => {
    throw new Error('database is locked');
  };
  expect((await app.inject({ url: url(`?token=${TOKEN}`) })).json()).toMatchObject({
    status: 503,
    code: 'NOT_WRITTEN',
  });
  expect(heartbeats.lastHeartbeat('backup')!.last_at).toBe('2026-11-23T03:05:00.000Z');
});

test('a bearer, the watcher’s own token, and a body of any kind are taken', async () => {
  const post = (token: string, payload: string) =>
    app.inject({
      method: 'POST',
      url: url(),
      payload,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'x/y' },
    });
  expect((await post(TOKEN, 'done in 4 s')).statusCode).toBe(200);
  expect((await post(WATCHER_TOKEN, '')).statusCode).toBe(200);
  expect((await post('wrong', '')).statusCode).toBe(401);
  expect((await app.inject({ url: url() })).statusCode).toBe(401);
  expect((await app.inject({ url: `/api/v1/heartbeats/other?token=${WATCHER_TOKEN}` })).statusCode).toBe(401);
});

test('a failure is told with its message; an unknown status is a 400', async () => {
  await app.inject({ url: url(`?token=${TOKEN}&status=fail&message=disk%20full`) });
  expect(heartbeats.lastHeartbeat('backup')).toMatchObject({ failed: true, message: 'disk full' });
  expect((await app.inject({ url: url(`?token=${TOKEN}&status=maybe`) })).statusCode).toBe(400);
});
