import type { RunResult, StepResult } from '../../run-result.ts';
import { readableBody } from '../evidence-text.ts';
import { unmet } from '../outline.ts';

export interface Case {
  name: string;
  classname: string;
  durationMs: number;
  /** null: it passed. */
  verdict: { tag: 'failure' | 'error' | 'skipped'; message: string; type: string; detail: string } | null;
  /** Warnings, tries, and what was sent and answered where it did not pass. */
  output: string;
}

/** A case for every step, and one more for a failure that belongs to none. */
export function casesOf(run: RunResult): Case[] {
  const cases = run.steps.map((step) => stepCase(step, run));
  const told = cases.some(({ verdict }) => verdict !== null && verdict.tag !== 'skipped');
  if (told || run.status === 'passed' || (run.status === 'skipped' && cases.length > 0)) return cases;
  const message = run.failure?.message ?? run.watcher_fault ?? `the run was ${run.status}`;
  const tag = run.status === 'skipped' ? 'skipped' : run.status === 'failed' ? 'failure' : 'error';
  const type = run.failure?.kind ?? (run.watcher_fault ? 'watcher_fault' : run.status);
  return [
    ...cases,
    {
      name: run.failure?.step ?? 'run',
      classname: run.monitor,
      durationMs: run.duration_ms,
      verdict: { tag, message, type, detail: tag === 'skipped' ? '' : message },
      output: '',
    },
  ];
}

function stepCase(step: StepResult, run: RunResult): Case {
  const place = [step.group, step.name].filter((part) => part !== null).join(': ');
  return {
    // CI servers tell cases apart, and remember them, by class and name.
    name: step.row === null ? place : `${place} (row ${step.row})`,
    classname: step.section === 'steps' ? run.monitor : `${run.monitor}.${step.section}`,
    durationMs: step.duration_ms,
    verdict: verdictOf(step),
    output: outputOf(step).join('\n'),
  };
}

function verdictOf(step: StepResult): Case['verdict'] {
  if (step.status === 'passed') return null;
  if (step.status === 'skipped') {
    return { tag: 'skipped', message: step.skipped_reason ?? 'not run', type: 'skipped', detail: '' };
  }
  const broken = unmet(step.assertions);
  const detail = [
    ...(step.request ? [`${step.request.method} ${step.request.url}`] : []),
    ...broken.map(
      (assertion) => `${assertion.message}\n  expected: ${assertion.expected}\n  actual:   ${assertion.actual}`,
    ),
    ...(step.error ? [step.error.message, ...(step.error.hint ? [step.error.hint] : [])] : []),
  ].join('\n');
  const message = broken[0]?.message ?? step.error?.message ?? 'it did not pass';
  return step.status === 'failed'
    ? { tag: 'failure', message, type: broken[0]?.kind ?? 'assertion', detail }
    : { tag: 'error', message, type: step.error?.code ?? 'error', detail };
}

function outputOf(step: StepResult): string[] {
  const notes = [
    ...(step.tries > 1 ? [`after ${step.tries} tries`] : []),
    ...unmet(step.warnings).map(({ message }) => `warning: ${message}`),
  ];
  if (step.status !== 'failed' && step.status !== 'error') return notes;
  const { request, response } = step;
  return [
    ...notes,
    ...(request
      ? ['', `> ${request.method} ${request.url}`, ...headerLines('> ', request.headers), ...bodyLines(request.body)]
      : []),
    ...(response
      ? [
          '',
          `< ${response.status ?? ''}`.trimEnd(),
          ...headerLines('< ', response.headers),
          ...bodyLines(response.body),
        ]
      : []),
  ];
}

function headerLines(mark: string, headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${mark}${name}: ${value}`);
}

function bodyLines(body: { text: string; content_type: string | null; truncated: boolean } | null): string[] {
  if (!body || body.text === '') return [];
  return ['', readableBody(body), ...(body.truncated ? ['… cut here'] : [])];
}
