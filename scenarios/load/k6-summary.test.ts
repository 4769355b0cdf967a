import { expect, test } from '@jest/globals';
import { progressOf } from './k6-process.ts';
import { loadReport } from './k6-summary.ts';
import { loadRun } from './load-run.ts';
import { loadText, progressLine } from './load-text.ts';
import { parsed } from './testing/parse.ts';
import { SAMPLE_SUMMARY } from './testing/sample-summary.ts';

const scenario = parsed(`version: 1
id: shop
name: Shop
service: shop
steps:
  - { name: reading, request: GET /, expect: { status: 200 }, warn: { duration: { lt: 5ms } } }
  - { name: "writing, too", request: POST / }
load:
  phases: [{ duration: 3s, arrival_rate: 20 }]
  thresholds: { duration_p95: { lt: 300ms }, failed: { lt: 1% }, duration_max: { lte: 2s } }
`);
const about = { tool: 'k6 v1.8.1', stopped: false, messages: ['reading: does not hold: status is 200'] };
const at = { id: '01a207d2-0000-7000-8000-000000000000', startedAt: '2026-11-23T03:00:00.000Z' };

test('the figures of k6 are told in the words of the scenario', () => {
  expect(loadReport(scenario, SAMPLE_SUMMARY, about)).toEqual({
    tool: 'k6 v1.8.1',
    duration_ms: 3_004.5,
    stopped: false,
    iterations: { count: 61, failed: 1, dropped: 2, rate_per_s: 20.3 },
    vus_max: 20,
    requests: {
      count: 61,
      unanswered: 0,
      rate_per_s: 20.3,
      duration: { p50_ms: 2, p90_ms: 3, p95_ms: 4.66, p99_ms: 30, max_ms: 32.6 },
    },
    thresholds: [
      { metric: 'duration_p95', expected: 'less than 300 ms', actual: '4.66 ms', crossed: false },
      { metric: 'failed', expected: 'less than 1%', actual: '1.64%', crossed: true },
      { metric: 'duration_max', expected: 'at most 2 s', actual: '33 ms', crossed: false },
    ],
    steps: [
      {
        name: 'reading',
        section: 'steps',
        runs: 61,
        failed: 1,
        requests: 61,
        duration: { p50_ms: 2, p90_ms: 3, p95_ms: 4.66, p99_ms: 30, max_ms: 32.6 },
        checks: [
          { name: 'status is 200', passed: 60, failed: 1 },
          { name: 'warning: duration is less than 5 ms', passed: 40, failed: 21 },
        ],
      },
      { name: 'writing, too', section: 'steps', runs: 0, failed: 0, requests: 0, duration: null, checks: [] },
    ],
    messages: ['reading: does not hold: status is 200'],
  });
});

test('a crossed threshold is the failure of the run, with the step that has most to do with it', () => {
  const run = loadRun(scenario, 'staging', loadReport(scenario, SAMPLE_SUMMARY, about), at);
  expect(run).toMatchObject({
    monitor: 'shop@staging:load',
    status: 'failed',
    failure: { step: 'reading', message: 'failed is 1.64%, expected less than 1%', kind: 'assertion' },
  });
});

test('a test that was stopped before a threshold was crossed is no verdict', () => {
  const { failed_iterations: failed, ...metrics } = SAMPLE_SUMMARY.metrics;
  const good = {
    ...SAMPLE_SUMMARY,
    metrics: { ...metrics, failed_iterations: { ...failed!, thresholds: { 'rate<0.01': { ok: true } } } },
  };
  const run = loadRun(scenario, 'staging', loadReport(scenario, good, { ...about, stopped: true }), at);
  expect(run).toMatchObject({ status: 'skipped', failure: null });
});

test('a threshold on what was never measured is crossed', () => {
  const metrics = { ...SAMPLE_SUMMARY.metrics, http_req_failed: { values: { rate: 1, passes: 61, fails: 0 } } };
  const { thresholds } = loadReport(scenario, { ...SAMPLE_SUMMARY, metrics }, about);
  expect(thresholds[0]).toEqual({
    metric: 'duration_p95',
    expected: 'less than 300 ms',
    actual: 'nothing was measured',
    crossed: true,
  });
});

test('the summary shows each step, what did not hold, and the thresholds', () => {
  const run = loadRun(scenario, 'staging', loadReport(scenario, SAMPLE_SUMMARY, about), at);
  expect(loadText(run, false)).toBe(`✗ failed Shop shop@staging, k6 v1.8.1
  61 iterations in 3 s (20.3/s) · failed 1.64% · 61 requests (20.3/s) · 20 VUs at most

  step          ran     failed  requests   p50      p95    p99
  reading        61  1 (1.64%)        61  2 ms  4.66 ms  30 ms
  writing, too    0          0         0     –        –      –

  ✗ reading: status is 200 1 of 61 did not hold
  ! reading: warning: duration is less than 5 ms 21 of 61 did not hold

  ✓ duration_p95 less than 300 ms: 4.66 ms
  ✗ failed less than 1%: 1.64%
  ✓ duration_max at most 2 s: 33 ms
  2 iterations were not started: all virtual users were busy, so the load was less than asked for

  said on the way:
    reading: does not hold: status is 200
`);
});

test('names and messages cannot steer the terminal', () => {
  const evil = 'a\u001b[2Jb\rc\u202ed';
  const report = loadReport(scenario, SAMPLE_SUMMARY, { ...about, messages: [evil] });
  const run = loadRun({ ...scenario, name: evil }, 'staging', report, at);
  expect(loadText(run, false)).not.toMatch(/[\u001b\r\u202e]/);
});

test('progress is one line, with what is not known yet left open', () => {
  const metric = (id: string, sample: Record<string, number>) => ({ id, attributes: { sample } });
  expect(progressLine(progressOf({ data: [] }, 500))).toBe('500 ms · 0 VUs · 0 iterations · 0.0/s · failed – · p95 –');
  const data = [
    metric('vus', { value: 3 }),
    metric('iterations', { count: 40, rate: 19.96 }),
    metric('failed_iterations', { rate: 0.025 }),
    metric('http_req_duration', { 'p(95)': 812.4 }),
    metric('dropped_iterations', { count: 4, rate: 1 }),
  ];
  expect(progressLine(progressOf({ data }, 65_000))).toBe(
    '1 min · 3 VUs · 40 iterations · 20.0/s · failed 2.5% · p95 812 ms · 4 not started',
  );
});
