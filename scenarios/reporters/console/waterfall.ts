import type pc from 'picocolors';
import { columns } from '../../../core/document/index.ts';
import { formatDuration } from '../../../core/units.ts';
import type { StepResult } from '../../run-result.ts';
import { printable } from './printable.ts';

type Colours = ReturnType<typeof pc.createColors>;

const WIDEST_NAME = 40;

/** A line per step: mark, name, status code, duration and where in the attempt it stood; below it what did not hold. */
export function stepLines(steps: readonly StepResult[], colours: Colours, width: number): string[] {
  const end = Math.max(1, ...steps.map((step) => step.offset_ms + step.duration_ms));
  const names = steps.map((step) => cut(printable(step.name)));
  const nameWidth = Math.max(0, ...names.map(columns));
  // Mark, status code, duration and the spaces between them take 25 columns.
  const barWidth = Math.max(10, Math.min(40, width - nameWidth - 25));
  return steps.flatMap((step, index) => {
    const name = `${names[index]}${' '.repeat(nameWidth - columns(names[index]!))}`;
    const status = String(step.response?.status ?? '').padEnd(3);
    if (step.status === 'skipped') {
      const why = step.skipped_reason ? `  ${printable(step.skipped_reason)}` : '';
      return [colours.dim(`    ○ ${name}  skipped${why}`)];
    }
    const line = `    ${mark(step, colours)} ${name}  ${status}  ${formatDuration(step.duration_ms).padStart(8)}  ${colours.cyan(bar(step, end, barWidth))}`;
    return [line.trimEnd(), ...notes(step, colours)];
  });
}

function mark(step: StepResult, colours: Colours): string {
  if (step.status !== 'passed') return colours.red('✗');
  return step.warnings.every(({ passed }) => passed) ? colours.green('✓') : colours.yellow('▲');
}

function bar(step: StepResult, end: number, width: number): string {
  const from = Math.min(width - 1, Math.floor((step.offset_ms / end) * width));
  const length = Math.max(1, Math.min(width - from, Math.round((step.duration_ms / end) * width)));
  return `${' '.repeat(from)}${'█'.repeat(length)}`;
}

function notes(step: StepResult, colours: Colours): string[] {
  return [
    ...step.assertions
      .filter(({ passed }) => !passed)
      .map(({ message }) => colours.red(`        ${printable(message)}`)),
    ...(step.error ? [colours.red(`        ${printable(step.error.message)}`)] : []),
    ...(step.error?.hint ? [`        ${printable(step.error.hint)}`] : []),
    ...step.warnings
      .filter(({ passed }) => !passed)
      .map(({ message }) => colours.yellow(`        warning: ${printable(message)}`)),
  ];
}

function cut(name: string): string {
  return name.length > WIDEST_NAME ? `${name.slice(0, WIDEST_NAME - 1)}…` : name;
}
