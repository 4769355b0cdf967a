import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunResult } from '../../scenarios/run-result.ts';
import type { RunStore } from '../../scenarios/run-store.ts';
import type { BrokenRow } from '../broken-rows.ts';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type RunSchema, runMigrations, runRepository } from './run-repository.ts';

let handle: SqliteHandle<RunSchema>;
let runs: RunStore;

beforeEach(async () => {
  handle = await openSqlite<RunSchema>({ file: ':memory:' });
  await migrate(handle.db, runMigrations);
  runs = runRepository(handle.db);
});
afterEach(() => handle.close());

const id = (n: number) => `0190a5d0-0000-7000-8000-${String(n).padStart(12, '0')}`;

function run(n: number, over: Partial<RunResult> = {}): RunResult {
  const started_at = new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString();
  return {
    id: id(n),
    monitor: 'journey@local',
    scenario: 'journey',
    name: 'Journey',
    service: 'shop',
    environment: 'local',
    owner: null,
    runbook: null,
    tags: [],
    status: 'passed',
    degraded: false,
    scheduled_at: started_at,
    started_at,
    duration_ms: 12.5,
    trace_id: 'a'.repeat(32),
    attempts: [],
    steps: [],
    failure: null,
    watcher_fault: null,
    ...over,
  };
}

test('a saved run is found again as it was', async () => {
  await runs.save(run(1, { name: 'Überprüfung 주문 \u2028' }));
  expect(await runs.find(id(1))).toEqual(run(1, { name: 'Überprüfung 주문 \u2028' }));
  expect(await runs.find(id(2))).toBeNull();
});

test('pages are newest first and complete, also among runs of the same instant', async () => {
  const same = run(5).started_at;
  for (let n = 1; n <= 7; n++) await runs.save(run(n, n > 4 ? { started_at: same } : {}));
  await runs.save(run(8, { monitor: 'other@local' }));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await runs.list('journey@local', { limit: 2, ...(cursor ? { cursor } : {}) });
    seen.push(...page.items.map((item) => item.id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map(id));
});

test('a cursor that nobody issued starts at the beginning', async () => {
  await runs.save(run(1));
  expect((await runs.list('journey@local', { limit: 10, cursor: "'; drop table runs; --" })).items).toHaveLength(1);
});

test('passing runs before a time leave out failures', async () => {
  await runs.save(run(1));
  await runs.save(run(2, { status: 'failed' }));
  await runs.save(run(3));
  const passing = await runs.passingBefore('journey@local', run(3).started_at, 5);
  expect(passing.map((item) => item.id)).toEqual([id(1)]);
});

test('uptime counts what ran, and what passed only at a later attempt', async () => {
  const attempts = [1, 2].map((number) => ({ number }) as RunResult['attempts'][number]);
  await runs.save(run(1));
  await runs.save(run(2, { status: 'error', attempts }));
  await runs.save(run(3, { status: 'skipped', attempts }));
  await runs.save(run(4, { attempts }));
  await runs.save(run(5, { attempts: attempts.slice(0, 1) }));
  expect(await runs.uptime('journey@local', run(0).started_at)).toEqual({ total: 4, passed: 3, flaky: 1 });
  expect(await runs.uptime('never@local', run(0).started_at)).toEqual({ total: 0, passed: 0, flaky: 0 });
});

test('pruning keeps the newest of each monitor however old they are', async () => {
  for (let n = 1; n <= 5; n++) await runs.save(run(n));
  await runs.save(run(6, { id: id(60), monitor: 'rare@local' }));
  expect(await runs.prune('2027-01-01T00:00:00.000Z', 2, nobody)).toBe(3);
  expect((await runs.list('journey@local', { limit: 10 })).items.map((item) => item.id)).toEqual([id(5), id(4)]);
  expect((await runs.list('rare@local', { limit: 10 })).items).toHaveLength(1);
});

test('pruning spares what an incident speaks of, and goes on behind it', async () => {
  for (let n = 1; n <= 450; n++) await runs.save(run(n));
  const spoken = new Set([id(1), id(200), id(201)]);
  const needed = async (ids: readonly string[]) => new Set(ids.filter((one) => spoken.has(one)));
  expect(await runs.prune('2027-01-01T00:00:00.000Z', 10, needed)).toBe(437);
  expect(await runs.prune('2027-01-01T00:00:00.000Z', 10, needed)).toBe(0);
  expect(await runs.find(id(200))).not.toBeNull();
});

test('a run that cannot be read is told of, and hides no other', async () => {
  for (let n = 1; n <= 3; n++) await runs.save(run(n));
  await handle.db.updateTable('runs').set({ summary: '{"id":', result: 'null' }).where('id', '=', id(2)).execute();
  const broken: BrokenRow[] = [];
  const patient = runRepository(handle.db, (row) => broken.push(row));
  expect((await patient.list('journey@local', { limit: 10 })).items.map((item) => item.id)).toEqual([id(3), id(1)]);
  expect(await patient.passingBefore('journey@local', run(9).started_at, 9)).toHaveLength(2);
  expect(broken).toMatchObject([
    { table: 'runs', key: id(2) },
    { key: id(2), problem: 'it is no object' },
  ]);
  await expect(patient.find(id(2))).rejects.toMatchObject({ code: 'BROKEN_ROW' });
});

const nobody = async () => new Set<string>();

test('runs of a window are tallied over several monitors, without those that say nothing about the service', async () => {
  await runs.save(run(1, { status: 'failed' }));
  await runs.save(run(2));
  await runs.save(run(3, { status: 'error', monitor: 'other@local' }));
  await runs.save(run(4, { status: 'error', watcher_fault: 'offline' }));
  await runs.save(run(5, { status: 'skipped' }));
  await runs.save(run(6, { monitor: 'third@local' }));
  await runs.save(run(7));
  const both = ['journey@local', 'other@local'];
  expect(await runs.tally(both, run(1).started_at, run(7).started_at)).toEqual({ passed: 1, failed: 2 });
  expect(await runs.tally(both, run(2).started_at, run(8).started_at)).toEqual({ passed: 2, failed: 1 });
  expect(await runs.tally([], run(0).started_at, run(9).started_at)).toEqual({ passed: 0, failed: 0 });
});
