import { expect, test } from '@jest/globals';
import { flakinessOf } from './flakiness.ts';
import type { RunSummary } from './run-store.ts';

const run = (status: RunSummary['status'], attempts = 1) => ({ status, attempts });

test('flaky is what passed at a later attempt; a run that failed at all of them is not', () => {
  const runs = [
    run('passed'),
    run('passed', 2),
    run('passed', 3),
    run('failed', 3),
    run('error', 2),
    run('skipped', 2),
  ];
  expect(flakinessOf(runs)).toEqual({ runs: 5, flaky: 2, rate: 0.4 });
});

test('a hundred runs count, and none is no rate', () => {
  const runs = [...Array(100).fill(run('passed')), ...Array(50).fill(run('passed', 2))];
  expect(flakinessOf(runs)).toEqual({ runs: 100, flaky: 0, rate: 0 });
  expect(flakinessOf([run('skipped')])).toEqual({ runs: 0, flaky: 0, rate: null });
});
