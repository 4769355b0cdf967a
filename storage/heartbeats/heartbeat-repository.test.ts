import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type HeartbeatSchema, heartbeatMigrations, heartbeatRepository } from './index.ts';

let handle: SqliteHandle<HeartbeatSchema>;

beforeEach(async () => {
  handle = await openSqlite<HeartbeatSchema>({ file: ':memory:' });
  await migrate(handle.db, heartbeatMigrations);
});
afterEach(() => handle.close());

test('the last heartbeat of each name is kept', async () => {
  const store = heartbeatRepository(handle.db);
  const waiting = { name: 'a', known_since: '2026-11-01T00:00:00.000Z', last_at: null, failed: false, message: null };
  const failed = { ...waiting, name: 'b', last_at: '2026-11-02T00:00:00.000Z', failed: true, message: 'disk full' };
  await store.save([waiting, { ...failed, failed: false }]);
  await store.save([failed]);
  expect((await store.load()).sort((x, y) => x.name.localeCompare(y.name))).toEqual([waiting, failed]);
});
