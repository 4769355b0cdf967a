import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunResult } from '../../scenarios/run-result.ts';
import { migrate, openSqlite, type SqliteHandle } from '../sqlite/index.ts';
import { type RecordedRun, runsBetween } from './run-history.ts';
import { type RunSchema, runMigrations, runRepository } from './run-repository.ts';

let handle: SqliteHandle<RunSchema>;

beforeEach(async () => {
  handle = await openSqlite<RunSchema>({ file: ':memory:' });
  await migrate(handle.db, runMigrations);
});
afterEach(() => handle.close());

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();

function run(n: number, second: number, status: RunResult['status']): RunResult {
  const started_at = at(second);
  return {
    id: `0190a5d0-0000-7000-8000-${String(n).padStart(12, '0')}`,
    monitor: `journey-${n % 2}@local`,
    scenario: 'journey',
    name: 'Journey',
    service: 'shop',
    environment: 'local',
    owner: null,
    runbook: null,
    tags: ['critical'],
    status,
    degraded: false,
    scheduled_at: started_at,
    started_at,
    duration_ms: 12.5,
    trace_id: 'a'.repeat(32),
    attempts: [],
    steps: [],
    failure: null,
    watcher_fault: null,
  };
}

async function read(from: number, to: number): Promise<RecordedRun[]> {
  const found: RecordedRun[] = [];
  for await (const one of runsBetween(handle.db, at(from), at(to))) found.push(one);
  return found;
}

test('runs of every monitor come in the order of their time, page after page, none twice', async () => {
  const runs = runRepository(handle.db);
  // Several of each second, so that pages end within one.
  for (let n = 0; n < 1_500; n++) await runs.save(run(n, Math.floor(n / 7), n % 5 === 0 ? 'failed' : 'passed'));
  const found = await read(0, 10_000);
  expect(found.map(({ summary }) => summary.id)).toEqual(
    Array.from({ length: 1_500 }, (_, n) => run(n, 0, 'passed').id),
  );
  expect(found.filter(({ result }) => result !== null)).toHaveLength(300);
  expect(found[5]).toMatchObject({ summary: { status: 'failed' }, result: { tags: ['critical'] } });
});

test('the beginning is part of it, the end is not', async () => {
  const runs = runRepository(handle.db);
  for (let n = 0; n < 5; n++) await runs.save(run(n, n, 'passed'));
  expect((await read(1, 3)).map(({ summary }) => summary.started_at)).toEqual([at(1), at(2)]);
});
