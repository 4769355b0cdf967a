import type { FileProblem } from '../../control/resources.ts';
import type { Diagnostic } from '../../core/document/index.ts';

const LINES_AROUND = 2;
const LONGEST_LINE = 400;
const MOST_SHOWN = 50;

/** Mistakes in files with the lines around them, for a screen; the first 50. Lines of the config stay out: they may hold secrets. */
export function fileProblems(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
  config: string | null,
): FileProblem[] {
  return diagnostics.slice(0, MOST_SHOWN).map(({ file, line, column, endColumn, message, hint }) => {
    const lines = file === config ? [] : (texts.get(file)?.split(/\r\n|\r|\n/) ?? []);
    const from = Math.max(1, line - LINES_AROUND);
    return {
      file,
      line,
      column,
      end_column: endColumn ?? null,
      message,
      hint: hint ?? null,
      excerpt: lines
        .slice(from - 1, line + LINES_AROUND)
        .map((text, index) => ({ line: from + index, text: text.slice(0, LONGEST_LINE) })),
    };
  });
}
