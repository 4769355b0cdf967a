/** Runs as the engine makes them, for tests of reporters. */
import type { AssertionResult, Failure, RunResult, StepResult } from '../../run-result.ts';

export const sampleStep = (name: string, changes: Partial<StepResult> = {}): StepResult => ({
  name,
  section: 'steps',
  kind: 'http',
  row: null,
  tries: 1,
  group: null,
  status: 'passed',
  skipped_reason: null,
  offset_ms: 0,
  duration_ms: 40,
  timings: null,
  span_id: 'a1b2c3d4e5f60718',
  request: { method: 'GET', url: 'http://127.0.0.1/v1/posts', headers: {}, body: null },
  response: { status: 200, http_version: '1.1', headers: {}, body: null },
  assertions: [],
  warnings: [],
  captures: {},
  error: null,
  ...changes,
});

export const sampleRun = (changes: Partial<RunResult> = {}): RunResult => ({
  id: '01890000-0000-7000-8000-000000000001',
  monitor: 'posts@local',
  scenario: 'posts',
  name: 'Posts',
  service: 'api',
  environment: 'local',
  owner: null,
  runbook: null,
  tags: [],
  status: 'passed',
  degraded: false,
  scheduled_at: '2026-01-01T00:00:00.000Z',
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 100,
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  attempts: [],
  steps: [],
  failure: null,
  watcher_fault: null,
  ...changes,
});

export const unmetStatus: AssertionResult = {
  kind: 'status',
  subject: 'status',
  operator: 'equals',
  expected: '201',
  actual: '500',
  passed: false,
  message: 'status 500, expected 201',
};

export const sampleFailure: Failure = {
  step: 'write',
  message: 'status 500, expected 201',
  expected: '201',
  actual: '500',
  kind: 'assertion',
  request: { method: 'POST', route: '/v1/posts', url: 'http://127.0.0.1/v1/posts' },
  status_code: 500,
  span_id: 'a',
};

const failedAttempt = (number: number) => ({
  number,
  status: 'failed' as const,
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 50,
  span_id: `${number}`,
  steps: [],
  failure: sampleFailure,
});

export const passedRun: RunResult = sampleRun({
  monitor: 'health@local',
  name: 'Health',
  steps: [sampleStep('asking')],
});

export const failedRun: RunResult = sampleRun({
  status: 'failed',
  steps: [
    sampleStep('sign in'),
    sampleStep('write', { status: 'failed', offset_ms: 40, duration_ms: 60, assertions: [unmetStatus] }),
    sampleStep('delete', { section: 'always', status: 'skipped', skipped_reason: '{{ id }} was never captured' }),
  ],
  attempts: [failedAttempt(1), failedAttempt(2)],
  failure: sampleFailure,
});
