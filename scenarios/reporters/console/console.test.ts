import { describe, expect, test } from '@jest/globals';
import type { RunResult } from '../../run-result.ts';
import {
  dataRun,
  failedRun,
  hostileRun,
  journeyRun,
  passedRun,
  sampleRun,
  sampleStep,
  unmetStatus,
} from '../testing/sample-runs.ts';
import { reporter } from './index.ts';

const report = (runs: RunResult[], options = {}) => {
  const console = reporter.create({ colour: false, width: 80, ...options });
  return [...runs.map((each) => console.runFinished?.(each) ?? ''), console.finish?.() ?? ''].join('');
};

test('a failed run shows its steps as a waterfall, what was expected and what came', () => {
  expect(report([failedRun])).toBe(
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
      '    answer   200, no body',
      '    trace    4bf92f3577b34da6a3ce929d0e0e4736',
      '',
      '1 scenario: 1 failed (100 ms)',
      '',
    ].join('\n'),
  );
});

test('phases shade the bars; groups, tries, warnings, the answer and where two texts part ways are told', () => {
  expect(report([journeyRun], { width: 90 })).toBe(
    [
      '✗ journey@staging  Write a post and read it back  1.3 s',
      '    attempt 1 of 2 did not pass: signing in: connection refused (10.0.0.7:443)',
      '    before',
      `    ✓ signing in  200    200 ms  ${'░'.repeat(20)}${'▒'.repeat(16)}${'█'.repeat(4)}`,
      '    steps',
      '    ∥ loading the page, side by side',
      `    ✓   posts                200    100 ms  ${'█'.repeat(5)}`,
      `    ▲   users                200    250 ms  ${'█'.repeat(13)}`,
      '        warning: duration is 250 ms, expected less than 100 ms',
      `    ✓ polling the job        200    400 ms  ${' '.repeat(12)}${'█'.repeat(20)}`,
      '        after 5 tries',
      `    ✗ reading the post back  200    150 ms  ${' '.repeat(32)}${'▒'.repeat(6)}${'█'.repeat(2)}`,
      '        $.title is another text',
      '    always',
      '    ○ deleting the post  skipped  id was not captured',
      '',
      '    request  GET https://staging.example.com/v1/posts/17',
      '    expected "hello 4f6c9bb1-0000-4000-8000-000000000001"',
      '    actual   "hello 4f6c9bb1-0000-4000-8000-0000000000ff"',
      '    differs  character 42: …0-0000000000ff" instead of …0-000000000001"',
      '    answer   200, application/json, 75 B',
      '             {',
      '               "id": 17,',
      '               "title": "hello 4f6c9bb1-0000-4000-8000-0000000000ff",',
      '               "tags": [',
      '                 "a"',
      '               ]',
      '             }',
      '    trace    4bf92f3577b34da6a3ce929d0e0e4736',
      '    runbook  https://wiki.example.com/posts',
      '',
      '░ connecting  ▒ waiting  █ receiving and judging',
      '1 scenario: 1 failed (1.3 s)',
      '',
    ].join('\n'),
  );
});

test('rows that passed are one line, the row that failed is told in full', () => {
  const text = report([dataRun]);
  expect(text).toContain('    ✓ rows 1 to 37  passed  370 ms\n    row 38\n    ✗ signing in  200     10 ms');
  expect(text).toContain('    40 rows of data: 37 passed, 1 failed, 2 not begun\n');
  expect(text).toContain('    row      38\n');
});

test('of a thousand failing rows the first twenty are told', () => {
  const steps = Array.from({ length: 1_000 }, (_, row) =>
    sampleStep('s', { row: row + 1, status: 'failed', assertions: [unmetStatus] }),
  );
  const text = report([sampleRun({ status: 'failed', steps })]);
  expect(text.match(/ {4}row \d+/g)).toHaveLength(20);
  expect(text).toContain('… 980 more rows with failures or warnings');
});

test('several runs: those that did not pass are told once more at the end, with the time of the clock', () => {
  const text = report([failedRun, passedRun, dataRun]);
  expect(text.slice(text.lastIndexOf('✗ posts@local'))).toBe(
    [
      '✗ posts@local  write: status 500, expected 201',
      '✗ users@local  signing in: row 38: status 500, expected 201',
      '',
      '3 scenarios: 2 failed, 1 passed (380 ms)',
      '',
    ].join('\n'),
  );
});

test('control characters of a service do not reach the terminal, wide names keep the columns', () => {
  const text = report([hostileRun, sampleRun({ steps: [sampleStep('글쓰기'), sampleStep('read it')] })]);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text).toContain('글쓰기   200');
  expect(text).toContain('read it  200');
});

test('a degraded run is marked, colour is optional', () => {
  const warnings = [{ ...unmetStatus, message: 'duration is 900 ms, expected less than 500 ms' }];
  const degraded = sampleRun({ degraded: true, steps: [sampleStep('slow', { warnings })] });
  expect(report([degraded])).toContain('warning: duration is 900 ms');
  expect(report([degraded])).toContain('1 passed, 1 of them degraded');
  expect(report([degraded], { colour: true })).toContain('\u001b[33m▲');
});

test.each([40, 60, 80, 200])('at %i columns no step breaks its line', (width) => {
  const named = (name: string) => sampleStep(name, { duration_ms: 12_345 });
  const text = report(
    [sampleRun({ steps: [named('reading the post back with a very long name'), named('글'.repeat(40))] })],
    { width },
  );
  const waterfall = text.split('\n').filter((line) => line.startsWith('    ✓'));
  expect(waterfall).toHaveLength(2);
  for (const line of waterfall) {
    const columns = [...line].reduce((sum, letter) => sum + (letter === '글' ? 2 : 1), 0);
    expect(columns).toBeLessThanOrEqual(width);
  }
});

describe('at a terminal', () => {
  const CLEAR = '\r\u001b[K';
  const live = () => reporter.create({ colour: false, width: 60, live: true, runs: 2 });

  test('the last line says what is going on and gives way to results', () => {
    const console = live();
    expect(console.runStarted?.({ monitor: 'a@x', name: 'A' })).toBe(`${CLEAR}… 0 of 2 done · a@x  A`);
    expect(console.runStarted?.({ monitor: 'b@x', name: 'B' })).toBe(`${CLEAR}… 0 of 2 done, 2 under way · b@x  B`);
    const step = console.stepFinished?.({ monitor: 'a@x', name: 'sign in', row: 3, status: 'passed' });
    expect(step).toBe(`${CLEAR}… 0 of 2 done, 2 under way · a@x  row 3, sign in: passed`.slice(0, CLEAR.length + 59));
    const result = console.runFinished?.({ ...passedRun, monitor: 'a@x' });
    expect(result?.startsWith(`${CLEAR}✓ a@x`)).toBe(true);
    expect(result?.endsWith(`${CLEAR}… 1 of 2 done · b@x`)).toBe(true);
    console.runFinished?.({ ...passedRun, monitor: 'b@x' });
    expect(console.finish?.()).toBe('2 scenarios: 2 passed (100 ms)\n');
  });

  test('nothing moves where nobody looks', () => {
    const plain = reporter.create({ colour: false });
    expect(plain.runStarted?.({ monitor: 'a@x', name: 'A' })).toBeUndefined();
    expect(plain.stepFinished?.({ monitor: 'a@x', name: 's', row: null, status: 'passed' })).toBeUndefined();
  });
});
