import type { ScenarioDiagnostic } from '../../../../control/resources.ts';

/** Offsets into a text in which every line ends in one character, as the editor holds it. */
export interface Span {
  from: number;
  to: number;
}

/**
 * How the lines of a file end. One that mixes ends keeps its carriage returns as characters, so that saving changes no
 * line that nobody touched.
 */
export function lineEndOf(text: string): '\r\n' | '\n' {
  const ends = text.match(/\r\n?|\n/g) ?? [];
  return ends.length > 0 && ends.every((end) => end === '\r\n') ? '\r\n' : '\n';
}

/** Where a mistake stands. One past the end of the text stands at its end. */
export function spanOf(
  { line, column, end_column }: Pick<ScenarioDiagnostic, 'line' | 'column' | 'end_column'>,
  lines: readonly string[],
): Span {
  const index = Math.min(line, lines.length) - 1;
  let start = 0;
  for (let before = 0; before < index; before++) start += lines[before]!.length + 1;
  const text = lines[index] ?? '';
  // A byte order mark is no column.
  const mark = index === 0 && text.startsWith('\ufeff') ? 1 : 0;
  const within = (at: number) => Math.min(Math.max(0, at - 1 + mark), text.length);
  const from = start + within(column);
  return { from, to: Math.max(from, start + within(end_column ?? column + 1)) };
}

/** The one stretch in which two texts differ: what is to be put where, so that cursor and undo stay useful. */
export function replacement(before: string, after: string): Span & { insert: string } {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) };
}
