import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { MonitorBoard } from './monitor-board.ts';

const KEY = 'journey@local';
const HOUR_MS = 3_600_000;

function bench() {
  const clock = new VirtualClock(Date.UTC(2026, 0, 10));
  const asked: number[] = [];
  const scenario = {
    id: 'journey',
    name: 'Journey',
    service: 'shop',
    tags: [],
    schedule: null,
    quarantine: null,
    alert: null,
    dependsOn: [],
    locations: null,
  } as unknown as Scenario;
  const board = new MonitorBoard([{ key: KEY, scenario, environment: { name: 'local', base_url: 'http://x' } }], {
    clock,
    runs: {
      list: async () => ({ items: [], next_cursor: null }),
      async uptime(_monitor, since) {
        asked.push((clock.now() - Date.parse(since)) / HOUR_MS);
        return { total: 200, passed: 150, flaky: 10 };
      },
    },
    alertOf: () => undefined,
    nextRunAt: () => null,
    running: () => false,
    suppressedBy: () => null,
  });
  const record = (status: RunResult['status'], attempts: number) =>
    board.record({
      monitor: KEY,
      status,
      attempts: Array.from({ length: attempts }, () => ({})),
      failure: null,
    } as unknown as RunResult);
  return { clock, asked, board, record, flakiness: () => board.find(KEY)!.flakiness };
}

test('flaky are the runs that passed only at a later attempt, of those that ended', () => {
  const { record, flakiness } = bench();
  expect(flakiness()).toEqual({ last_100_runs: { flaky: 0, runs: 0 }, last_7d: null });
  record('passed', 1);
  record('passed', 2);
  record('failed', 2);
  record('skipped', 2);
  expect(flakiness().last_100_runs).toEqual({ flaky: 1, runs: 3 });
  for (let run = 0; run < 100; run++) record('passed', 1);
  expect(flakiness().last_100_runs).toEqual({ flaky: 0, runs: 100 });
});

test('the database counts every five minutes; in between runs are added as they end', async () => {
  const { clock, asked, board, record, flakiness } = bench();
  await board.load();
  expect(asked).toEqual([24, 168]);
  expect(board.find(KEY)!.uptime_24h).toBe(0.75);
  record('passed', 2);
  record('failed', 2);
  record('skipped', 1);
  await board.refreshUptime(KEY);
  expect(asked).toHaveLength(2);
  expect(flakiness().last_7d).toEqual({ flaky: 11, runs: 202 });
  expect(board.find(KEY)!.uptime_24h).toBe(151 / 202);
  await clock.advance(5 * 60_000);
  await board.refreshUptime(KEY);
  expect(asked).toHaveLength(4);
  expect(flakiness().last_7d).toEqual({ flaky: 10, runs: 200 });
});

test('a run that ends while the database counts is not lost: it counts again', async () => {
  const { asked, board, record } = bench();
  const loading = board.load();
  await Promise.resolve();
  record('passed', 1);
  await loading;
  await board.refreshUptime(KEY);
  expect(asked).toHaveLength(4);
});
