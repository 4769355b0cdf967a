import { describe, expect, test } from '@jest/globals';
import type { Attempt, Failure, LoadReport, StepResult } from '../../../../control/resources.ts';
import { verdictOf } from './verdict.ts';

const failure: Failure = {
  step: 'write',
  row: null,
  message: 'status 500, expected 201',
  expected: '201',
  actual: '500',
  kind: 'assertion',
  request: null,
  status_code: 500,
  span_id: 'b7ad6b7169203331',
};
const step = (warnings: StepResult['warnings'] = []) => ({ name: 'read', warnings }) as unknown as StepResult;
const attempt = (number: number, status: Attempt['status'], why: Failure | null = null) =>
  ({ number, status, failure: why }) as unknown as Attempt;
const passed = {
  status: 'passed' as const,
  degraded: false,
  attempts: [attempt(1, 'passed')],
  steps: [step(), step()],
  failure: null,
  watcher_fault: null,
  duration_ms: 83.2,
};

describe('verdict', () => {
  test('a pass says how much was done and how long it took', () => {
    expect(verdictOf(passed)).toEqual({ tone: 'passing', words: 'Passed: 2 steps in 83\u00a0ms' });
  });

  test('a load test says how many starts failed, and how many were left out', () => {
    const load = { iterations: { count: 600, failed: 3, dropped: 20, rate_per_s: 50 } } as LoadReport;
    const run = { ...passed, degraded: true, attempts: [], steps: [], load };
    expect(verdictOf(run)).toEqual({
      tone: 'degraded',
      words: 'Passed: 3 of 600 starts failed, 20 not started',
    });
  });

  test('a failure names the step first', () => {
    const verdict = verdictOf({ ...passed, status: 'failed', failure });
    expect(verdict).toEqual({ tone: 'failing', words: '“write” failed: status 500, expected 201' });
  });

  test('a network failure does not claim that the service answered', () => {
    const refused = { ...failure, kind: 'network' as const, message: 'connection refused' };
    expect(verdictOf({ ...passed, status: 'error', failure: refused }).words).toBe(
      '“write” got no answer: connection refused',
    );
  });

  test('a pass at the second attempt tells what the first one saw', () => {
    const verdict = verdictOf({
      ...passed,
      degraded: true,
      attempts: [attempt(1, 'failed', failure), attempt(2, 'passed')],
    });
    expect(verdict.words).toBe('Passed at attempt 2. Attempt 1: “write” failed: status 500, expected 201');
  });

  test('a warning that did not hold is named', () => {
    const warning = { passed: false, message: 'duration 612 ms, expected less than 500 ms' };
    const verdict = verdictOf({ ...passed, degraded: true, steps: [step([warning as never])] });
    expect(verdict.words).toContain('“read”: duration 612 ms');
  });

  test('a fault of the watcher is never the service failing', () => {
    const verdict = verdictOf({ ...passed, status: 'error', failure, watcher_fault: 'disk full' });
    expect(verdict.tone).toBe('no_data');
  });

  test('a step whose name runs from right to left does not turn the sentence', () => {
    const failed = { ...passed, status: 'failed' as const, failure: { ...failure, step: '\u202eשלום' } };
    expect(verdictOf(failed).words).toBe('“\u2068\u202eשלום\u2069” failed: status 500, expected 201');
  });
});
