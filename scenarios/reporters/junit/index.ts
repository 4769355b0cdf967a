import type { RunResult } from '../../run-result.ts';
import { defineReporter, type Reporter, totalsOf } from '../reporter.ts';
import { type Case, casesOf } from './cases.ts';
import { attributes, element } from './xml.ts';

/**
 * JUnit XML as CI servers read it: a suite for every run, a case for every step of its last attempt. Times are seconds.
 * Keeps to what Jenkins' schema allows (junit-10.xsd of its xUnit plugin) and GitLab reads.
 */
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
      const suites = runs.map((run) => ({ run, cases: casesOf(run) }));
      const { tests, failures, errors } = counts(suites.flatMap(({ cases }) => cases));
      const time = runs.reduce((total, run) => total + run.duration_ms, 0);
      const root = attributes({ name: 'ringdown', tests, failures, errors, time: seconds(time) });
      const { total, passed } = totalsOf(runs);
      const body = suites.map(({ run, cases }) => suite(run, cases)).join('');
      return `<?xml version="1.0" encoding="UTF-8"?>\n<!-- ${passed} of ${total} scenarios passed -->\n<testsuites${root}>\n${body}</testsuites>\n`;
    },
  };
}

function suite(run: RunResult, cases: readonly Case[]): string {
  const head = attributes({
    name: run.monitor,
    ...counts(cases),
    time: seconds(run.duration_ms),
    // The older schema of Ant knows neither fractions nor zones.
    timestamp: run.started_at.slice(0, 19),
  });
  const properties = Object.entries({
    run_id: run.id,
    trace_id: run.trace_id,
    scenario: run.name,
    service: run.service,
    environment: run.environment,
    attempts: run.attempts.length,
    degraded: String(run.degraded),
  })
    .map(([name, value]) => `      <property${attributes({ name, value })}/>\n`)
    .join('');
  const attempts = run.attempts
    .slice(0, -1)
    .map(
      ({ number, failure }) =>
        `attempt ${number} of ${run.attempts.length} did not pass: ${failure ? `${failure.step}: ${failure.message}` : 'no reason given'}`,
    );
  return [
    `  <testsuite${head}>\n    <properties>\n${properties}    </properties>\n`,
    ...cases.map((each) => testcase(each)),
    attempts.length > 0 ? `    ${element('system-out', {}, attempts.join('\n'))}` : '',
    '  </testsuite>\n',
  ].join('');
}

function testcase({ name, classname, durationMs, verdict, output }: Case): string {
  const head = attributes({ name, classname, time: seconds(durationMs) });
  const children = [
    verdict &&
      element(
        verdict.tag,
        verdict.tag === 'skipped' ? { message: verdict.message } : { message: verdict.message, type: verdict.type },
        verdict.detail,
      ),
    output && element('system-out', {}, output),
  ].filter(Boolean);
  if (children.length === 0) return `    <testcase${head}/>\n`;
  return `    <testcase${head}>\n${children.map((child) => `      ${child}`).join('')}    </testcase>\n`;
}

function counts(cases: readonly Case[]) {
  const count = (tag: string) => cases.filter(({ verdict }) => verdict?.tag === tag).length;
  return { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
