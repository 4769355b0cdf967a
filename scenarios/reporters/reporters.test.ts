import { describe, expect, test } from '@jest/globals';
import type { RunResult, StepResult } from '../run-result.ts';
import { reporters } from './index.ts';

const step = (name: string, changes: Partial<StepResult> = {}): StepResult => ({
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
  response: { status: 200, http_version: 'HTTP/1.1', headers: {}, body: null },
  assertions: [],
  warnings: [],
  captures: {},
  error: null,
  ...changes,
});

const run = (changes: Partial<RunResult> = {}): RunResult => ({
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

const unmet = {
  kind: 'status',
  subject: 'status',
  operator: 'equals',
  expected: '201',
  actual: '500',
  passed: false,
  message: 'status 500, expected 201',
};
const failure = {
  step: 'write',
  message: 'status 500, expected 201',
  expected: '201',
  actual: '500',
  kind: 'assertion' as const,
  request: { method: 'POST', route: '/v1/posts', url: 'http://127.0.0.1/v1/posts' },
  status_code: 500,
  span_id: 'a',
};
const failed = run({
  status: 'failed',
  steps: [
    step('sign in'),
    step('write', { status: 'failed', offset_ms: 40, duration_ms: 60, assertions: [unmet] }),
    step('delete', { section: 'always', status: 'skipped', skipped_reason: '{{ id }} was never captured' }),
  ],
  attempts: [
    { number: 1, status: 'failed', started_at: '', duration_ms: 50, span_id: 'b', steps: [], failure },
    { number: 2, status: 'failed', started_at: '', duration_ms: 50, span_id: 'c', steps: [], failure },
  ],
  failure,
});

const report = (name: string, runs: RunResult[]) => {
  const reporter = reporters.get(name)!.create({ colour: false, width: 80 });
  return [...runs.map((each) => reporter.runFinished?.(each) ?? ''), reporter.finish?.() ?? ''].join('');
};

describe('console', () => {
  test('a failed run shows its steps as a waterfall, what was expected and what came', () => {
    expect(report('console', [failed])).toBe(
      [
        '✗ posts@local  Posts  100 ms',
        '    attempt 1 of 2 did not pass: write: status 500, expected 201',
        `    ✓ sign in  200     40 ms  ${'█'.repeat(16)}`,
        `    ✗ write    200     60 ms  ${' '.repeat(16)}${'█'.repeat(24)}`,
        '        status 500, expected 201',
        '    ○ delete   skipped  {{ id }} was never captured',
        '',
        '    request  POST http://127.0.0.1/v1/posts',
        '    expected 201',
        '    actual   500',
        '    trace    4bf92f3577b34da6a3ce929d0e0e4736',
        '',
        '1 scenario: 1 failed (100 ms)',
        '',
      ].join('\n'),
    );
  });

  test('control characters of a service do not reach the terminal, wide names keep the columns', () => {
    const hostile = run({
      status: 'error',
      failure: { ...failure, step: 'x', message: 'bad \u001b[2J\nnext' },
      steps: [step('글쓰기'), step('read it')],
    });
    const text = report('console', [hostile]);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('글쓰기   200');
    expect(text).toContain('read it  200');
  });

  test('a degraded run is marked, colour is optional', () => {
    const degraded = run({
      degraded: true,
      steps: [step('slow', { warnings: [{ ...unmet, message: 'duration is 900 ms, expected less than 500 ms' }] })],
    });
    expect(report('console', [degraded])).toContain('warning: duration is 900 ms');
    expect(report('console', [degraded])).toContain('1 passed, 1 of them degraded');
    expect(reporters.get('console')!.create({ colour: true }).runFinished?.(degraded)).toContain('\u001b[33m▲');
  });
});

describe('junit', () => {
  test('suites, cases, failures and skips are counted; everything is escaped', () => {
    const xml = report('junit', [
      failed,
      run({
        monitor: 'a"<b>&@local',
        steps: [
          step('tab\there \u0001 \ud800 <&>\'"', {
            status: 'error',
            error: { code: 'X', message: 'a ]]> b\nc', hint: null },
          }),
        ],
        status: 'error',
      }),
    ]);
    expect(xml).toContain('<testsuites name="ringdown" tests="4" failures="1" errors="1" skipped="1" time="0.200">');
    expect(xml).toContain(
      '<testsuite name="posts@local" tests="3" failures="1" errors="0" skipped="1" time="0.100" timestamp="2026-01-01T00:00:00.000">',
    );
    expect(xml).toContain('<failure message="status 500, expected 201" type="assertion">');
    expect(xml).toContain('<testcase name="delete" classname="posts@local.always"');
    expect(xml).toContain('attempt 1 did not pass: write: status 500, expected 201');
    expect(xml).toContain('name="a&quot;&lt;b&gt;&amp;@local"');
    expect(xml).toContain('name="tab&#9;here \ufffd \ufffd &lt;&amp;&gt;&apos;&quot;"');
    expect(xml).toContain('a ]]&gt; b\nc');
    expect(wellFormed(xml)).toBe(true);
  });

  test('a fault of the watcher is an error of its own', () => {
    expect(report('junit', [run({ status: 'error', watcher_fault: 'out of memory' })])).toContain(
      '<error message="out of memory"',
    );
  });
});

test('json holds the runs as they are, with totals', () => {
  const { totals, runs } = JSON.parse(report('json', [failed, run()]));
  expect(totals).toEqual({ total: 2, passed: 1, failed: 1, error: 0, skipped: 0, degraded: 0 });
  expect(runs).toEqual([failed, run()]);
});

/** Tags nest, attributes are quoted, nothing bare is left between. */
function wellFormed(xml: string): boolean {
  const open: string[] = [];
  const rest = xml
    .replace(/<\?.*?\?>|<!--.*?-->/gs, '')
    .replace(/<(\/?)([a-z-]+)((?: [a-z_]+="[^"<]*")*)(\/?)>/g, (_, end, name, __, empty) => {
      if (end) return open.pop() === name ? '' : '<';
      if (!empty) open.push(name);
      return '';
    });
  return open.length === 0 && !/[<>]/.test(rest) && !/&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(xml);
}
