import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StoredOverride } from '../../alerts/on-call/override-store.ts';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type OnCallSchema, onCallMigrations, overrideRepository } from './index.ts';

let handle: SqliteHandle<OnCallSchema>;
beforeEach(async () => {
  handle = await openSqlite<OnCallSchema>({ file: ':memory:' });
  await migrate(handle.db, onCallMigrations);
});
afterEach(() => handle.close());

const override = (id: string, over: Partial<StoredOverride> = {}): StoredOverride => ({
  id,
  schedule: 'primary',
  users: ['kim', 'minsu'],
  starts_at: '2026-11-23T00:00:00.000Z',
  ends_at: '2026-11-24T00:00:00.000Z',
  created_by: '김민지',
  created_at: '2026-11-22T00:00:00.000Z',
  ...over,
});

test('overrides come back as they were put, in the order of their creation, without those that ended', async () => {
  const store = overrideRepository(handle.db);
  await store.put(override('b', { created_at: '2026-11-22T02:00:00.000Z' }));
  await store.put(override('a', { created_at: '2026-11-22T03:00:00.000Z' }));
  await store.put(override('old', { ends_at: '2026-11-23T12:00:00.000Z' }));
  expect(await store.list('2026-11-23T12:00:00.000Z')).toEqual([
    override('b', { created_at: '2026-11-22T02:00:00.000Z' }),
    override('a', { created_at: '2026-11-22T03:00:00.000Z' }),
  ]);
});

test('one that is put again replaces itself; one that is removed is gone', async () => {
  const store = overrideRepository(handle.db);
  await store.put(override('a'));
  await store.put(override('a', { ends_at: '2026-11-23T06:00:00.000Z' }));
  expect(await store.list('')).toEqual([override('a', { ends_at: '2026-11-23T06:00:00.000Z' })]);
  await store.remove('a');
  expect(await store.list('')).toEqual([]);
});

test('those that ended long ago are deleted, the others stay', async () => {
  const store = overrideRepository(handle.db);
  await store.put(override('old', { ends_at: '2025-01-01T00:00:00.000Z' }));
  await store.put(override('new'));
  expect(await store.prune('2025-06-01T00:00:00.000Z')).toBe(1);
  expect((await store.list('2000-01-01T00:00:00.000Z')).map(({ id }) => id)).toEqual(['new']);
});
