import { expect, test } from '@jest/globals';
import { decide } from '../../alerts/engine/decide.ts';
import { apply, emptyState } from '../../alerts/engine/state.ts';
import { failed, observe, passed } from '../../alerts/testing/observations.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { openState } from '../../storage/state.ts';
import { type Kept, prune } from './retention.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const forever = new AbortController().signal;

const run = (n: number, id = `run-of-nobody-${n}`): RunResult =>
  ({
    id,
    monitor: 'a@local',
    status: 'failed',
    started_at: new Date(START + n * 1_000).toISOString(),
    duration_ms: 1,
    attempts: [],
    steps: [],
    failure: null,
  }) as unknown as RunResult;

test('the run with which an incident began stays as long as the incident, and no longer', async () => {
  const state = await openState(':memory:');
  try {
    const known = emptyState();
    let first = '';
    for (const [second, outcome] of [failed, passed].entries()) {
      const now = START + second * 1_000;
      const observation = observe('a@local', outcome, now);
      first ||= observation.run_id;
      const change = decide(known, observation, { now, policies: [], channels: [], publicUrl: 'http://127.0.0.1' });
      apply(known, change);
      await state.alerts.commit(change);
    }
    await state.runs.save(run(0, first));
    for (let n = 1; n <= 120; n++) await state.runs.save(run(n));
    const went = async (days: number) => {
      const seen: Partial<Record<Kept, number>> = {};
      const settings = { state, now: START + days * DAY_MS, runsMs: 30 * DAY_MS, incidentsMs: 400 * DAY_MS };
      await prune({ ...settings, onPruned: (kept, rows) => (seen[kept] = rows) }, forever);
      return seen;
    };
    expect(await went(29)).toEqual({ incidents: 0, deployments: 0, overrides: 0, runs: 0 });
    expect(await went(31)).toMatchObject({ incidents: 0, runs: 20 });
    expect(await state.runs.find(first)).not.toBeNull();
    expect(await went(401)).toMatchObject({ incidents: 1, runs: 1 });
    expect(await state.runs.find(first)).toBeNull();
  } finally {
    await state.close();
  }
});

test('what fails is told, and keeps nothing else from being done', async () => {
  const none = { prune: async () => 0 };
  const broken = {
    prune: () => Promise.reject(new Error('disk I/O error')),
    evidenceRuns: async () => new Set<string>(),
  };
  const done: Kept[] = [];
  const state = { runs: none, alerts: broken, deployments: none, onCallOverrides: none } as never;
  const settings = { state, now: START, runsMs: 1, incidentsMs: 1, onPruned: (kept: Kept) => done.push(kept) };
  await expect(prune(settings, forever)).rejects.toThrow('disk I/O error');
  expect(done).toEqual(['deployments', 'overrides', 'runs']);
});
