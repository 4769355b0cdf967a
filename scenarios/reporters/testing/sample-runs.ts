/** Runs as the engine makes them, for tests of reporters. */
import type { AssertionResult, Failure, RunResult, StepResult } from '../../run-result.ts';

export const sampleStep = (name: string, changes: Partial<StepResult> = {}): StepResult => ({
  name,
  section: 'steps',
  kind: 'http',
  row: null,
  tries: 1,
  group: null,
  shortened: false,
  redirects: [],
  status: 'passed',
  skipped_reason: null,
  offset_ms: 0,
  duration_ms: 40,
  timings: null,
  span_id: 'a1b2c3d4e5f60718',
  request: { method: 'GET', url: 'http://127.0.0.1/v1/posts', route: '/v1/posts', headers: {}, body: null },
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
  row: null,
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
  rows: null,
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

const json = (value: unknown, indentation?: number) => {
  const text = JSON.stringify(value, null, indentation);
  return { text, content_type: 'application/json; charset=utf-8', size_bytes: text.length, truncated: false };
};

const timings = (phases: Partial<NonNullable<StepResult['timings']>>) => ({
  dns_ms: null,
  connect_ms: null,
  tls_ms: null,
  first_byte_ms: null,
  download_ms: null,
  total_ms: 0,
  connection_reused: false,
  ...phases,
});

/** A journey that failed with all the evidence there is: phases, a body, a repeat, a parallel group, a warning. */
export const journeyRun: RunResult = sampleRun({
  id: '01890000-0000-7000-8000-000000000002',
  monitor: 'journey@staging',
  name: 'Write a post and read it back',
  environment: 'staging',
  runbook: 'https://wiki.example.com/posts',
  status: 'failed',
  duration_ms: 1_262,
  started_at: '2026-01-01T00:00:01.000Z',
  steps: [
    sampleStep('signing in', {
      section: 'before',
      duration_ms: 200,
      timings: timings({ dns_ms: 10, connect_ms: 20, tls_ms: 70, first_byte_ms: 80, download_ms: 20, total_ms: 200 }),
    }),
    sampleStep('posts', { group: 'loading the page', offset_ms: 200, duration_ms: 100 }),
    sampleStep('users', {
      group: 'loading the page',
      offset_ms: 200,
      duration_ms: 250,
      warnings: [{ ...unmetStatus, message: 'duration is 250 ms, expected less than 100 ms' }],
    }),
    sampleStep('polling the job', { offset_ms: 450, duration_ms: 400, tries: 5 }),
    sampleStep('reading the post back', {
      status: 'failed',
      offset_ms: 850,
      duration_ms: 150,
      timings: timings({ first_byte_ms: 120, download_ms: 30, total_ms: 150, connection_reused: true }),
      request: {
        method: 'GET',
        url: 'https://staging.example.com/v1/posts/17',
        route: '/v1/posts/{{ id }}',
        headers: { accept: '*/*', authorization: '[redacted]' },
        body: null,
      },
      response: {
        status: 200,
        http_version: '2',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: json({ id: 17, title: 'hello 4f6c9bb1-0000-4000-8000-0000000000ff', tags: ['a'] }),
      },
      assertions: [
        { ...unmetStatus, expected: '200', actual: '200', passed: true, message: 'status is 200' },
        {
          kind: 'jsonpath',
          subject: '$.title',
          operator: 'equals',
          expected: '"hello 4f6c9bb1-0000-4000-8000-000000000001"',
          actual: '"hello 4f6c9bb1-0000-4000-8000-0000000000ff"',
          passed: false,
          message: '$.title is another text',
        },
      ],
    }),
    sampleStep('deleting the post', {
      section: 'always',
      status: 'skipped',
      tries: 0,
      skipped_reason: 'id was not captured',
      offset_ms: 1_000,
      duration_ms: 0,
      request: null,
      response: null,
    }),
  ],
  attempts: [
    {
      ...failedAttempt(1),
      failure: { ...sampleFailure, step: 'signing in', message: 'connection refused (10.0.0.7:443)', kind: 'network' },
      status: 'error',
    },
    failedAttempt(2),
  ],
  failure: {
    step: 'reading the post back',
    row: null,
    message: '$.title is another text',
    expected: '"hello 4f6c9bb1-0000-4000-8000-000000000001"',
    actual: '"hello 4f6c9bb1-0000-4000-8000-0000000000ff"',
    kind: 'assertion',
    request: { method: 'GET', route: '/v1/posts/{{ id }}', url: 'https://staging.example.com/v1/posts/17' },
    status_code: 200,
    span_id: 'a',
  },
});

/** Forty rows of data, one step each: the 38th failed, so the last two were not begun. */
export const dataRun: RunResult = sampleRun({
  id: '01890000-0000-7000-8000-000000000003',
  monitor: 'users@local',
  name: 'Every user signs in',
  status: 'failed',
  duration_ms: 380,
  steps: Array.from({ length: 38 }, (_, index) => {
    const row = index + 1;
    const place = { row, offset_ms: index * 10, duration_ms: 10 };
    if (row === 38) return sampleStep('signing in', { ...place, status: 'failed', assertions: [unmetStatus] });
    return sampleStep('signing in', place);
  }),
  attempts: [{ ...failedAttempt(1), rows: { total: 40, passed: 37, failed: 1 } }],
  failure: { ...sampleFailure, step: 'signing in', row: 38, message: 'row 38: status 500, expected 201' },
});

/** Whatever a service may put into its answers to harm who reads the report. */
export const hostileRun: RunResult = sampleRun({
  id: '01890000-0000-7000-8000-000000000004',
  monitor: 'a"<b>&@local',
  name: 'x</title><script>alert(1)</script> | `code` *bold* [link](javascript:alert(1)) \u001b[2J\u202e',
  runbook: 'javascript:alert(1)',
  status: 'error',
  steps: [
    sampleStep('tab\there \u0001 \ud800 <&>\'" ]]> </details>', {
      status: 'error',
      error: { code: 'X', message: 'bad \u001b[2J\r\nnext ]]> <img src=x onerror=alert(1)>', hint: '```\n# heading' },
      request: {
        method: 'GET',
        url: 'http://127.0.0.1/?q=<script>"\'',
        route: '/',
        headers: { 'x-evil': '</pre><script>alert(2)</script>' },
        body: null,
      },
      response: {
        status: 500,
        http_version: '1.1',
        headers: {},
        body: {
          text: '```\n</pre></details><script>alert(3)</script>\u0000\u001b]0;owned\u0007\n````',
          content_type: 'text/html"><script>',
          size_bytes: 60,
          truncated: true,
        },
      },
    }),
  ],
  attempts: [],
  failure: {
    ...sampleFailure,
    step: 'tab\there \u0001 \ud800 <&>\'" ]]> </details>',
    message: 'bad \u001b[2J\r\nnext ]]> <img src=x onerror=alert(1)>',
    kind: 'network',
    expected: null,
    actual: null,
  },
});
