import { describe, expect, test } from '@jest/globals';
import { DOMParser, type Element } from '@xmldom/xmldom';
import type { RunResult } from '../../run-result.ts';
import { dataRun, failedRun, hostileRun, journeyRun, passedRun, sampleRun } from '../testing/sample-runs.ts';
import { reporter } from './index.ts';

const report = (...runs: RunResult[]) => {
  const junit = reporter.create({ colour: false });
  for (const run of runs) junit.runFinished?.(run);
  return junit.finish!()!;
};

function parse(xml: string): Element {
  const complain = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(message);
  };
  return new DOMParser({ onError: complain }).parseFromString(xml, 'text/xml').documentElement!;
}

interface Rule {
  required: string[];
  allowed: string[];
  children: string[];
}

const EVIDENCE: Rule = { required: [], allowed: ['type', 'message'], children: [] };
const TEXT: Rule = { required: [], allowed: [], children: [] };
/** What junit-10.xsd of Jenkins' xUnit plugin says, as far as we use it; times match its SUREFIRE_TIME. */
const SCHEMA: Record<string, Rule> = {
  testsuites: { required: [], allowed: ['name', 'time', 'tests', 'failures', 'errors'], children: ['testsuite'] },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    allowed: ['time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url', 'group'],
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
  },
  properties: { required: [], allowed: [], children: ['property'] },
  property: { required: ['name', 'value'], allowed: [], children: [] },
  testcase: {
    required: ['name'],
    allowed: ['time', 'classname', 'group'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: EVIDENCE,
  error: EVIDENCE,
  skipped: EVIDENCE,
  'system-out': TEXT,
};

function expectValid(node: Element): void {
  const rule = SCHEMA[node.tagName]!;
  const names = Array.from(node.attributes).map(({ name }) => name);
  expect([...rule.required, ...rule.allowed]).toEqual(expect.arrayContaining(names));
  expect(names).toEqual(expect.arrayContaining(rule.required));
  if (node.hasAttribute('time')) expect(node.getAttribute('time')).toMatch(/^\d+\.\d{3}$/);
  for (const child of elements(node)) {
    expect(rule.children).toContain(child.tagName);
    expectValid(child);
  }
}

const elements = (node: Element) => Array.from(node.childNodes).filter((child) => child.nodeType === 1) as Element[];
const named = (node: Element, tag: string) => elements(node).filter(({ tagName }) => tagName === tag);
const values = (node: Element, ...names: string[]) => names.map((name) => node.getAttribute(name));

describe('the document', () => {
  test('keeps to the schema of Jenkins, whatever is in it', () => {
    const watcher = sampleRun({ status: 'error', watcher_fault: 'out of memory' });
    expectValid(parse(report(failedRun, journeyRun, dataRun, hostileRun, passedRun, watcher)));
    expectValid(parse(report()));
  });

  test('counts suites, cases, failures, errors and skips', () => {
    const root = parse(report(failedRun, hostileRun));
    expect(values(root, 'tests', 'failures', 'errors', 'time')).toEqual(['4', '1', '1', '0.200']);
    const [suite] = named(root, 'testsuite');
    expect(values(suite!, 'name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp')).toEqual([
      'posts@local',
      '3',
      '1',
      '0',
      '1',
      '0.100',
      '2026-01-01T00:00:00',
    ]);
  });

  test('a fault of the watcher is an error of its own', () => {
    expect(report(sampleRun({ status: 'error', watcher_fault: 'out of memory' }))).toContain(
      '<error message="out of memory" type="watcher_fault"',
    );
  });
});

describe('a case', () => {
  test('is named by group, step and row, and filed under its section', () => {
    const suites = named(parse(report(journeyRun, dataRun, failedRun)), 'testsuite');
    const cases = suites.flatMap((suite) => named(suite, 'testcase').map((each) => values(each, 'classname', 'name')));
    expect(cases).toContainEqual(['journey@staging.before', 'signing in']);
    expect(cases).toContainEqual(['journey@staging', 'loading the page: users']);
    expect(cases).toContainEqual(['users@local', 'signing in (row 38)']);
    expect(cases).toContainEqual(['posts@local.always', 'delete']);
    expect(new Set(cases.map(String)).size).toBe(cases.length);
  });

  test('that failed says what was expected and carries what was sent and answered', () => {
    const [suite] = named(parse(report(journeyRun)), 'testsuite');
    const broken = named(suite!, 'testcase').find((each) => each.getAttribute('name') === 'reading the post back')!;
    const [failure] = named(broken, 'failure');
    expect(values(failure!, 'message', 'type')).toEqual(['$.title is another text', 'jsonpath']);
    expect(failure!.textContent).toBe(
      [
        'GET https://staging.example.com/v1/posts/17',
        '$.title is another text',
        '  expected: "hello 4f6c9bb1-0000-4000-8000-000000000001"',
        '  actual:   "hello 4f6c9bb1-0000-4000-8000-0000000000ff"',
      ].join('\n'),
    );
    const [output] = named(broken, 'system-out');
    expect(output!.textContent).toContain('> GET https://staging.example.com/v1/posts/17\n> accept: */*\n');
    expect(output!.textContent).toContain('< 200\n< content-type: application/json; charset=utf-8\n\n{\n  "id": 17,');
  });

  test('that passed without a word is one empty element', () => {
    expect(report(passedRun)).toContain('    <testcase name="asking" classname="health@local" time="0.040"/>\n');
  });

  test('warnings, tries and earlier attempts are told', () => {
    const xml = report(journeyRun);
    expect(xml).toContain('<system-out>warning: duration is 250 ms, expected less than 100 ms</system-out>');
    expect(xml).toContain('<system-out>after 5 tries</system-out>');
    expect(xml).toContain('attempt 1 of 2 did not pass: signing in: connection refused (10.0.0.7:443)');
  });
});

test('what XML cannot carry is replaced, everything else comes through as it was', () => {
  const [suite] = named(parse(report(hostileRun)), 'testsuite');
  const [hostile] = named(suite!, 'testcase');
  expect(hostile!.getAttribute('name')).toBe('tab\there \ufffd \ufffd <&>\'" ]]> </details>');
  expect(named(hostile!, 'error')[0]!.getAttribute('message')).toContain('\r\nnext ]]> <img src=x onerror=alert(1)>');
  expect(named(hostile!, 'system-out')[0]!.textContent).toContain('</details><script>alert(3)</script>\ufffd\ufffd]0;');
});
