import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import pino from 'pino';
import { createOnCall } from '../../alerts/on-call/book.ts';
import { MemoryOverrides } from '../../alerts/on-call/testing/memory-overrides.ts';
import { onCallOf } from '../../alerts/on-call/testing/written.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { Access } from '../access.ts';
import type { ControlDeps } from '../deps.ts';
import { answerError } from '../problems.ts';
import type { OnCallOverride, OnCallSchedule, OnCallShift, OnCallUser } from '../resources.ts';
import { onCallRoutes } from './on-call.ts';

const written = onCallOf(`
users:
  kim: { name: Kim Minji, timezone: Asia/Seoul, contacts: { slack: U024BE7LH }, notify: [{ channel: push }] }
  minsu: { name: Minsu, notify: [{ channel: call }] }
schedules:
  primary:
    name: Primary
    timezone: Asia/Seoul
    rotations: [{ name: weekly, users: [kim, minsu], every: 1w, start: "2026-11-02T09:00" }]
    overrides: [{ user: minsu, from: "2026-12-24T09:00", to: "2026-12-25T09:00" }]
  users: { timezone: UTC, rotations: [] }
`);

let app: FastifyInstance;
let store: MemoryOverrides;
beforeEach(async () => {
  const clock = new VirtualClock(Date.parse('2026-11-18T00:00Z'));
  store = new MemoryOverrides();
  const deps = {
    clock,
    access: new Access('correct-horse-battery-staple', clock),
    publicUrl: () => 'https://ringdown.example.com',
    onCall: createOnCall(written, clock, store),
  } as unknown as ControlDeps;
  app = Fastify({ loggerInstance: pino({ level: 'silent' }) }) as unknown as FastifyInstance;
  app.setErrorHandler(answerError);
  await app.register(onCallRoutes, { deps });
});
afterEach(() => app.close());

const get = async <T>(url: string) => (await app.inject({ url })).json() as { items: T[] } & { detail: string };
const post = (payload: object, schedule = 'primary') =>
  app.inject({ method: 'POST', url: `/api/v1/on-call/${schedule}/overrides`, payload });
const CHRISTMAS = { users: ['kim'], from: '2026-12-24T12:00', to: '2026-12-24T18:00:00+09:00', created_by: 'Kim' };

describe('who is on call', () => {
  test('is told with how long, and who is next', async () => {
    const { items } = await get<OnCallSchedule>('/api/v1/on-call');
    expect(items[0]).toMatchObject({
      key: 'primary',
      name: 'Primary',
      timezone: 'Asia/Seoul',
      now: { users: [{ key: 'kim', name: 'Kim Minji' }], until: '2026-11-23T00:00:00.000Z' },
      next: {
        from: '2026-11-23T00:00:00.000Z',
        to: '2026-11-30T00:00:00.000Z',
        users: [{ key: 'minsu', name: 'Minsu' }],
        rotation: 'weekly',
        override: null,
      },
      overrides: [{ id: 'config-primary-1', source: 'config' }],
    });
    expect(items[1]).toMatchObject({ key: 'users', now: { users: [], until: null }, next: null });
  });

  test('is told by person, without contacts', async () => {
    const { items } = await get<OnCallUser>('/api/v1/on-call/users');
    expect(items).toMatchObject([
      { key: 'kim', name: 'Kim Minji', timezone: 'Asia/Seoul', on_call: ['primary'] },
      { key: 'minsu', timezone: null, on_call: [] },
    ]);
    expect(JSON.stringify(items)).not.toContain('U024BE7LH');
  });

  test('is told shift by shift for a year at most', async () => {
    const url = '/api/v1/on-call/primary/shifts?from=2026-12-23T00:00:00Z';
    const { items } = await get<OnCallShift>(`${url}&to=2026-12-26T00:00:00Z`);
    expect(items.map(({ from, users, override }) => [from.slice(0, 10), users[0]!.key, override])).toEqual([
      ['2026-12-23', 'minsu', null],
      ['2026-12-24', 'minsu', 'config-primary-1'],
      ['2026-12-25', 'minsu', null],
    ]);
    expect((await get<OnCallShift>('/api/v1/on-call/primary/shifts')).items).toHaveLength(5);
    expect((await get(`${url}&to=2027-12-26T00:00:00Z`)).detail).toContain('a year at most');
    expect((await app.inject({ url: `${url}&to=2026-12-22T00:00:00Z` })).statusCode).toBe(400);
    expect((await app.inject({ url: '/api/v1/on-call/x/shifts' })).statusCode).toBe(404);
  });
});

