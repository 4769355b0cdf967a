import type { K6Summary } from '../k6-summary.ts';

/** What k6 v1.8 hands to `handleSummary` after a scenario of two steps, shortened. */
export const SAMPLE_SUMMARY: K6Summary = {
  state: { testRunDurationMs: 3_004.5 },
  root_group: {
    name: '',
    checks: [],
    groups: [
      {
        name: 'reading',
        groups: [],
        checks: [
          { name: 'status is 200', passes: 60, fails: 1 },
          { name: 'warning: duration is less than 5 ms', passes: 40, fails: 21 },
        ],
      },
    ],
  },
  metrics: {
    iterations: { values: { count: 61, rate: 20.3 } },
    dropped_iterations: { values: { count: 2, rate: 0.6 } },
    failed_iterations: { values: { rate: 0.0164, passes: 1, fails: 60 }, thresholds: { 'rate<0.01': { ok: false } } },
    'failed_steps{step:reading}': { values: { rate: 0.0164, passes: 1, fails: 60 } },
    'failed_steps{step:writing  too}': { values: { rate: 0, passes: 0, fails: 0 } },
    http_reqs: { values: { count: 61, rate: 20.3 } },
    'http_reqs{step:reading}': { values: { count: 61, rate: 20.3 } },
    'http_reqs{step:writing  too}': { values: { count: 0, rate: 0 } },
    http_req_failed: { values: { rate: 0, passes: 0, fails: 61 } },
    'http_req_duration{expected_response:true}': {
      values: { avg: 2, min: 1, med: 2, max: 32.6, 'p(90)': 3, 'p(95)': 4.66, 'p(99)': 30 },
      thresholds: { 'p(95)<300': { ok: true }, 'max<=2000': { ok: true } },
    },
    'http_req_duration{step:reading,expected_response:true}': {
      values: { avg: 2, min: 1, med: 2, max: 32.6, 'p(90)': 3, 'p(95)': 4.66, 'p(99)': 30 },
    },
    'http_req_duration{step:writing  too,expected_response:true}': {
      values: { avg: 0, min: 0, med: 0, max: 0, 'p(90)': 0, 'p(95)': 0, 'p(99)': 0 },
    },
    vus_max: { values: { value: 20, min: 20, max: 20 } },
  },
};
