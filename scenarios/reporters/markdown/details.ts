import { formatDuration } from '../../../core/units.ts';
import type { RunResult, StepResult } from '../../run-result.ts';
import { firstDifference, readableBody, sizeWords } from '../evidence-text.ts';
import { chapterStatus, chaptersOf, chapterTitle, failingStep, rowsWords, troubles, unmet } from '../outline.ts';
import { reasonOf } from '../totals-words.ts';
import { block, code, text } from './escape.ts';

const STEPS_SHOWN = 60;
const BODY_CHARACTERS = 4_000;

/** One run that did not pass, folded: its steps, what was expected and came, and the answer. */
export function detailsOf(run: RunResult): string {
  const { failure } = run;
  const step = failure ? failingStep(run.steps, failure) : undefined;
  const facts: [string, string | null][] = [
    ['Expected', failure?.expected ?? null],
    ['Actual', failure?.actual ?? null],
    ['Differs at', firstDifference(failure?.expected ?? null, failure?.actual ?? null)],
    ['Request', failure?.request ? `${failure.request.method} ${failure.request.url}` : null],
    ['Row', failure?.row == null ? null : String(failure.row)],
    ['Trace', run.trace_id],
    ['Runbook', run.runbook],
  ];
  return [
    `<details>\n<summary>❌ ${code(run.monitor)} ${text(reasonOf(run) ?? '')}</summary>\n\n`,
    ...run.attempts
      .slice(0, -1)
      .map(
        ({ number, failure: why }) =>
          `Attempt ${number} of ${run.attempts.length} did not pass: ${text(why ? `${why.step}: ${why.message}` : 'no reason given')}<br>\n`,
      ),
    run.attempts.length > 1 ? '\n' : '',
    stepTable(run),
    ...facts.flatMap(([label, value]) => (value === null ? [] : [`**${label}** ${code(value)}<br>\n`])),
    '\n',
    step?.response?.body ? answer(step.response) : '',
    '</details>\n\n',
  ].join('');
}

function stepTable(run: RunResult): string {
  if (run.steps.length === 0) return '';
  const chapters = chaptersOf(run.steps);
  // Rows that passed say nothing about the one that did not.
  const told = chapters.filter((chapter) => chapter.row === null || chapterStatus(chapter) === 'failed');
  const steps = told.flatMap((chapter) => chapter.steps.map((step) => ({ step, title: chapterTitle(chapter) })));
  const rows = steps.slice(0, STEPS_SHOWN).map(({ step, title }) => {
    const name = [title, step.group, step.name].filter((part) => part !== null).join(' · ');
    const cells = [
      markOf(step),
      text(name),
      String(step.response?.status ?? ''),
      step.status === 'skipped' ? '' : text(formatDuration(step.duration_ms)),
      notesOf(step).map(text).join('<br>'),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  const more = steps.length > STEPS_SHOWN ? `… and ${steps.length - STEPS_SHOWN} more steps.\n\n` : '';
  const words = rowsWords(run);
  const quiet = words === null ? '' : `${words}.\n\n`;
  return `| | Step | Status | Time | |\n| - | - | - | -: | - |\n${rows.join('')}\n${more}${quiet}`;
}

function markOf(step: StepResult): string {
  if (step.status === 'skipped') return '⚪';
  if (step.status !== 'passed') return '❌';
  return unmet(step.warnings).length > 0 ? '⚠️' : '✅';
}

function notesOf(step: StepResult): string[] {
  return [
    ...(step.status === 'skipped' ? [`skipped: ${step.skipped_reason ?? 'not run'}`] : []),
    ...(step.tries > 1 ? [`after ${step.tries} tries`] : []),
    ...troubles(step),
    ...unmet(step.warnings).map(({ message }) => `warning: ${message}`),
  ];
}

function answer({ status, body }: NonNullable<StepResult['response']>): string {
  if (!body || body.text === '') return '';
  const whole = readableBody(body);
  const shown = whole.slice(0, BODY_CHARACTERS);
  const cut = shown.length < whole.length || body.truncated ? ', cut here' : '';
  const type = body.content_type?.split(';')[0];
  const words = [status === null ? null : String(status), type ?? null, sizeWords(body.size_bytes)];
  const language = /[/+]json$/.test(type ?? '') ? 'json' : '';
  return `The answer (${text(`${words.filter((word) => word !== null).join(', ')}${cut}`)}):\n\n${block(shown, language)}\n`;
}
