import { expect, test } from '@jest/globals';
import { SqliteError } from '../storage/sqlite/index.ts';
import type { ControlDeps } from './deps.ts';
import type { Incident, ListedSilence, PlannedMaintenance } from './resources.ts';
import { controlWith, WATCHER_TOKEN } from './testing/control-with.ts';

const matchers = [{ label: 'service', value: 'billing' }];
const once = { starts_at: '2026-11-24T02:00:00Z', ends_at: '2026-11-24T04:00:00Z' };
const incident = { id: 'inc', state: 'triggered' } as Incident;

async function watcher(over: Partial<ControlDeps>) {
  const acted = async () => incident;
  const { app } = await controlWith({
    incidents: {
      acknowledge: acted,
      resolve: acted,
      escalate: acted,
      note: acted,
      assign: acted,
      merge: acted,
      silence: async () => ({ id: 'sil' }),
    } as unknown as ControlDeps['incidents'],
    silences: {
      create: async () => ({ id: 'sil' }) as ListedSilence,
      end: async () => ({ id: 'sil' }) as ListedSilence,
    } as unknown as ControlDeps['silences'],
    maintenance: {
      plan: async () => ({ id: 'mw' }) as PlannedMaintenance,
      cancel: async () => 'cancelled',
    } as unknown as ControlDeps['maintenance'],
    ...over,
  });
  return async (method: 'POST' | 'DELETE', path: string, payload?: object) => {
    const headers = { authorization: `Bearer ${WATCHER_TOKEN}` };
    const answer = await app.inject({ method, url: `/api/v1${path}`, headers, ...(payload ? { payload } : {}) });
    return [answer.statusCode, answer.body === '' ? undefined : (answer.json() as { code?: string }).code];
  };
}

const DONE = [
  ['POST', '/incidents/inc/acknowledge', undefined, 200],
  ['POST', '/incidents/inc/resolve', undefined, 200],
  ['POST', '/incidents/inc/escalate', undefined, 200],
  ['POST', '/incidents/inc/note', { text: 'looking' }, 200],
  ['POST', '/incidents/inc/assign', { to: 'kim' }, 200],
  ['POST', '/incidents/inc/merge', { into: 'other' }, 200],
  ['POST', '/incidents/inc/silence', { duration: '30m' }, 201],
  ['POST', '/silences', { matchers, duration: '30m' }, 201],
  ['DELETE', '/silences/sil', undefined, 200],
  ['POST', '/maintenance-windows', { name: 'upgrade', matchers, schedule: once }, 201],
  ['DELETE', '/maintenance-windows/mw', undefined, 204],
] as const;

test.each(DONE)('%s %s is done when it is on disk, and 503 while it is not', async (method, path, body, done) => {
  expect((await (await watcher({}))(method, path, body))[0]).toBe(done);
  const away = await watcher({ written: async () => false });
  expect(await away(method, path, body)).toEqual([503, 'NOT_WRITTEN']);
});

test('an override that the database does not take is 503, and its reason is told', async () => {
  const addOverride = async () => {
    throw new SqliteError('state.db', { message: 'database is locked', errcode: 5 });
  };
  const ask = await watcher({ onCall: { addOverride } as unknown as ControlDeps['onCall'] });
  const body = { users: ['kim'], from: once.starts_at, to: once.ends_at };
  expect(await ask('POST', '/on-call/ops/overrides', body)).toEqual([503, 'STORAGE']);
});
