import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RememberedAlert } from '../../alerts/inbound/inbound-store.ts';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type InboundSchema, inboundMigrations, inboundRepository } from './index.ts';

let handle: SqliteHandle<InboundSchema>;

beforeEach(async () => {
  handle = await openSqlite<InboundSchema>({ file: ':memory:' });
  await migrate(handle.db, inboundMigrations);
});
afterEach(() => handle.close());

const DAY = '2026-11-22T00:00:00.000Z';
const entry = (key: string, state: 'firing' | 'resolved', received_at: string, source = 'am'): RememberedAlert => ({
  source,
  at: '2026-11-20T00:00:00.000Z',
  received_at,
  alert: {
    key,
    state,
    title: `“${key}”`,
    text: null,
    severity: null,
    service: 'billing',
    environment: null,
    labels: { team: 'posts' },
    url: null,
    runbook: null,
    at: null,
  },
});

test('what fires is remembered for ever, what ended for a while, the last word of each key', async () => {
  const store = inboundRepository(handle.db);
  const fires = entry('old', 'firing', '2026-01-01T00:00:00.000Z');
  const ended = entry('ended', 'resolved', '2026-11-22T12:00:00.000Z');
  const longEnded = entry('long ended', 'resolved', '2026-11-21T00:00:00.000Z');
  const other = entry('old', 'firing', '2026-01-02T00:00:00.000Z', 'grafana');
  await store.saveAlerts([entry('ended', 'firing', '2026-11-01T00:00:00.000Z'), fires, longEnded, other]);
  await store.saveAlerts([ended]);
  expect((await store.load(DAY)).alerts).toEqual([fires, other, ended]);
  await store.prune(DAY);
  expect((await store.load('2000-01-01T00:00:00.000Z')).alerts).toEqual([fires, other, ended]);
});

test('a thousand alerts are one write', async () => {
  const store = inboundRepository(handle.db);
  const many = Array.from({ length: 1_200 }, (_, index) => entry(`k${index}`, 'firing', '2026-11-22T12:00:00.000Z'));
  await store.saveAlerts(many);
  await store.saveAlerts(many);
  expect((await store.load(DAY)).alerts).toHaveLength(1_200);
});

test('requests that were taken are known for as long as they count', async () => {
  const store = inboundRepository(handle.db);
  const young = { key: 'young', at: '2026-11-22T12:00:00.000Z' };
  await store.saveTaken([{ key: 'old', at: '2026-11-21T00:00:00.000Z' }, young]);
  await store.saveTaken([young]);
  expect((await store.load(DAY)).taken).toEqual([young]);
  await store.prune(DAY);
  expect((await store.load('2000-01-01T00:00:00.000Z')).taken).toEqual([young]);
});
