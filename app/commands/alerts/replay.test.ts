import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { RunResult } from '../../../scenarios/run-result.ts';
import type { RunSchema } from '../../../storage/runs/run-repository.ts';
import { openSqlite } from '../../../storage/sqlite/index.ts';
import { openState } from '../../../storage/state.ts';
import { DataDirectory } from '../../data-directory.ts';
import { replayPolicies } from './replay.ts';

const START = Date.UTC(2026, 10, 20, 8);
let folder: string;
let printed: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-replay-'));
  const { runs, close } = await openState(join(folder, 'state.db'));
  // Every half minute for half an hour; it fails for one run, and later for five.
  for (let n = 0; n < 60; n++) await runs.save(run(n, n === 10 || (n >= 40 && n < 45) ? 'failed' : 'passed'));
  await close();
});
beforeEach(() => {
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(printed.push(String(text))));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(n: number, status: RunResult['status']): RunResult {
  const started_at = new Date(START + n * 30_000).toISOString();
  const attempt = { number: 1, status, started_at, duration_ms: 100, span_id: 'b'.repeat(16), steps: [], rows: null };
  return {
    id: `0190a5d0-0000-7000-8000-${String(n).padStart(12, '0')}`,
    monitor: 'checkout@production',
    scenario: 'checkout',
    name: 'Checkout',
    service: 'shop',
    environment: 'production',
    owner: null,
    runbook: null,
    tags: ['critical'],
    status,
    degraded: false,
    scheduled_at: started_at,
    started_at,
    duration_ms: 100,
    trace_id: 'a'.repeat(32),
    attempts: [{ ...attempt, failure: null }],
    steps: [],
    failure:
      status === 'passed'
        ? null
        : {
            step: 'pay',
            row: null,
            message: 'status 500, expected 201',
            expected: '201',
            actual: '500',
            kind: 'assertion',
            request: { method: 'POST', route: '/v1/payments', url: 'http://127.0.0.1/v1/payments' },
            status_code: 500,
            span_id: 'b'.repeat(16),
          },
    watcher_fault: null,
  };
}

const policy = (consecutive: number) => `version: 1
id: critical
priority: P1
rules:
  - { scenario: { tags: [critical] }, failing: { consecutive: ${consecutive} } }
escalation:
  - { after: 0s, notify: [all] }
`;

async function replay(
  consecutive: number,
  options: { json: boolean },
  channels: readonly string[] = [],
): Promise<string> {
  writeFileSync(join(folder, 'now.policy.yaml'), policy(1));
  const entries = channels.map((name) => `{ name: ${name}, type: console }`).join(', ');
  writeFileSync(join(folder, 'ringdown.yaml'), `version: 1\npolicies: ["now.policy.yaml"]\nchannels: [${entries}]\n`);
  const changed = join(folder, 'changed.policy.yaml');
  writeFileSync(changed, policy(consecutive));
  const code = await replayPolicies({
    from: '2026-11-20',
    to: '2026-11-21T00:00:00Z',
    policies: [changed],
    config: join(folder, 'ringdown.yaml'),
    directory: new DataDirectory(folder),
    ...options,
  });
  expect(code).toBe(0);
  return printed.join('');
}

test('a policy that waits for a third failure leaves out the page of a single one', async () => {
  const told = JSON.parse(await replay(3, { json: true }));
  expect(told).toMatchObject({
    runs: 60,
    monitors: 1,
    changed: ['critical'],
    before: { incidents: 2, pages: 2, by_channel: [{ name: 'console', pages: 2 }] },
    after: { incidents: 1, pages: 1 },
    left_out: [],
  });
  expect(told.divergences).toEqual([
    { at: '2026-11-20T08:05:00.100Z', before: [expect.stringContaining('console: P1 Shop')], after: [] },
    { at: '2026-11-20T08:20:00.100Z', before: [expect.stringContaining('console: P1 Shop')], after: [] },
    { at: '2026-11-20T08:21:00.100Z', before: [], after: [expect.stringContaining('console: P1 Shop')] },
  ]);
});

test('what several channels are told is said once, with all of them', async () => {
  const told = JSON.parse(await replay(3, { json: true }, ['hall', 'desk']));
  expect(told.divergences[0]).toMatchObject({ before: [expect.stringMatching(/^desk, hall: P1 Shop/)], after: [] });
});

test('the same policy pages the same', async () => {
  const text = await replay(1, { json: false });
  expect(text).toContain('60 runs of 1 monitor, 0 answers to rules, 0 answers of people');
  expect(text).toContain('Both page the same, at the same times.');
});

test('a run that cannot be read is named and left out, and the replay goes on', async () => {
  const broken = async (n: number, columns: { result?: string; summary?: string }) => {
    const { db, close } = await openSqlite<RunSchema>({ file: join(folder, 'state.db') });
    await db.updateTable('runs').set(columns).where('id', '=', run(n, 'failed').id).execute();
    await close();
  };
  // The single failure, one of the five, and one that passed.
  await broken(10, { result: '{"id": "x", ' });
  await broken(41, { result: JSON.stringify({ ...run(41, 'failed'), attempts: 3 }) });
  await broken(50, { summary: 'nothing' });
  const said = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const told = JSON.parse(await replay(3, { json: true }));
  expect(told).toMatchObject({ runs: 57, before: { incidents: 1 }, after: { incidents: 1 } });
  expect(told.unreadable.map(({ key }: { key: string }) => Number(key.slice(-2)))).toEqual([10, 41, 50]);
  const text = said.mock.calls.join('');
  expect(text).toContain('3 rows of the database cannot be read and are left out:');
  expect(text).toContain(`runs ${run(10, 'failed').id}: `);
  expect(text).not.toContain('    at ');
});
