import type { DiffLine } from '../../../../control/resources.ts';

export type FoldedLine =
  | { kind: 'line'; line: DiffLine }
  /** Lines that are hidden until somebody asks; `why` says whether they are equal or vary in every run. */
  | { kind: 'fold'; why: 'same' | 'varies'; lines: DiffLine[] };

/** Lines of unchanged text kept beside a change, so that one sees where it is. */
const CONTEXT = 2;

/** A change that means something: not one of the fields that differ between passing runs too. */
export function isChange(line: DiffLine): boolean {
  return line.change !== 'same' && !line.always_varies;
}

/** Folds what always varies and what is the same away from the changes. Order is kept; no line is lost. */
export function foldDiff(lines: DiffLine[], context = CONTEXT): FoldedLine[] {
  const near = lines.map(() => false);
  lines.forEach((line, index) => {
    if (!isChange(line)) return;
    for (let at = Math.max(0, index - context); at <= Math.min(lines.length - 1, index + context); at++)
      near[at] = true;
  });
  const folded: FoldedLine[] = [];
  const push = (why: 'same' | 'varies', line: DiffLine) => {
    const last = folded.at(-1);
    if (last?.kind === 'fold' && last.why === why) last.lines.push(line);
    else folded.push({ kind: 'fold', why, lines: [line] });
  };
  lines.forEach((line, index) => {
    if (line.change !== 'same' && line.always_varies) push('varies', line);
    else if (line.change === 'same' && !near[index]) push('same', line);
    else folded.push({ kind: 'line', line });
  });
  // Hiding a single equal line saves nothing.
  return folded.map((entry) =>
    entry.kind === 'fold' && entry.why === 'same' && entry.lines.length === 1
      ? { kind: 'line', line: entry.lines[0]! }
      : entry,
  );
}
