import { expect, test } from '@jest/globals';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import type { AssertionResult, Failure, RunResult, Section, StepResult } from '../run-result.ts';
import { reporters } from './registry.ts';
import { sampleRun, sampleStep } from './testing/sample-runs.ts';

/** Texts as services and people write them, and as those do who want to break a report. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ']]>',
    '</details>',
    '<!--',
    '--!>',
    '```',
    '| a | b |\n| - |',
    '\u001b[31m',
    '\ud800',
    '\uffff',
    '{{ x }}',
    '&#0;&amp;',
    'https://x',
    '1. one',
    '- two',
    '\t',
  ),
);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const ms = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true }));
const status = fc.constantFrom<StepResult['status']>('passed', 'failed', 'error', 'skipped');
const headers = fc.dictionary(text, text, { maxKeys: 3 });
const body = orNull(
  fc.record({
    text: fc.oneof(text, fc.json()),
    content_type: orNull(text),
    size_bytes: fc.nat(),
    truncated: fc.boolean(),
  }),
);
const assertion: fc.Arbitrary<AssertionResult> = fc.record({
  kind: text,
  subject: text,
  operator: text,
  expected: text,
  actual: text,
  passed: fc.boolean(),
  message: text,
});
const timings = fc.record({
  dns_ms: orNull(ms),
  connect_ms: orNull(ms),
  tls_ms: orNull(ms),
  first_byte_ms: orNull(ms),
  download_ms: orNull(ms),
  total_ms: ms,
  connection_reused: fc.boolean(),
});
const step: fc.Arbitrary<StepResult> = fc
  .record({
    name: text,
    section: fc.constantFrom<Section>('before', 'steps', 'after', 'always'),
    row: orNull(fc.nat({ max: 5 })),
    tries: fc.nat({ max: 4 }),
    group: orNull(text),
    status,
    skipped_reason: orNull(text),
    offset_ms: ms,
    duration_ms: ms,
    timings: orNull(timings),
    request: orNull(fc.record({ method: text, url: text, route: text, headers, body })),
    response: orNull(fc.record({ status: orNull(fc.nat()), http_version: orNull(text), headers, body })),
    assertions: fc.array(assertion, { maxLength: 3 }),
    warnings: fc.array(assertion, { maxLength: 2 }),
    captures: fc.dictionary(text, fc.jsonValue(), { maxKeys: 2 }),
    error: orNull(fc.record({ code: text, message: text, hint: orNull(text) })),
  })
  .map((changes) => sampleStep('', changes));
const failure: fc.Arbitrary<Failure> = fc.record({
  step: text,
  row: orNull(fc.nat({ max: 5 })),
  message: text,
  expected: orNull(text),
  actual: orNull(text),
  kind: fc.constantFrom<Failure['kind']>('assertion', 'network', 'timeout', 'template'),
  request: orNull(fc.record({ method: text, route: text, url: text })),
  status_code: orNull(fc.nat()),
  span_id: fc.constant('a'),
});
const run: fc.Arbitrary<RunResult> = fc
  .record({
    monitor: text,
    name: text,
    runbook: orNull(text),
    owner: orNull(text),
    status,
    degraded: fc.boolean(),
    duration_ms: ms,
    steps: fc.array(step, { maxLength: 6 }),
    failure: orNull(failure),
    watcher_fault: orNull(text),
  })
  .map((changes) => sampleRun(changes));

const parsed = (xml: string) => {
  const onError = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(message);
  };
  return new DOMParser({ onError }).parseFromString(xml, 'text/xml');
};

/** What makes a report of each kind whole, whatever is in it. */
const WHOLE: Record<string, (report: string, runs: RunResult[]) => void> = {
  console: (report) => expect(report).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/),
  junit(report, runs) {
    const suites = parsed(report).getElementsByTagName('testsuite');
    expect(suites.length).toBe(runs.length);
  },
  json: (report, runs) => expect(JSON.parse(report).totals.total).toBe(runs.length),
  markdown(report) {
    const outside = report.replace(/^(`{3,})[a-z]*\n[\s\S]*?\n\1$/gm, '');
    expect(outside).not.toMatch(/<(?!\/?(?:details|summary|code|br)>)/);
    expect(outside.match(/<details>/g)?.length).toBe(outside.match(/<\/details>/g)?.length);
  },
  html(report, runs) {
    const page = report.slice(report.indexOf('<body>'), report.indexOf('</html>'));
    const body = parsed(page.replace(/<details([^>]*) open>/g, '<details$1>'));
    expect(body.getElementsByTagName('h2').length).toBe(runs.length);
  },
};

test.each([...reporters])('the reporter %s tells any run, whatever is in it, and stays whole', (name, kind) => {
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 2 }), fc.integer({ min: 10, max: 200 }), (runs, width) => {
      const reporter = kind.create({ colour: false, width });
      const parts = runs.map((each) => reporter.runFinished?.(each) ?? '');
      WHOLE[name]!(parts.join('') + (reporter.finish?.() ?? ''), runs);
    }),
    { seed: 20_261_123, numRuns: 150 },
  );
});
