import { formatDuration } from '../../../core/units.ts';
import type { RunResult, StepResult } from '../../run-result.ts';
import { firstDifference } from '../evidence-text.ts';
import {
  type Chapter,
  chapterStatus,
  chaptersOf,
  chapterTitle,
  isQuietRow,
  rowNumbers,
  rowsWords,
  spanOf,
  troubles,
  unmet,
  withQuietRowsTogether,
} from '../outline.ts';
import { PHASE_WORDS, phasesOf } from '../phases.ts';
import { reasonOf } from '../totals-words.ts';
import { type Html, html } from './escape.ts';
import { evidenceOf } from './evidence.ts';
import { markOf, moodWords, runMood, stepMood } from './marks.ts';

/** One run, unfolded where it did not pass. */
export function runSection(run: RunResult, anchor: string): Html {
  const mood = runMood(run);
  const rows = rowsWords(run);
  return html`<details class="run" id="${anchor}"${mood === 'bad' && { html: ' open' }}>
<summary><span class="${mood}" aria-hidden="true">${markOf(mood)}</span> <h2>${run.name}</h2> <span class="soft"><span class="mono">${run.monitor}</span>, ${moodWords(mood)}, ${formatDuration(run.duration_ms)}</span></summary>
<div>
${mood === 'bad' && html`<p class="cause"><strong>${reasonOf(run)}</strong></p>`}
${facts(run)}
${earlierAttempts(run)}
${rows !== null && html`<p>${rows}</p>`}
${stepList(run.steps)}
</div>
</details>
`;
}

function facts(run: RunResult): Html {
  const { failure } = run;
  const all: [string, Html | string | null][] = [
    ['Expected', failure?.expected == null ? null : html`<code>${failure.expected}</code>`],
    ['Actual', failure?.actual == null ? null : html`<code>${failure.actual}</code>`],
    ['Differs at', firstDifference(failure?.expected ?? null, failure?.actual ?? null)],
    ['Request', failure?.request ? html`<code>${failure.request.method} ${failure.request.url}</code>` : null],
    ['Service', `${run.service}, ${run.environment}`],
    ['Owner', run.owner],
    ['Runbook', run.runbook && linkTo(run.runbook)],
    ['Trace', html`<span class="mono">${run.trace_id}</span>`],
    ['Run', html`<span class="mono">${run.id}</span>`],
  ];
  return html`<dl class="facts">
${all.map(
  ([label, value]) =>
    value !== null &&
    html`<dt>${label}</dt><dd>${value}</dd>
`,
)}</dl>`;
}

function linkTo(address: string): Html | string {
  return /^https?:\/\//i.test(address) ? html`<a href="${address}" rel="noreferrer">${address}</a>` : address;
}

function earlierAttempts({ attempts }: RunResult): Html[] {
  return attempts
    .slice(0, -1)
    .map(
      ({ number, failure }) =>
        html`<p class="warned">Attempt ${number} of ${attempts.length} did not pass: ${failure ? `${failure.step}: ${failure.message}` : 'no reason given'}</p>`,
    );
}

function stepList(steps: readonly StepResult[]): Html | null {
  if (steps.length === 0) return null;
  const chapters = chaptersOf(steps);
  const titled = chapters.length > 1;
  return html`<ol class="steps">
${withQuietRowsTogether(chapters).map((group) => (isQuietRow(group[0]!) ? quietRows(group) : chapterItems(group[0]!, titled)))}</ol>`;
}

/** Their evidence would bury that of the row that did not pass. */
function quietRows(rows: readonly Chapter[]): Html {
  const { from, to } = spanOf(rows.flatMap(({ steps }) => steps));
  const passed = chapterStatus(rows[0]!) === 'passed';
  const mood = passed ? 'good' : 'idle';
  return html`<li class="step"><span class="${mood}" aria-hidden="true">${markOf(mood)}</span><span>${rowNumbers(rows)}, ${passed ? 'passed' : 'skipped'}</span><span></span><span class="number">${passed && formatDuration(to - from)}</span></li>
`;
}

function chapterItems(chapter: Chapter, titled: boolean): Html {
  const axis = spanOf(chapter.steps);
  return html`${
    titled &&
    html`<li class="title">${chapterTitle(chapter) ?? 'steps'}</li>
`
  }${chapter.steps.map((step, index) => {
    const begins = step.group !== null && step.group !== chapter.steps[index - 1]?.group;
    return html`${
      begins &&
      html`<li class="title">∥ ${step.group}, side by side</li>
`
    }${stepItem(step, axis)}`;
  })}`;
}

function stepItem(step: StepResult, axis: { from: number; to: number }): Html {
  const mood = stepMood(step);
  const line = html`<span class="${mood}">${markOf(mood)}</span><span>${step.name}</span><span class="mono">${step.response?.status ?? ''}</span><span class="number">${step.status !== 'skipped' && formatDuration(step.duration_ms)}</span>${lane(step, axis)}${notes(step)}`;
  const className = `step${step.group === null ? '' : ' inner'}`;
  const evidence = evidenceOf(step);
  if (!evidence)
    return html`<li><div class="${className}">${line}</div></li>
`;
  return html`<li><details${mood === 'bad' && { html: ' open' }}><summary class="${className}">${line}</summary>
<div class="evidence">${evidence}</div></details></li>
`;
}

function notes(step: StepResult): Html[] {
  return [
    ...(step.status === 'skipped'
      ? [html`<span class="note soft">skipped: ${step.skipped_reason ?? 'not run'}</span>`]
      : []),
    ...(step.tries > 1 ? [html`<span class="note soft">after ${step.tries} tries</span>`] : []),
    ...troubles(step).map((sentence) => html`<span class="note bad">${sentence}</span>`),
    ...unmet(step.warnings).map(({ message }) => html`<span class="note warned">warning: ${message}</span>`),
  ];
}

function lane(step: StepResult, axis: { from: number; to: number }): Html {
  const length = Math.max(0.001, axis.to - axis.from);
  const percent = (part: number, whole: number) => ((part / whole) * 100).toFixed(2);
  const phases = step.timings === null ? [] : phasesOf(step);
  const words = phases.map(({ phase, ms }) => `${PHASE_WORDS[phase]} ${formatDuration(ms)}`).join(', ');
  if (step.status === 'skipped') return html`<span class="lane" aria-hidden="true"></span>`;
  return html`<span class="lane" aria-hidden="true" title="${words}"><span class="bar" style="left:${percent(step.offset_ms - axis.from, length)}%;width:${percent(step.duration_ms, length)}%">${phases.map(({ phase, ms }) => html`<i class="${phase}" style="width:${percent(ms, step.duration_ms)}%"></i>`)}</span></span>`;
}
