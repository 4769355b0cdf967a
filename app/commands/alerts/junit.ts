import { timelineText } from '../../../alerts/simulation/timeline-text.ts';
import { attributes, element } from '../../../scenarios/reporters/junit/xml.ts';
import type { TimedResult } from './test.ts';
import { differenceLines } from './test-report.ts';

/** JUnit XML: a suite for every file, a case for every case. Times are seconds. */
export function junitOf(results: readonly TimedResult[]): string {
  const suites = [...Map.groupBy(results, ({ file }) => file)].map(([file, own]) => suite(file, own)).join('');
  const head = attributes({ name: 'ringdown alerts', ...totals(results) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${head}>\n${suites}</testsuites>\n`;
}

function suite(file: string, results: readonly TimedResult[]): string {
  const cases = results.map((result) => {
    const { test, differences, duration_ms } = result;
    const head = `    <testcase${attributes({ name: test.name, classname: file, time: seconds(duration_ms) })}`;
    const [first] = differences;
    if (!first) return `${head}/>\n`;
    const message = `expected ${first.expected}, but ${first.actual}`;
    const text = [...differenceLines(result), '', ...timelineText(result)].join('\n');
    return `${head}>\n      ${element('failure', { message, type: 'difference' }, text)}    </testcase>\n`;
  });
  return `  <testsuite${attributes({ name: file, ...totals(results) })}>\n${cases.join('')}  </testsuite>\n`;
}

function totals(results: readonly TimedResult[]) {
  return {
    tests: results.length,
    failures: results.filter(({ differences }) => differences.length > 0).length,
    errors: 0,
    time: seconds(results.reduce((total, { duration_ms }) => total + duration_ms, 0)),
  };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
