import { describe, expect, test } from '@jest/globals';
import type { RunSummary } from '../../../../control/resources.ts';
import { chartColumns, flakeWords, historyWords, latencyStats, withNewer, withRun } from './history.ts';

const run = (second: number, status: RunSummary['status'], duration_ms = 10, degraded = false): RunSummary => ({
  id: `run-${second}`,
  monitor: 'm@local',
  status,
  degraded,
  started_at: `2026-11-23T12:00:${String(second).padStart(2, '0')}.000Z`,
  duration_ms,
  trace_id: '',
  attempts: 1,
  failure: null,
  watcher_fault: null,
});

describe('history', () => {
  test('a strip can be read aloud', () => {
    expect(historyWords([])).toBe('no runs yet');
    expect(historyWords([run(3, 'passed'), run(2, 'passed', 10, true), run(1, 'failed')])).toBe(
      'last 3 runs: 1 passed, 1 degraded, 1 failed',
    );
  });

  test('a run that passed only at a later attempt is flaky, one with a warning is degraded', () => {
    const again = { ...run(2, 'passed', 10, true), attempts: 2 };
    expect(historyWords([run(3, 'passed', 10, true), again])).toBe('last 2 runs: 1 flaky, 1 degraded');
  });

  test('flakiness names its runs, its range, and the attempts it cost', () => {
    const recent_runs = [{ ...run(3, 'passed', 10, true), attempts: 2 }, run(2, 'passed'), run(1, 'skipped')];
    const last_100_runs = { flaky: 1, runs: 2 };
    expect(flakeWords({ recent_runs, flakiness: { last_100_runs, last_7d: { flaky: 202, runs: 20_160 } } })).toBe(
      '1 of the last 2 runs (50\u00a0%), 1\u00a0% of 20,160 in 7 days, 1.50 attempts a run',
    );
    expect(
      flakeWords({
        recent_runs: [run(1, 'passed')],
        flakiness: { last_100_runs: { flaky: 0, runs: 1 }, last_7d: null },
      }),
    ).toBe('0 of the last 1 run (0\u00a0%)');
    expect(flakeWords({ recent_runs: [], flakiness: { last_100_runs: { flaky: 0, runs: 0 }, last_7d: null } })).toBe(
      'no runs yet',
    );
  });

  test('latency leaves out runs that did not pass', () => {
    const runs = [run(4, 'error', 10_000), run(3, 'passed', 30), run(2, 'passed', 10), run(1, 'passed', 20)];
    expect(latencyStats(runs)).toEqual({ runs: 4, passed: 3, p50_ms: 20, p95_ms: 30, max_ms: 30 });
    expect(latencyStats([]).p95_ms).toBeNull();
  });

  test('chart columns ascend in time and leave skipped runs out', () => {
    const columns = chartColumns([
      run(4, 'failed', 7),
      run(3, 'skipped'),
      run(2, 'passed', 5, true),
      run(1, 'passed', 3),
    ]);
    expect(columns.passed).toEqual([3, 5, null]);
    expect(columns.degraded).toEqual([null, 5, null]);
    expect(columns.failed).toEqual([null, null, 7]);
    expect(columns.x[0]).toBeLessThan(columns.x[2]!);
  });

  test('a range that is on screen gains every run since, not only the last', () => {
    const range = [run(2, 'passed'), run(1, 'passed')];
    const recent = [run(4, 'failed'), run(3, 'passed'), run(2, 'passed')];
    expect(withNewer(range, recent).map((entry) => entry.id)).toEqual(['run-4', 'run-3', 'run-2', 'run-1']);
    expect(withNewer([], recent)).toEqual([]);
  });

  test('a live run is put in by time, once', () => {
    const list = [run(3, 'passed'), run(1, 'passed')];
    expect(withRun(list, run(4, 'failed')).map((entry) => entry.id)).toEqual(['run-4', 'run-3', 'run-1']);
    expect(withRun(list, run(2, 'failed')).map((entry) => entry.id)).toEqual(['run-3', 'run-2', 'run-1']);
    expect(withRun(list, run(3, 'failed'))).toHaveLength(2);
    expect(withRun(list, run(4, 'failed'), 2).map((entry) => entry.id)).toEqual(['run-4', 'run-3']);
  });
});
