/** Something wrong in a file, at a place a person can go to. Lines and columns count from 1; `endColumn` is exclusive. */
export interface Diagnostic {
  file: string;
  line: number;
  column: number;
  endColumn?: number;
  message: string;
  hint?: string;
}

/** Longest part of a source line that is shown; a longer one is cut around the caret. */
const WIDEST_LINE = 120;

/** A file with more mistakes than this has one mistake, its format; past it nobody reads and sorting costs seconds. */
export const MOST_DIAGNOSTICS = 1_000;

/**
 * `file:line:column: message`, the line itself and a caret under the place, as a compiler prints it.
 * @param text the whole text of the file that the diagnostic is about
 */
export function renderDiagnostic(diagnostic: Diagnostic, text: string): string {
  return render(diagnostic, linesOf(text));
}

function render(diagnostic: Diagnostic, lines: readonly string[]): string {
  const { file, line, column, message } = diagnostic;
  const head = printable(`${file}:${line}:${column}: ${message}`);
  const hint = diagnostic.hint && printable(diagnostic.hint);
  const source = lines[line - 1];
  if (source === undefined || source.trim() === '') return hint ? `${head}\n      | ${hint}` : head;
  const cut = Math.max(0, column - WIDEST_LINE / 2);
  const shown = printable(source.slice(cut, cut + WIDEST_LINE));
  const before = shown.slice(0, column - 1 - cut);
  const end = Math.min(diagnostic.endColumn ?? column + 1, cut + shown.length + 1);
  const marked = shown.slice(column - 1 - cut, end - 1 - cut);
  const caret = `${blank(before)}${'^'.repeat(Math.max(1, columns(marked)))}`;
  return [head, `${String(line).padStart(5)} | ${shown}`, `      | ${caret}${hint ? ` ${hint}` : ''}`].join('\n');
}

/**
 * All of them in their order, a blank line apart.
 * @param texts of the file, or of every file that they are about by the name that they use
 */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: string | ReadonlyMap<string, string>,
): string {
  const lines = new Map<string, string[]>();
  return diagnostics
    .map((diagnostic) => {
      const { file } = diagnostic;
      let known = lines.get(file);
      if (!known) {
        known = linesOf(typeof texts === 'string' ? texts : (texts.get(file) ?? ''));
        lines.set(file, known);
      }
      return render(diagnostic, known);
    })
    .join('\n\n');
}

/** As YAML's parser counts them: a carriage return alone ends none. A byte order mark is not shown by editors either. */
const linesOf = (text: string) => text.replace(/^\ufeff/, '').split(/\r?\n/);

/** Sorts by place, drops repeats, and keeps MOST_DIAGNOSTICS of them. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .filter(({ line, column, message }) => {
      const key = `${line}:${column}:${message}`;
      return !seen.has(key) && Boolean(seen.add(key));
    })
    .slice(0, MOST_DIAGNOSTICS);
}

/**
 * A terminal must not be steered by the file it shows, nor its reader deceived by letters that cannot be seen or that
 * turn the direction. One for one, so that columns stay where they are.
 */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    '\ufffd',
  );
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

/** Terminal columns: Korean, Chinese and Japanese letters take two. */
export function columns(text: string): number {
  let total = 0;
  for (const letter of text) total += WIDE.test(letter) || letter.length === 2 ? 2 : 1;
  return total;
}

function blank(text: string): string {
  return [...text].map((letter) => (letter === '\t' ? '\t' : ' '.repeat(columns(letter)))).join('');
}
