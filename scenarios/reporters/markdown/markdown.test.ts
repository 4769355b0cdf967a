import { expect, test } from '@jest/globals';
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
import { block, text } from './escape.ts';
import { reporter } from './index.ts';

const report = (...runs: RunResult[]) => {
  const markdown = reporter.create({ colour: false });
  for (const run of runs) markdown.runFinished?.(run);
  return markdown.finish!()!;
};

test('a table of all runs, those that did not pass first', () => {
  const retried = sampleRun({ monitor: 'b@local', name: 'B', degraded: true, attempts: journeyRun.attempts });
  const slow = sampleRun({ degraded: true, steps: [sampleStep('s', { warnings: [unmetStatus] })] });
  const lines = report(passedRun, retried, slow, failedRun).split('\n');
  expect(lines.slice(0, 8)).toEqual([
    '## 4 scenarios: 1 failed, 3 passed, 2 of them degraded',
    '',
    '| | Scenario | Result | Attempts | Time |',
    '| - | - | - | -: | -: |',
    '| ❌ | Posts<br><code>posts&#64;local</code> | write: status 500, expected 201 | 2 | 100 ms |',
    '| ✅ | Health<br><code>health&#64;local</code> | passed | 1 | 100 ms |',
    '| ⚠️ | B<br><code>b&#64;local</code> | passed at attempt 2 | 2 | 100 ms |',
    '| ⚠️ | Posts<br><code>posts&#64;local</code> | passed, with a warning: status 500, expected 201 | 1 | 100 ms |',
  ]);
});

test('a run that did not pass is folded, with its steps, what was expected and the answer', () => {
  const markdown = report(journeyRun);
  expect(markdown).toContain(
    '<summary>❌ <code>journey&#64;staging</code> reading the post back: &#36;.title is another text</summary>',
  );
  expect(markdown).toContain('Attempt 1 of 2 did not pass: signing in: connection refused (10.0.0.7:443)');
  expect(markdown).toContain(
    '| ⚠️ | loading the page · users | 200 | 250 ms | warning: duration is 250 ms, expected less than 100 ms |',
  );
  expect(markdown).toContain('| ✅ | polling the job | 200 | 400 ms | after 5 tries |');
  expect(markdown).toContain('| ⚪ | always · deleting the post |  |  | skipped: id was not captured |');
  expect(markdown).toContain('**Differs at** <code>character 42: ');
  expect(markdown).toContain('The answer (200, application/json, 75 B):\n\n```json\n{\n  "id": 17,');
  expect(markdown.match(/<details>/g)).toHaveLength(1);
  expect(markdown.match(/<\/details>/g)).toHaveLength(1);
});

test('of rows of data the failing ones are listed, the others counted', () => {
  const markdown = report(dataRun);
  expect(markdown).toContain('| ❌ | row 38 · signing in | 200 | 10 ms | status 500, expected 201 |');
  expect(markdown).toContain('40 rows of data: 37 passed, 1 failed, 2 not begun.');
  expect(markdown.match(/signing in \| 200/g)).toHaveLength(1);
});

test('what a service answers is shown as text', () => {
  const markdown = report(hostileRun);
  const outside = markdown.replace(/^(`{3,})[a-z]*\n[\s\S]*?\n\1$/gm, '');
  expect(outside).not.toMatch(/<(?!\/?(?:details|summary|code|br)>)/);
  expect(outside).not.toContain('](');
  expect(outside.match(/<details>/g)).toHaveLength(1);
  expect(markdown).toContain('`````\n```\n</pre>');
  expect(text('# a *b* [c](d) `e` | <f> @g https://h')).toBe(
    '&#35; a &#42;b&#42; &#91;c&#93;(d) &#96;e&#96; &#124; &#60;f&#62; &#64;g https&#58;&#47;&#47;h',
  );
  expect(block('````\nx')).toBe('`````\n````\nx\n`````\n');
});

test('a summary stays below what GitHub takes, and says what it left out', () => {
  const body = { text: 'x'.repeat(60_000), content_type: 'text/plain', size_bytes: 60_000, truncated: false };
  const response = { status: 500, http_version: '1.1', headers: {}, body };
  const large = sampleRun({
    status: 'failed',
    steps: Array.from({ length: 60 }, (_, row) =>
      sampleStep('s', {
        row,
        status: 'failed',
        response,
        assertions: [{ ...unmetStatus, message: 'm'.repeat(1_000) }],
      }),
    ),
    failure: failedRun.failure,
  });
  const markdown = report(...Array.from({ length: 600 }, () => large));
  expect(Buffer.byteLength(markdown)).toBeLessThan(1_048_576);
  expect(markdown).toContain('… and 100 more.');
  expect(markdown).toMatch(/The details of \d+ more are left out: the summary is full\./);
});
