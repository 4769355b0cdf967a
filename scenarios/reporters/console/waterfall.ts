import type pc from 'picocolors';
import { columns } from '../../../core/document/index.ts';
import { formatDuration } from '../../../core/units.ts';
import type { StepResult } from '../../run-result.ts';
import {
  type Chapter,
  chapterStatus,
  chaptersOf,
  chapterTitle,
  isQuietRow,
  rowNumbers,
  spanOf,
  troubles,
  unmet,
  withQuietRowsTogether,
} from '../outline.ts';
import { type Phase, phasesOf } from '../phases.ts';
import { printable } from '../printable.ts';
import { cut } from './live-line.ts';

export type Colours = ReturnType<typeof pc.createColors>;

const WIDEST_NAME = 40;
const NARROWEST_NAME = 12;
const WIDEST_BAR = 40;
const NARROWEST_BAR = 5;
// Indentation, mark, status code, duration and the spaces between them.
const FIXED_COLUMNS = 25;
/** Rows of data that did not simply pass and are shown step by step. */
const ROWS_SHOWN = 20;

export const PHASE_LEGEND = '░ connecting  ▒ waiting  █ receiving and judging';
const SHADES: Record<Phase, string> = { dns: '░', connect: '░', tls: '░', first_byte: '▒', download: '█', own: '█' };

/** Whether the bar of a step shows more than its length. */
export function hasPhases(step: StepResult): boolean {
  return step.timings !== null;
}

/**
 * A line per step: mark, name, status code, duration and where in the attempt it stood; below it what did not hold. Rows
 * of data that passed, and those that were not reached, are one line together.
 */
export function stepLines(steps: readonly StepResult[], colours: Colours, width: number): string[] {
  const chapters = chaptersOf(steps);
  const titled = chapters.some(({ row, section }) => row !== null || section === 'before' || section === 'after');
  if (!titled) return waterfall(steps, colours, width);
  const lines: string[] = [];
  let shown = 0;
  let more = 0;
  for (const group of withQuietRowsTogether(chapters)) {
    const [first] = group as [Chapter];
    if (isQuietRow(first)) lines.push(rowsLine(group, colours));
    else if (first.row !== null && ++shown > ROWS_SHOWN) more++;
    else lines.push(colours.dim(`    ${chapterTitle(first) ?? 'steps'}`), ...waterfall(first.steps, colours, width));
  }
  if (more > 0) lines.push(colours.dim(`    … ${more} more rows with failures or warnings`));
  return lines;
}

function rowsLine(rows: readonly Chapter[], colours: Colours): string {
  const which = rowNumbers(rows);
  if (chapterStatus(rows[0]!) === 'skipped') return colours.dim(`    ○ ${which}  skipped`);
  const { from, to } = spanOf(rows.flatMap(({ steps }) => steps));
  return `    ${colours.green('✓')} ${which}  passed  ${colours.dim(formatDuration(to - from))}`;
}

function waterfall(steps: readonly StepResult[], colours: Colours, width: number): string[] {
  const axis = spanOf(steps);
  const widest = Math.max(NARROWEST_NAME, Math.min(WIDEST_NAME, width - FIXED_COLUMNS - NARROWEST_BAR));
  const names = steps.map(({ name, group }) => `${group === null ? '' : '  '}${cut(printable(name), widest)}`);
  const nameWidth = Math.max(0, ...names.map(columns));
  const room = width - nameWidth - FIXED_COLUMNS;
  const barWidth = room < NARROWEST_BAR ? 0 : Math.min(WIDEST_BAR, room);
  return steps.flatMap((step, index) => {
    const name = `${names[index]}${' '.repeat(nameWidth - columns(names[index]!))}`;
    const group = step.group !== null && step.group !== steps[index - 1]?.group ? [groupLine(step.group, colours)] : [];
    if (step.status === 'skipped') {
      const why = step.skipped_reason ? `  ${printable(step.skipped_reason)}` : '';
      return [...group, colours.dim(`    ○ ${name}  skipped${why}`)];
    }
    const status = String(step.response?.status ?? '').padEnd(3);
    const line = `    ${mark(step, colours)} ${name}  ${status}  ${formatDuration(step.duration_ms).padStart(8)}  ${bar(step, axis, barWidth, colours)}`;
    return [...group, line.trimEnd(), ...notes(step, colours)];
  });
}

function groupLine(name: string, colours: Colours): string {
  return colours.dim(`    ∥ ${cut(printable(name), WIDEST_NAME)}, side by side`);
}

function mark(step: StepResult, colours: Colours): string {
  if (step.status !== 'passed') return colours.red('✗');
  return unmet(step.warnings).length === 0 ? colours.green('✓') : colours.yellow('▲');
}

/** Every cell shows the phase in which its middle lies. */
function bar(step: StepResult, axis: { from: number; to: number }, width: number, colours: Colours): string {
  if (width === 0) return '';
  const length = Math.max(1, axis.to - axis.from);
  const from = Math.min(width - 1, Math.floor(((step.offset_ms - axis.from) / length) * width));
  const cells = Math.max(1, Math.min(width - from, Math.round((step.duration_ms / length) * width)));
  const shades = Array.from({ length: cells }, (_, cell) => {
    const phase = step.timings === null ? 'own' : phaseAt(step, ((cell + 0.5) / cells) * step.duration_ms);
    return SHADES[phase];
  });
  return `${' '.repeat(from)}${colours.cyan(shades.join(''))}`;
}

function phaseAt(step: StepResult, ms: number): Phase {
  let end = 0;
  for (const { phase, ms: length } of phasesOf(step)) {
    end += length;
    if (ms < end) return phase;
  }
  return 'own';
}

function notes(step: StepResult, colours: Colours): string[] {
  return [
    ...(step.tries > 1 ? [colours.dim(`        after ${step.tries} tries`)] : []),
    ...troubles(step).map((sentence) => colours.red(`        ${printable(sentence)}`)),
    ...unmet(step.warnings).map(({ message }) => colours.yellow(`        warning: ${printable(message)}`)),
  ];
}
