import pc from 'picocolors';
import { formatDuration } from '../../../core/units.ts';
import type { RunResult } from '../../run-result.ts';
import { defineReporter, type Reporter, type ReporterOptions, totalsOf } from '../reporter.ts';
import { printable } from './printable.ts';
import { stepLines } from './waterfall.ts';

type Colours = ReturnType<typeof pc.createColors>;

/** For people at a terminal: a line per run as it ends, its steps as a waterfall, and why it did not pass. */
export const reporter = defineReporter({
  name: 'console',
  summary: 'for people at a terminal',
  create: createConsole,
});

function createConsole({ colour, width = 80 }: ReporterOptions): Reporter {
  const colours = pc.createColors(colour);
  const runs: RunResult[] = [];
  return {
    runStarted: ({ monitor, name }) => `${colours.dim(`… ${printable(monitor)}  ${printable(name)}`)}\n`,
    runFinished(run) {
      runs.push(run);
      return `${runLines(run, colours, width).join('\n')}\n\n`;
    },
    finish() {
      const { total, passed, failed, error, skipped, degraded } = totalsOf(runs);
      const parts = [
        failed > 0 && colours.red(`${failed} failed`),
        error > 0 && colours.red(`${error} with errors`),
        passed > 0 && colours.green(`${passed} passed`),
        degraded > 0 && colours.yellow(`${degraded} of them degraded`),
        skipped > 0 && `${skipped} skipped`,
      ].filter((part) => part !== false);
      const time = runs.reduce((sum, run) => sum + run.duration_ms, 0);
      return `${total} ${total === 1 ? 'scenario' : 'scenarios'}: ${parts.join(', ') || 'none ran'} (${formatDuration(time)})\n`;
    },
  };
}

function runLines(run: RunResult, colours: Colours, width: number): string[] {
  const mark =
    run.status === 'passed'
      ? run.degraded
        ? colours.yellow('▲')
        : colours.green('✓')
      : run.status === 'skipped'
        ? '○'
        : colours.red('✗');
  const title = `${mark} ${colours.bold(printable(run.monitor))}  ${printable(run.name)}  ${colours.dim(formatDuration(run.duration_ms))}`;
  return [
    title,
    ...run.attempts.slice(0, -1).map(({ number, failure }) => {
      const why = failure ? `${failure.step}: ${failure.message}` : 'no reason given';
      return colours.yellow(`    attempt ${number} of ${run.attempts.length} did not pass: ${printable(why)}`);
    }),
    ...stepLines(run.steps, colours, width),
    ...failureLines(run, colours),
  ];
}

function failureLines(run: RunResult, colours: Colours): string[] {
  const { failure } = run;
  if (run.watcher_fault) return [colours.red(`    ringdown itself failed: ${printable(run.watcher_fault)}`)];
  if (!failure) return [];
  const told = run.steps.some(
    (step) => step.name === failure.step && (step.error || step.assertions.some(({ passed }) => !passed)),
  );
  const facts: [string, string | null][] = [
    ['request', failure.request ? `${failure.request.method} ${failure.request.url}` : null],
    ['expected', failure.expected],
    ['actual', failure.actual],
    ['trace', run.trace_id],
    ['runbook', run.runbook],
  ];
  return [
    '',
    ...(told ? [] : [`    ${colours.red(`${printable(failure.step)}: ${printable(failure.message)}`)}`]),
    ...facts.flatMap(([label, text]) =>
      text === null ? [] : [`    ${colours.dim(label.padEnd(9))}${printable(text)}`],
    ),
  ];
}
