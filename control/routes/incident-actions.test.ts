import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { ControlDeps } from '../deps.ts';
import type { Incident, IncidentDetail, Silence } from '../resources.ts';
import { controlWith, WATCHER_TOKEN } from '../testing/control-with.ts';

const incident = (id: string, state: Incident['state']) => ({ id, state }) as IncidentDetail;
const known = [incident('open', 'triggered'), incident('taken', 'acknowledged'), incident('over', 'resolved')];
const isOpen = (id: string) => known.some((one) => one.id === id && one.state !== 'resolved');

let app: FastifyInstance;
let calls: unknown[];
beforeEach(() => {
  calls = [];
});
beforeAll(async () => {
  const act =
    (action: string) =>
    async (id: string, ...more: unknown[]) => {
      if (!isOpen(id)) return null;
      calls.push([action, id, ...more]);
      return incident(id, 'triggered');
    };
  const incidents = {
    find: async (id: string) => known.find((one) => one.id === id) ?? null,
    escalate: act('escalate'),
    // The desk still knows what has just been resolved, and leaves it alone.
    note: async (id, text, by) => (id === 'over' ? known[2]! : act('note')(id, text, by)),
    assign: act('assign'),
    merge: async (id, into, by) => (isOpen(into) ? act('merge')(id, into, by) : null),
    silence: async (id, forMs, by) => ((await act('silence')(id, forMs, by)) ? ({ id: 'sil-1' } as Silence) : null),
    explain: async (id) => (id === 'open' ? { incident: known[0]!, words: [] } : null),
    export: async (id) => (id === 'open' ? '# A document\n' : null),
  } as ControlDeps['incidents'];
  ({ app } = await controlWith({ incidents }));
});
afterAll(() => app.close());

const headers = { authorization: `Bearer ${WATCHER_TOKEN}` };
const post = async (path: string, payload?: object) => {
  const answer = await app.inject({
    method: 'POST',
    url: `/api/v1/incidents/${path}`,
    headers,
    ...(payload ? { payload } : {}),
  });
  return { status: answer.statusCode, ...(answer.json() as { code?: string; detail?: string; id?: string }) };
};

test('what people do reaches the desk under their name', async () => {
  await post('open/escalate');
  await post('open/note', { text: '  the pool is empty\n', by: 'kim' });
  await post('open/assign', { to: 'Minsu', by: 'kim' });
  await post('open/assign', { to: null });
  await post('open/merge', { into: 'taken', by: 'kim' });
  expect(calls).toEqual([
    ['escalate', 'open', 'operator'],
    ['note', 'open', 'the pool is empty', 'kim'],
    ['assign', 'open', 'Minsu', 'kim'],
    ['assign', 'open', null, 'operator'],
    ['merge', 'open', 'taken', 'kim'],
  ]);
});

test('an incident is silenced for a while or until a time, 30 days at most', async () => {
  expect(await post('open/silence', { duration: '30m', by: 'kim' })).toMatchObject({ status: 201, id: 'sil-1' });
  await post('open/silence', { ends_at: '2026-11-23T04:05:00Z' });
  expect(calls).toEqual([
    ['silence', 'open', 1_800_000, 'kim'],
    ['silence', 'open', 3_600_000, 'operator'],
  ]);
  for (const body of [
    {},
    { duration: '31d' },
    { duration: '0s' },
    { duration: 'soon' },
    { ends_at: '2026-11-23T03:04:00Z' },
    { duration: '30m', ends_at: '2026-11-23T04:05:00Z' },
  ])
    expect(await post('open/silence', body)).toMatchObject({ status: 400 });
});

test('of what is over, and of what never was, the answer says so', async () => {
  for (const action of ['escalate', 'note', 'assign', 'merge', 'silence']) {
    const body = { text: 'x', to: 'kim', into: 'open', duration: '30m' };
    expect(await post(`over/${action}`, body)).toMatchObject({ status: 409, code: 'NOT_OPEN' });
    expect(await post(`none/${action}`, body)).toMatchObject({ status: 404 });
  }
  expect(await post('open/merge', { into: 'over' })).toMatchObject({ status: 409, code: 'NOT_OPEN' });
  expect(await post('open/merge', { into: 'none' })).toMatchObject({ status: 404 });
  expect(await post('open/merge', { into: 'open' })).toMatchObject({ status: 400, code: 'INVALID_MERGE' });
  for (const text of ['', '   ']) expect((await post('open/note', { text })).status).toBe(400);
  expect((await post('open/assign', {})).status).toBe(400);
});

test('why it paged is told of those that are known', async () => {
  const ask = (id: string) => app.inject({ url: `/api/v1/incidents/${id}/explain`, headers });
  expect((await ask('open')).json()).toMatchObject({ incident: { id: 'open' }, words: [] });
  expect((await ask('none')).statusCode).toBe(404);
});

test('the post-incident document is Markdown to keep', async () => {
  const ask = (id: string) => app.inject({ url: `/api/v1/incidents/${id}/export`, headers });
  const answer = await ask('open');
  expect(answer.headers['content-type']).toBe('text/markdown; charset=utf-8');
  expect(answer.headers['content-disposition']).toBe('attachment; filename="incident-open.md"');
  expect(answer.body).toBe('# A document\n');
  expect((await ask('none')).statusCode).toBe(404);
});
