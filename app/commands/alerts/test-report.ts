import pc from 'picocolors';
import type { Coverage } from '../../../alerts/simulation/coverage.ts';
import { timelineOf, timelineText } from '../../../alerts/simulation/timeline-text.ts';
import { shortDuration } from '../../../alerts/simulation/words.ts';
import type { MutationReport, TimedResult } from './test.ts';

/** A case as a terminal shows it: its name, and where it failed what happened beside what was expected. */
export function caseLines(result: TimedResult, always: boolean): string[] {
  const { test, differences, duration_ms } = result;
  const failed = differences.length > 0;
  const head = failed ? pc.red(`  ✗ ${test.name}`) : `  ${pc.green('✓')} ${test.name}`;
  const lines = [`${head} ${pc.dim(`${Math.max(1, Math.round(duration_ms))} ms`)}`];
  if (failed) lines.push(...differenceLines(result).map((line) => `      ${line}`), '');
  if (failed || always) lines.push(...timelineText(result).map((line) => `      ${coloured(line)}`), '');
  return lines;
}

/** Where the case departed from what was expected, in text without colours. */
export function differenceLines({ file, test, differences }: TimedResult): string[] {
  const [first, ...others] = differences;
  if (!first) return [];
  return [
    `${file}:${first.line ?? test.line}: at ${shortDuration(first.at_ms)}`,
    `expected  ${first.expected}`,
    `but       ${first.actual}`,
    ...(others.length > 0 ? [`and ${others.length} more ${others.length === 1 ? 'difference' : 'differences'}`] : []),
  ];
}

export function coverageLines(coverage: readonly Coverage[]): string[] {
  return coverage.flatMap(({ policy, total, missed }) => {
    const fired = total - missed.length;
    const head = `policy ${policy}: ${fired} of ${total} parts fired`;
    return [
      missed.length === 0 ? pc.green(head) : pc.yellow(head),
      ...missed.map(({ name }) => `  never fired: ${name}`),
    ];
  });
}

export function mutationLines({ total, survivors }: MutationReport): string[] {
  const head = `${total - survivors.length} of ${total} changes of the policies were noticed`;
  return [
    survivors.length === 0 ? pc.green(head) : pc.yellow(head),
    ...survivors.map(({ file, line, column, change }) => `  ${file}:${line}:${column}: no case notices ${change}`),
  ];
}

/** What `--json` prints. Durations are milliseconds. */
export function resultsJson(
  results: readonly TimedResult[],
  coverage: readonly Coverage[] | null,
  mutation: MutationReport | null,
) {
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  return {
    passed: results.length - failed,
    failed,
    cases: results.map((result) => ({
      file: result.file,
      line: result.test.line,
      name: result.test.name,
      passed: result.differences.length === 0,
      duration_ms: Math.round(result.duration_ms * 1_000) / 1_000,
      simulated_ms: result.test.end_ms,
      differences: result.differences,
      told: result.simulation.told,
      timeline: timelineOf(result),
    })),
    ...(coverage
      ? {
          coverage: coverage.map(({ policy, total, missed }) => ({
            policy,
            total,
            missed: missed.map(({ name }) => name),
          })),
        }
      : {}),
    ...(mutation
      ? {
          mutation: {
            total: mutation.total,
            survivors: mutation.survivors.map(({ file, line, column, change }) => ({ file, line, column, change })),
          },
        }
      : {}),
  };
}

function coloured(line: string): string {
  if (line.includes('◀ first difference')) return pc.red(line);
  return line.includes('✗') ? pc.yellow(line) : pc.dim(line);
}
