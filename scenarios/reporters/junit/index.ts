import type { RunResult, StepResult } from '../../run-result.ts';
import { defineReporter, type Reporter, totalsOf } from '../reporter.ts';

/** JUnit XML as CI servers read it: a suite for every run, a case for every step of its last attempt. Times are seconds. */
export const reporter = defineReporter({
  name: 'junit',
  summary: 'JUnit XML for CI servers',
  create: createJunit,
});

function createJunit(): Reporter {
  const runs: RunResult[] = [];
  return {
    runFinished(run) {
      runs.push(run);
      return undefined;
    },
    finish() {
      const cases = runs.flatMap(casesOf);
      const time = runs.reduce((total, run) => total + run.duration_ms, 0);
      const root = attributes({ name: 'ringdown', ...counts(cases), time: seconds(time) });
      const { total, passed } = totalsOf(runs);
      return `<?xml version="1.0" encoding="UTF-8"?>\n<!-- ${passed} of ${total} scenarios passed -->\n<testsuites${root}>\n${runs.map(suite).join('')}</testsuites>\n`;
    },
  };
}

interface Case {
  name: string;
  section: string;
  status: StepResult['status'];
  durationMs: number;
  message: string;
  detail: string;
  notes: string[];
}

function casesOf(run: RunResult): Case[] {
  const cases = run.steps.map(stepCase);
  // A fault of the watcher, or a failure before the first step, belongs to no step.
  const told = cases.some(({ status }) => status === 'failed' || status === 'error');
  if (told || run.status === 'passed' || (run.status === 'skipped' && cases.length > 0)) return cases;
  const message = run.failure?.message ?? run.watcher_fault ?? `the run was ${run.status}`;
  const name = run.failure?.step ?? 'run';
  return [
    ...cases,
    { name, section: 'steps', status: run.status, durationMs: run.duration_ms, message, detail: message, notes: [] },
  ];
}

function stepCase(step: StepResult): Case {
  const broken = step.assertions.filter(({ passed }) => !passed);
  const message = broken[0]?.message ?? step.error?.message ?? step.skipped_reason ?? '';
  const detail = [
    ...(step.request ? [`${step.request.method} ${step.request.url}`] : []),
    ...broken.map(
      (assertion) => `${assertion.message}\n  expected: ${assertion.expected}\n  actual:   ${assertion.actual}`,
    ),
    ...(step.error ? [step.error.message, ...(step.error.hint ? [step.error.hint] : [])] : []),
  ].join('\n');
  const notes = step.warnings.filter(({ passed }) => !passed).map(({ message: warning }) => `warning: ${warning}`);
  return {
    name: step.name,
    section: step.section,
    status: step.status,
    durationMs: step.duration_ms,
    message,
    detail,
    notes,
  };
}

function suite(run: RunResult): string {
  const cases = casesOf(run);
  const head = attributes({
    name: run.monitor,
    ...counts(cases),
    time: seconds(run.duration_ms),
    timestamp: run.started_at.replace(/Z$/, ''),
  });
  const properties = Object.entries({
    run_id: run.id,
    trace_id: run.trace_id,
    service: run.service,
    environment: run.environment,
    attempts: run.attempts.length,
  })
    .map(([name, value]) => `      <property${attributes({ name, value })}/>\n`)
    .join('');
  const attempts = run.attempts
    .slice(0, -1)
    .map(
      ({ number, failure }) =>
        `attempt ${number} did not pass: ${failure ? `${failure.step}: ${failure.message}` : 'no reason given'}`,
    );
  const out = attempts.length > 0 ? `    <system-out>${escapeXml(attempts.join('\n'))}</system-out>\n` : '';
  return `  <testsuite${head}>\n    <properties>\n${properties}    </properties>\n${cases.map((each) => testcase(each, run)).join('')}${out}  </testsuite>\n`;
}

function testcase(step: Case, run: RunResult): string {
  const classname = step.section === 'always' ? `${run.monitor}.always` : run.monitor;
  const head = attributes({ name: step.name, classname, time: seconds(step.durationMs) });
  const verdict = VERDICTS[step.status](step);
  const notes = step.notes.length > 0 ? `      <system-out>${escapeXml(step.notes.join('\n'))}</system-out>\n` : '';
  return verdict || notes ? `    <testcase${head}>\n${verdict}${notes}    </testcase>\n` : `    <testcase${head}/>\n`;
}

const VERDICTS: Record<StepResult['status'], (step: Case) => string> = {
  passed: () => '',
  failed: ({ message, detail }) =>
    `      <failure${attributes({ message, type: 'assertion' })}>${escapeXml(detail)}</failure>\n`,
  error: ({ message, detail }) =>
    `      <error${attributes({ message, type: 'error' })}>${escapeXml(detail)}</error>\n`,
  skipped: ({ message }) => `      <skipped${attributes({ message })}/>\n`,
};

function counts(cases: readonly Case[]) {
  const count = (status: Case['status']) => cases.filter((step) => step.status === status).length;
  return { tests: cases.length, failures: count('failed'), errors: count('error'), skipped: count('skipped') };
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${escapeXml(String(value)).replace(/[\n\t]/g, (letter) => `&#${letter.charCodeAt(0)};`)}"`,
    )
    .join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** XML 1.0 §2.2 has no place for most control characters, not even escaped, and discourages those of U+007F to U+009F. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter]!)
    .replace(/\r/g, '&#13;');
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
