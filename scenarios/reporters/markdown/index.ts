import { formatDuration } from '../../../core/units.ts';
import type { RunResult } from '../../run-result.ts';
import { defineReporter, type Reporter } from '../reporter.ts';
import { elapsedWords, reasonOf, totalsWords } from '../totals-words.ts';
import { detailsOf } from './details.ts';
import { code, text } from './escape.ts';

/** GitHub refuses a step's summary past 1 MiB, and then shows none of it. */
const LIMIT_BYTES = 1_000_000;
/** More rows than anybody reads; passed ones give way first. */
const MOST_ROWS = 500;

/** Markdown for the summary of a CI job: a table of all runs, and each that did not pass folded away below it. */
export const reporter = defineReporter({
  name: 'markdown',
  summary: 'a summary for a CI job, such as $GITHUB_STEP_SUMMARY',
  create: createMarkdown,
});

function createMarkdown(): Reporter {
  const runs: RunResult[] = [];
  return {
    runFinished(run) {
      runs.push(run);
      return undefined;
    },
    finish: () => documentOf(runs),
  };
}

function documentOf(runs: readonly RunResult[]): string {
  const broken = runs.filter(isBroken);
  const rest = runs.filter((run) => !isBroken(run));
  const listed = [...broken, ...rest].slice(0, MOST_ROWS);
  const parts = [
    `## ${text(totalsWords(runs))}\n\n`,
    ...(listed.length > 0 ? [table(listed), '\n'] : []),
    ...(listed.length < runs.length ? [`… and ${runs.length - listed.length} more.\n\n`] : []),
  ];
  let size = Buffer.byteLength(parts.join(''));
  let told = 0;
  for (const run of broken) {
    const details = detailsOf(run);
    size += Buffer.byteLength(details);
    if (size > LIMIT_BYTES) break;
    parts.push(details);
    told++;
  }
  if (told < broken.length)
    parts.push(`The details of ${broken.length - told} more are left out: the summary is full.\n\n`);
  parts.push(`${text(`Took ${elapsedWords(runs)}.`)}\n`);
  return parts.join('');
}

function isBroken({ status }: RunResult): boolean {
  return status === 'failed' || status === 'error';
}

function table(runs: readonly RunResult[]): string {
  const rows = runs.map((run) => {
    const cells = [
      markOf(run),
      `${text(run.name)}<br>${code(run.monitor)}`,
      text(resultOf(run)),
      String(run.attempts.length || 1),
      text(formatDuration(run.duration_ms)),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `| | Scenario | Result | Attempts | Time |\n| - | - | - | -: | -: |\n${rows.join('')}`;
}

export function markOf(run: RunResult): string {
  if (run.status === 'skipped') return '⚪';
  if (run.status !== 'passed') return '❌';
  return run.degraded ? '⚠️' : '✅';
}

function resultOf(run: RunResult): string {
  if (run.status !== 'passed') return reasonOf(run)!;
  const warning = run.steps.flatMap(({ warnings }) => warnings).find(({ passed }) => !passed);
  if (warning) return `passed, with a warning: ${warning.message}`;
  return run.attempts.length > 1 ? `passed at attempt ${run.attempts.length}` : 'passed';
}
