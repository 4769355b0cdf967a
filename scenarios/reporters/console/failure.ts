import type { RunResult } from '../../run-result.ts';
import { excerpt, firstDifference, sizeWords } from '../evidence-text.ts';
import { failingStep, troubles } from '../outline.ts';
import { printable } from '../printable.ts';
import { cut } from './live-line.ts';
import type { Colours } from './waterfall.ts';

const INDENT = 4;
const LABEL = 9;
const BODY_LINES = 12;
const LONGEST_FACT = 400;

/** Why a run did not pass: what was asked, what was expected and came, the answer's first lines, where to go on. */
export function failureLines(run: RunResult, colours: Colours, width: number): string[] {
  const { failure } = run;
  const pad = ' '.repeat(INDENT);
  if (run.watcher_fault) return [`${pad}${colours.red(`ringdown itself failed: ${printable(run.watcher_fault)}`)}`];
  if (!failure) return [];
  const step = failingStep(run.steps, failure);
  const told = step?.name === failure.step && troubles(step).length > 0;
  const facts: [string, string | null][] = [
    ['row', failure.row === null ? null : String(failure.row)],
    ['request', failure.request ? `${failure.request.method} ${failure.request.url}` : null],
    ['expected', failure.expected],
    ['actual', failure.actual],
    ['differs', firstDifference(failure.expected, failure.actual)],
    ['answer', step?.response ? answerWords(step.response) : null],
  ];
  const links: [string, string | null][] = [
    ['trace', run.trace_id],
    ['runbook', run.runbook],
  ];
  const fact = ([label, text]: [string, string | null]) =>
    text === null ? [] : [`${pad}${colours.dim(label.padEnd(LABEL))}${cut(printable(text), LONGEST_FACT)}`];
  return [
    '',
    ...(told ? [] : [`${pad}${colours.red(`${printable(failure.step)}: ${printable(failure.message)}`)}`]),
    ...facts.flatMap(fact),
    ...(step?.response?.body ? bodyLines(step.response.body, colours, width) : []),
    ...links.flatMap(fact),
  ];
}

function answerWords(response: NonNullable<RunResult['steps'][number]['response']>): string | null {
  const { status, body } = response;
  const parts = [
    status === null ? null : String(status),
    body?.content_type?.split(';')[0] ?? null,
    body ? sizeWords(body.size_bytes) : 'no body',
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function bodyLines(
  body: { text: string; content_type: string | null; truncated: boolean },
  colours: Colours,
  width: number,
): string[] {
  if (body.text.trim() === '') return [];
  const pad = ' '.repeat(INDENT + LABEL);
  const { lines, more } = excerpt(body, BODY_LINES, Math.max(20, width - pad.length));
  const rest = more > 0 ? `… ${more} more ${more === 1 ? 'line' : 'lines'}` : body.truncated ? '… cut here' : null;
  return [...lines.map((line) => `${pad}${line}`.trimEnd()), ...(rest ? [`${pad}${colours.dim(rest)}`] : [])];
}
