import { expect, test } from '@jest/globals';
import type { StepResult } from '../../../../control/resources.ts';
import { rowsWords, tellingSteps } from './rows.ts';

const step = (row: number | null, status: StepResult['status'], warned = false) =>
  ({ row, status, warnings: warned ? [{ passed: false }] : [] }) as unknown as StepResult;

test('rows are counted in words', () => {
  expect(rowsWords({ total: 40, passed: 37, failed: 1 })).toBe('40 rows of data: 37 passed, 1 failed, 2 not begun');
  expect(rowsWords({ total: 1, passed: 1, failed: 0 })).toBe('1 row of data: 1 passed');
});

test('of rows, those that failed or warned are told whole, and what belongs to no row', () => {
  const steps = [
    step(null, 'passed'),
    step(1, 'passed'),
    step(2, 'passed'),
    step(2, 'passed', true),
    step(3, 'passed'),
    step(3, 'failed'),
    step(3, 'skipped'),
    step(null, 'skipped'),
  ];
  expect(tellingSteps(steps)).toEqual([steps[0], steps[2], steps[3], steps[4], steps[5], steps[6], steps[7]]);
});
