import pc from 'picocolors';
import { columns as columnsOf } from '../../../core/document/index.ts';
import { formatDuration } from '../../../core/units.ts';
import type { RunResult } from '../../run-result.ts';
import { rowsWords } from '../outline.ts';
import { printable } from '../printable.ts';
import { defineReporter, type Reporter, type ReporterOptions, totalsOf } from '../reporter.ts';
import { type Count, counts, elapsedWords, reasonOf, scenarios } from '../totals-words.ts';
import { failureLines } from './failure.ts';
import { LiveLine } from './live-line.ts';
import { type Colours, hasPhases, PHASE_LEGEND, stepLines } from './waterfall.ts';

/** For people at a terminal: a block per run as it ends, its steps as a waterfall, and why it did not pass. */
export const reporter = defineReporter({
  name: 'console',
  summary: 'for people at a terminal: steps as a waterfall, and why one did not pass',
  create: createConsole,
});

function createConsole({ colour, width = 80, live = false, runs: expected }: ReporterOptions): Reporter {
  const colours = pc.createColors(colour);
  const ended: RunResult[] = [];
  // A monitor may be under way more than once, under --repeat and --parallel.
  const under: string[] = [];
  const line = live ? new LiveLine(width) : null;

  const progress = (news: string) => {
    const done = expected === undefined ? `${ended.length} done` : `${ended.length} of ${expected} done`;
    const others = under.length > 1 ? `, ${under.length} under way` : '';
    return line?.show(`… ${done}${others} · ${printable(news)}`, colours.dim);
  };
  return {
    runStarted({ monitor, name }) {
      under.push(monitor);
      return progress(`${monitor}  ${name}`);
    },
    stepFinished: ({ monitor, name, row, status }) =>
      progress(`${monitor}  ${row === null ? '' : `row ${row}, `}${name}: ${status}`),
    runFinished(run) {
      ended.push(run);
      const at = under.indexOf(run.monitor);
      if (at >= 0) under.splice(at, 1);
      const text = `${runLines(run, colours, width).join('\n')}\n\n`;
      const next = under.at(-1);
      return line ? line.above(text) + (next ? progress(next) : '') : text;
    },
    finish() {
      const text = `${closingLines(ended, colours).join('\n')}\n`;
      return line ? line.above(text) : text;
    },
  };
}

function runLines(run: RunResult, colours: Colours, width: number): string[] {
  const title = `${mark(run, colours)} ${colours.bold(printable(run.monitor))}  ${printable(run.name)}  ${colours.dim(formatDuration(run.duration_ms))}`;
  const rows = rowsWords(run);
  return [
    title,
    ...run.attempts.slice(0, -1).map(({ number, failure }) => {
      const why = failure ? `${failure.step}: ${failure.message}` : 'no reason given';
      return colours.yellow(`    attempt ${number} of ${run.attempts.length} did not pass: ${printable(why)}`);
    }),
    ...(rows === null ? [] : [colours.dim(`    ${rows}`)]),
    ...stepLines(run.steps, colours, width),
    ...failureLines(run, colours, width),
  ];
}

function mark(run: RunResult, colours: Colours): string {
  if (run.status === 'skipped') return '○';
  if (run.status !== 'passed') return colours.red('✗');
  return run.degraded ? colours.yellow('▲') : colours.green('✓');
}

function closingLines(runs: readonly RunResult[], colours: Colours): string[] {
  const paint: Record<Count['kind'], (text: string) => string> = {
    bad: colours.red,
    good: colours.green,
    warned: colours.yellow,
    neutral: (text) => text,
  };
  const totals = totalsOf(runs);
  const parts = counts(totals).map(({ words, kind }) => paint[kind](words));
  const broken = runs.filter(({ status }) => status === 'failed' || status === 'error');
  // With one run the reason stands just above.
  const again = runs.length > 1 ? broken : [];
  const nameWidth = Math.max(0, ...again.map(({ monitor }) => columnsOf(printable(monitor))));
  return [
    ...again.map((run) => {
      const name = printable(run.monitor);
      return `${colours.red('✗')} ${name}${' '.repeat(nameWidth - columnsOf(name))}  ${printable(reasonOf(run) ?? '')}`;
    }),
    ...(again.length > 0 ? [''] : []),
    ...(runs.some(({ steps }) => steps.some(hasPhases)) ? [colours.dim(PHASE_LEGEND)] : []),
    `${scenarios(totals.total)}: ${parts.join(', ') || 'none ran'} (${elapsedWords(runs)})`,
  ];
}
