import { expect, test } from '@jest/globals';
import { DOMParser } from '@xmldom/xmldom';
import type { RunResult } from '../../run-result.ts';
import { dataRun, failedRun, hostileRun, journeyRun, passedRun } from '../testing/sample-runs.ts';
import { html } from './escape.ts';
import { reporter } from './index.ts';

const report = (...runs: RunResult[]) => {
  const page = reporter.create({ colour: false });
  for (const run of runs) page.runFinished?.(run);
  return page.finish!()!;
};

test('texts are escaped, parts made of HTML are not', () => {
  expect(html`<b title="${'"\'<&>'}">${'<i>'}${html`<i>${1}</i>`}${null}${false}${['a', html`<br>`]}</b>`.html).toBe(
    '<b title="&quot;&#39;&lt;&amp;&gt;">&lt;i&gt;<i>1</i>a<br></b>',
  );
});

test('nothing is loaded and nothing runs, whatever a service answered', () => {
  const page = report(hostileRun, journeyRun, dataRun, failedRun, passedRun);
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|<img|<iframe|<link|<object|<[^>]*\son\w+=|href="javascript|@import|url\(/i);
  expect(page.match(/href="(?!#)[^"]*"/g)).toEqual(['href="https://wiki.example.com/posts"']);
  expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('every element is closed where it was opened', () => {
  const page = report(hostileRun, journeyRun, dataRun, failedRun, passedRun);
  const asXml = page
    .slice(page.indexOf('<body>'), page.indexOf('</html>'))
    .replace(/<details([^>]*) open>/g, '<details$1>');
  const complain = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(message);
  };
  expect(() => new DOMParser({ onError: complain }).parseFromString(asXml, 'text/xml')).not.toThrow();
});

test('runs that did not pass are unfolded, and within them the step', () => {
  const page = report(journeyRun, passedRun);
  expect(page).toContain('<details class="run" id="run-1" open>');
  expect(page).toContain('<details class="run" id="run-2">');
  expect(page.match(/<details open>/g)).toHaveLength(1);
  expect(page).toContain('40.00%');
  expect(page).toContain('Differs at');
});

test('of rows of data the failing one has evidence, the others a line', () => {
  const page = report(dataRun);
  expect(page.match(/rows? \d+.*?, passed/g)).toEqual(['rows 1 to 37, passed']);
  expect(page).toContain('<li class="title">row 38</li>');
  expect(page.match(/<div class="evidence">/g)).toHaveLength(1);
  expect(page).toContain('40 rows of data: 37 passed, 1 failed, 2 not begun');
});

test('what was expected is said once', () => {
  const run = structuredClone(failedRun);
  const judged = run.steps.flatMap(({ assertions }) => assertions).find(({ passed }) => !passed)!;
  Object.assign(judged, { operator: 'contains', expected: 'to contain "xml"' });
  expect(report(run)).toContain('<td><code>to contain &quot;xml&quot;</code></td>');
});
