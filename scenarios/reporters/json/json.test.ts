import { expect, test } from '@jest/globals';
import { dataRun, failedRun, passedRun } from '../testing/sample-runs.ts';
import { reporter } from './index.ts';

test('json holds the runs as they are, with totals', () => {
  const json = reporter.create({ colour: false });
  for (const run of [failedRun, passedRun, dataRun]) json.runFinished?.(run);
  const { version, totals, runs } = JSON.parse(json.finish!()!);
  expect(version).toBe(1);
  expect(totals).toEqual({ total: 3, passed: 1, failed: 2, error: 0, skipped: 0, degraded: 0 });
  expect(runs).toEqual([failedRun, passedRun, dataRun]);
});
