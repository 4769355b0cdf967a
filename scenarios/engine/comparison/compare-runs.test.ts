import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunResult, StepResult } from '../../run-result.ts';
import { compareRuns, type RunComparison } from './compare-runs.ts';
import { diffLines } from './line-diff.ts';

let made = 0;

function run(...steps: [name: string, status: number, body: unknown, headers?: Record<string, string>][]): RunResult {
  const made_steps = steps.map(([name, status, body, headers]): StepResult => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return {
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
      duration_ms: 1,
      timings: null,
      span_id: '1',
      request: null,
      response: {
        status,
        http_version: '1.1',
        headers: { 'content-type': 'application/json', ...headers },
        body: { text, content_type: 'application/json', size_bytes: text.length, truncated: false },
      },
      assertions: [],
      warnings: [],
      captures: {},
      error: null,
    };
  });
  return {
    id: `run-${++made}`,
    started_at: `2026-01-01T00:00:0${made % 10}.000Z`,
    steps: made_steps,
  } as unknown as RunResult;
}

/** A diff as people write it; what always varies stands in brackets. */
const drawn = (lines: RunComparison['steps'][number]['body']) =>
  lines.map(({ change, text, always_varies }) => {
    const line = `${{ same: ' ', added: '+', removed: '-' }[change]}${text}`;
    return always_varies ? `[${line}]` : line;
  });

describe('a run against the last passing one', () => {
  const passing = [
    run(['read', 200, { id: 1, title: 'a', tags: ['x'], items: [{ id: 7, n: 1 }] }, { date: 'Mon' }]),
    run(['read', 200, { id: 2, title: 'a', tags: ['x'], items: [{ id: 8, n: 1 }] }, { date: 'Tue' }]),
  ];

  test('a problem document is not folded by what varies in the usual one', () => {
    const now = run(['read', 500, { title: 'Internal Server Error' }]);
    now.steps[0]!.response!.body!.content_type = 'application/problem+json; charset=utf-8';
    const usual = [run(['read', 200, { title: 'a' }]), run(['read', 200, { title: 'b' }])];
    const { steps } = compareRuns(now, usual[1]!, usual);
    expect(steps[0]!.body.some(({ always_varies }) => always_varies)).toBe(false);
  });

  test('shows what changed and marks what always varies', () => {
    const now = run([
      'read',
      500,
      { id: 3, title: 'b', tags: ['x'], items: [{ id: 9, n: 1 }] },
      { date: 'Wed', via: 'proxy' },
    ]);
    const { steps, baseline_run_id } = compareRuns(now, passing[1]!, passing);
    expect(baseline_run_id).toBe(passing[1]!.id);
    expect(steps[0]!.status).toEqual({ before: 200, now: 500 });
    expect(drawn(steps[0]!.headers)).toEqual([
      ' content-type: application/json',
      '[-date: Tue]',
      '[+date: Wed]',
      '+via: proxy',
    ]);
    expect(drawn(steps[0]!.body)).toEqual([
      ' {',
      '[-  "id": 2,]',
      '[+  "id": 3,]',
      '-  "title": "a",',
      '+  "title": "b",',
      '   "tags": [',
      '     "x"',
      '   ],',
      '   "items": [',
      '     {',
      '[-      "id": 8,]',
      '[+      "id": 9,]',
      '       "n": 1',
      '     }',
      '   ]',
      ' }',
    ]);
  });

  test('with one passing run nothing is known to vary', () => {
    const now = run(['read', 200, { id: 3 }]);
    const [step] = compareRuns(now, run(['read', 200, { id: 2 }]), []).steps;
    expect(drawn(step!.body)).toEqual([' {', '-  "id": 2', '+  "id": 3', ' }']);
  });

  test('headers of the moment vary by nature, yet one that is gone or new is told', () => {
    const before = { date: 'Mon', age: '1', etag: '"a"', 'x-request-id': '1', traceparent: 'a', 'set-cookie': 's' };
    const after = {
      date: 'Tue',
      age: '2',
      etag: '"b"',
      'x-request-id': '2',
      traceparent: 'b',
      'cf-ray': 'x',
      vary: '*',
    };
    const [step] = compareRuns(run(['read', 200, {}, after]), run(['read', 200, {}, before]), []).steps;
    const told = step!.headers.filter(({ change, always_varies }) => change !== 'same' && !always_varies);
    expect(drawn(told)).toEqual(['+cf-ray: x', '-set-cookie: s', '+vary: *']);
    expect(step!.headers.filter((line) => line.always_varies)).toHaveLength(10);
  });

  test('without a passing run there is nothing to show', () => {
    expect(compareRuns(run(['read', 200, {}]), null, [])).toMatchObject({ baseline_run_id: null, steps: [] });
  });

  test('a body that is no JSON is compared by its lines, and a step that is new has only added ones', () => {
    const [text, fresh] = compareRuns(
      run(['a', 200, 'one\nthree'], ['b', 200, 'x']),
      run(['a', 200, 'one\ntwo']),
      [],
    ).steps;
    expect(drawn(text!.body)).toEqual([' one', '-two', '+three']);
    expect(drawn(fresh!.body)).toEqual(['+x']);
    expect(fresh!.status.before).toBeNull();
  });

  test('of several rows the one that failed is compared, with the same row of the passing run where it was kept', () => {
    const rows = (...made: [row: number, status: number, body: unknown, shortened?: boolean][]) => {
      const result = run(...made.map(([, status, body]): [string, number, unknown] => ['get', status, body]));
      result.steps = result.steps.map((step, index) => {
        const [row, status, , shortened = false] = made[index]!;
        return { ...step, row, shortened, status: status === 200 ? 'passed' : 'failed' };
      });
      return result;
    };
    const now = rows([1, 200, { id: 1, n: 'a' }], [2, 500, { id: 2, n: 'b' }], [3, 500, {}]);
    const kept = [
      rows([1, 200, { id: 1, n: 'a' }], [2, 200, { id: 5, n: 'b' }]),
      rows([1, 200, {}], [2, 200, { id: 6, n: 'b' }]),
    ];
    const same = compareRuns(now, kept[0]!, kept).steps;
    expect(same).toHaveLength(1);
    expect(same[0]).toMatchObject({ name: 'get', row: 2, baseline_row: 2, status: { before: 200, now: 500 } });
    expect(drawn(same[0]!.body)).toEqual([' {', '[-  "id": 5,]', '[+  "id": 2,]', '   "n": "b"', ' }']);

    const shortened = [rows([1, 200, { id: 1, n: 'a' }], [2, 200, null, true])];
    expect(compareRuns(now, shortened[0]!, shortened).steps[0]).toMatchObject({ row: 2, baseline_row: 1 });
  });

  test('deep nesting and long bodies come back soon', () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    const long = Array.from({ length: 12_000 }, (_, index) => index);
    compareRuns(run(['a', 200, deep], ['b', 200, long]), run(['a', 200, '[]'], ['b', 200, long.toReversed()]), []);
  });
});

test('removing the added lines gives the text before, removing the removed ones the text now', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
  const lines = (texts: string[]) => texts.map((line) => ({ text: line, token: line, varies: false }));
  fc.assert(
    fc.property(text, text, (before, now) => {
      const diff = diffLines(lines(before), lines(now));
      expect(diff.filter(({ change }) => change !== 'added').map((line) => line.text)).toEqual(before);
      expect(diff.filter(({ change }) => change !== 'removed').map((line) => line.text)).toEqual(now);
    }),
    { seed: 3 },
  );
});