describe('overrides', () => {
  test('are added and taken back', async () => {
    const response = await post(CHRISTMAS);
    expect(response.statusCode).toBe(201);
    const added = response.json() as OnCallOverride;
    expect(added).toMatchObject({
      users: [{ key: 'kim', name: 'Kim Minji' }],
      from: '2026-12-24T03:00:00.000Z',
      to: '2026-12-24T09:00:00.000Z',
      source: 'api',
      created_by: 'Kim',
    });
    const listed = async () => (await get<OnCallSchedule>('/api/v1/on-call')).items[0]!.overrides.map(({ id }) => id);
    expect(await listed()).toEqual(['config-primary-1', added.id]);
    const removed = await app.inject({ method: 'DELETE', url: `/api/v1/on-call/primary/overrides/${added.id}` });
    expect(removed.json()).toEqual(added);
    expect(await listed()).toEqual(['config-primary-1']);
  });

  test('that cannot be are refused with the reason', async () => {
    expect((await post({ ...CHRISTMAS, users: ['nobody'] })).json()).toMatchObject({ code: 'INVALID_OVERRIDE' });
    expect((await post({ ...CHRISTMAS, users: [] })).statusCode).toBe(400);
    expect((await post(CHRISTMAS, 'x')).statusCode).toBe(404);
    const url = '/api/v1/on-call/primary/overrides';
    expect((await app.inject({ method: 'DELETE', url: `${url}/config-primary-1` })).json()).toMatchObject({
      status: 409,
      detail: 'it stands in ringdown.yaml: remove it there',
    });
    expect((await app.inject({ method: 'DELETE', url: `${url}/x` })).statusCode).toBe(404);
  });
});

describe('the calendar', () => {
  const path = (url: string) => url.replace('https://ringdown.example.com', '');

  test('is read with the URL that the API gives, and not again while nothing changed', async () => {
    const { items } = await get<OnCallSchedule>('/api/v1/on-call');
    const url = path(items[0]!.ics_url);
    const response = await app.inject({ url });
    expect(response.headers['content-type']).toBe('text/calendar; charset=utf-8');
    expect(response.body).toContain('SUMMARY:Kim Minji (Primary)');
    const again = await app.inject({ url, headers: { 'if-none-match': response.headers.etag as string } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    await post(CHRISTMAS);
    const changed = await app.inject({ url, headers: { 'if-none-match': response.headers.etag as string } });
    expect(changed.statusCode).toBe(200);
  });

  test('of a person is another feed with another token', async () => {
    const { items } = await get<OnCallUser>('/api/v1/on-call/users');
    const url = path(items[1]!.ics_url);
    expect((await app.inject({ url })).body).toContain('SUMMARY:On call: Primary');
    for (const other of [
      url.replace('minsu', 'kim'),
      url.replace('/users/minsu', '/primary'),
      url.split('?')[0]!,
      `${url}x`,
    ])
      expect((await app.inject({ url: other })).statusCode).toBe(401);
  });

  test('does not tell strangers which schedules there are', async () => {
    const answers = await Promise.all(
      ['primary', 'nothing'].map((key) => app.inject({ url: `/api/v1/on-call/${key}.ics?token=x` })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401]);
    expect(answers[0]!.body).toBe(answers[1]!.body);
  });
});
