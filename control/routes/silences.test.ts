import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { ControlDeps } from '../deps.ts';
import type { ListedSilence, PlannedMaintenance } from '../resources.ts';
import { controlWith, WATCHER_TOKEN } from '../testing/control-with.ts';

const headers = { authorization: `Bearer ${WATCHER_TOKEN}` };
const silence = { id: 'sil-1', state: 'standing' } as ListedSilence;
const matchers = [{ label: 'service', value: 'billing' }];

let app: FastifyInstance;
let calls: unknown[][];
beforeEach(() => {
  calls = [];
});
beforeAll(async () => {
  const said = <T>(answer: T, ...call: unknown[]): T => {
    calls.push(call);
    return answer;
  };
  const silences: ControlDeps['silences'] = {
    list: () => [silence],
    create: async (body, by) => (body.ends_at ? { refused: 'ends_at: too late' } : said(silence, body, by)),
    end: async (id, by) => (id === silence.id ? said({ ...silence, state: 'ended' as const }, by) : null),
    preview: (written) =>
      written[0]!.value === '('
        ? { refused: 'matchers.0.value: not a pattern' }
        : { incidents: [], incident_count: 0, monitors: [], monitor_count: 0, unknown_labels: [] },
  };
  const maintenance: ControlDeps['maintenance'] = {
    list: () => [],
    plan: async (body, by) => said({ id: 'mw-1' } as PlannedMaintenance, body, by),
    cancel: async (id) => (id === 'mw-1' ? 'cancelled' : id === 'weekly' ? 'from_config' : 'unknown'),
  };
  ({ app } = await controlWith({ silences, maintenance }));
});
afterAll(() => app.close());

const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  app.inject({ method, url: `/api/v1${url}`, headers, ...(payload ? { payload } : {}) });

describe('silences', () => {
  test('are listed, made under a name, and ended', async () => {
    expect((await ask('GET', '/silences')).json()).toEqual({ items: [silence], next_cursor: null });
    const made = await ask('POST', '/silences', { matchers, duration: '30m', reason: 'deploying', by: 'kim' });
    expect(made.statusCode).toBe(201);
    expect(calls).toEqual([[{ matchers, duration: '30m', reason: 'deploying' }, 'kim']]);
    const ended = await ask('DELETE', '/silences/sil-1?by=minsu');
    expect(ended.json()).toMatchObject({ state: 'ended' });
    expect(calls[1]).toEqual(['minsu']);
    expect((await ask('DELETE', '/silences/sil-9')).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  test('that cannot be are refused with the reason', async () => {
    const late = await ask('POST', '/silences', { matchers, ends_at: '2036-11-24T02:00:00Z' });
    expect(late.json()).toMatchObject({ status: 400, code: 'INVALID_SILENCE', detail: 'ends_at: too late' });
    for (const body of [{ duration: '30m' }, { matchers: [], duration: '30m' }, { matchers: [{ label: 'service' }] }])
      expect((await ask('POST', '/silences', body)).statusCode).toBe(400);
    const wrong = { matchers: [{ ...matchers[0], is: '~=' }], duration: '1h' };
    expect((await ask('POST', '/silences', wrong)).json().detail).toContain('matchers/0/is');
    const pattern = { matchers: [{ label: 'service', is: '=~', value: '(' }] };
    expect((await ask('POST', '/silences/preview', pattern)).json().detail).toContain('not a pattern');
    expect((await ask('POST', '/silences/preview', { matchers })).statusCode).toBe(200);
  });
});

describe('maintenance windows', () => {
  const plan = (schedule: object) => ask('POST', '/maintenance-windows', { name: 'upgrade', matchers, schedule });

  test('are planned once or again and again', async () => {
    const once = { starts_at: '2026-11-24T02:00:00Z', ends_at: '2026-11-24T04:00:00Z' };
    const weekly = { cron: '0 2 * * sun', timezone: 'Asia/Seoul', duration: '2h' };
    for (const schedule of [once, weekly]) expect((await plan(schedule)).statusCode).toBe(201);
    expect(calls).toEqual([once, weekly].map((schedule) => [{ name: 'upgrade', matchers, schedule }, 'operator']));
    for (const half of [{}, { starts_at: once.starts_at }, { ...weekly, ...once }, { ...once, cron: '* * * * *' }])
      expect((await plan(half)).json()).toMatchObject({ status: 400, code: 'INVALID_MAINTENANCE_WINDOW' });
  });

  test('are taken back, those of the config in the config alone', async () => {
    const answers = [];
    for (const id of ['mw-1', 'weekly', 'nothing']) {
      answers.push((await ask('DELETE', `/maintenance-windows/${id}`)).statusCode);
    }
    expect(answers).toEqual([204, 409, 404]);
  });
});
