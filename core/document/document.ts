import { isMap, isScalar, isSeq, type Node, type ParsedNode, parseDocument } from 'yaml';
import { type Diagnostic, inOrder } from './diagnostic.ts';
import { lintText, plainValue, syntaxDiagnostic } from './syntax.ts';
import { type Path, valueAt } from './values.ts';

export type { Path } from './values.ts';

/** A place on one line; lines and columns count from 1, `endColumn` is exclusive. */
export interface Place {
  line: number;
  column: number;
  endColumn: number;
}

/** A YAML file as plain data that still knows where everything stands. */
export interface SourceDocument {
  readonly file: string;
  readonly text: string;
  /** Plain data with own properties only; undefined when the text could not be read at all. */
  readonly value: unknown;
  /** The first line that YAML could not follow: what `value` has of it and of what comes after is a guess. Infinity without one. */
  readonly guessedFrom: number;
  /** What YAML itself, or our reading of it, has to say. Empty when the file is well formed. */
  readonly diagnostics: readonly Diagnostic[];
  /** Where a value, or its key, stands; the nearest existing ancestor when the path leads nowhere. */
  locate(path: Path, part?: 'key' | 'value'): Place;
  /** Where a piece of a text stands, by its offset in the value (not in the source); the whole value when it is escaped. */
  locateWithin(path: Path, offset: number, length: number, part?: 'key' | 'value'): Place;
}

/** Larger files are refused before they are parsed. */
export const MAX_DOCUMENT_BYTES = 1_000_000;

/** Deeper nesting is refused: nothing a person writes comes near it, and recursion stays bounded. */
export const MAX_DOCUMENT_DEPTH = 64;

/** Words, marks and spaces of YAML, a text block counting as one; a parsed file costs its number of them, not its bytes. */
export const MAX_DOCUMENT_TOKENS = 400_000;

/** Reads one YAML 1.2 document. Never throws: everything wrong is in `diagnostics`, all at once. */
export function readDocument(text: string, file: string): SourceDocument {
  const linePos = lineTable(text);
  const place = (start: number, end: number): Place => {
    const { line, col } = linePos(start);
    const last = linePos(Math.max(start, end));
    const lineEnd = last.line === line ? last.col : text.slice(start).search(/\r|\n|$/) + col;
    // Editors do not count a byte order mark as a column.
    const mark = line === 1 && text.startsWith('\ufeff') ? 1 : 0;
    const column = Math.max(1, col - mark);
    return { line: Math.max(1, line), column, endColumn: Math.max(lineEnd - mark, column + 1) };
  };
  const refused = (message: string, hint?: string): SourceDocument => {
    const at = { line: 1, column: 1, endColumn: 2 };
    const diagnostic: Diagnostic = { file, ...at, message, ...(hint ? { hint } : {}) };
    const locate = () => at;
    return { file, text, value: undefined, guessedFrom: 1, diagnostics: [diagnostic], locate, locateWithin: locate };
  };

  if (text.length > MAX_DOCUMENT_BYTES || Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) {
    return refused(`the file is ${(Buffer.byteLength(text) / 1e6).toFixed(1)} MB; at most 1 MB is read`);
  }
  const bomb = lintText(text, MAX_DOCUMENT_DEPTH, MAX_DOCUMENT_TOKENS);
  if (bomb) return refused(bomb);

  let root: ParsedNode | null;
  const diagnostics: Diagnostic[] = [];
  let guessedFrom = Number.POSITIVE_INFINITY;
  const report = (start: number, end: number, message: string, hint?: string) => {
    diagnostics.push({ file, ...place(start, end), message, ...(hint ? { hint } : {}) });
  };
  try {
    const parsed = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      intAsBigInt: true,
      merge: false,
      prettyErrors: false,
      // Not `silent`: that keeps quiet about a second document.
      logLevel: 'error',
      // Its check compares every key with every other: two minutes for a megabyte of keys. Ours is in plainValue.
      uniqueKeys: false,
    });
    const first = parsed.errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN');
    for (const [index, problem] of parsed.errors.entries()) {
      // After the first surprise the parser is lost, and says so of whatever follows.
      if (problem.code === 'UNEXPECTED_TOKEN' && index > first) continue;
      const [start, end] = problem.pos;
      const { message, hint, at } = syntaxDiagnostic(problem.code, problem.message, text, start);
      guessedFrom = Math.min(guessedFrom, linePos(start).line, linePos(at ?? start).line);
      report(at ?? start, at === undefined ? end : at + (text.startsWith('{{', at) ? 2 : 1), message, hint);
    }
    root = parsed.contents;
  } catch (error) {
    // The parser recurses; what the pre-check let through and still overflows the stack is not a scenario.
    if (error instanceof RangeError) return refused('the file is nested too deeply to be read');
    throw error;
  }
  const broken = diagnostics.length > 0;
  const value =
    root === null ? null : plainValue(root, text, (start, end, message, hint) => report(start, end, message, hint));

  const find = (path: Path, part: 'key' | 'value'): [number, number] => {
    let node: Node | null = root;
    let best: [number, number] = root?.range ? [root.range[0], root.range[0] + 1] : [0, 1];
    for (const segment of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
        const key = pair?.key as Node | undefined;
        if (!pair || !key?.range) return best;
        node = (pair.value as Node | null) ?? null;
        best = [key.range[0], key.range[1]];
      } else if (isSeq(node)) {
        node = (node.items[Number(segment)] as Node | undefined) ?? null;
        if (!node?.range) return best;
        best = [node.range[0], node.range[1]];
      } else return best;
    }
    const empty = !node?.range || node.range[0] === node.range[1];
    return part === 'key' || empty ? best : [node!.range![0], node!.range![1]];
  };

  // A text of a megabyte with thousands of templates is searched for in its source once.
  let searched = { start: -1, end: -1, verbatim: -1 };
  const verbatimAt = (start: number, end: number, whole: unknown): number => {
    if (searched.start !== start || searched.end !== end) {
      searched = { start, end, verbatim: typeof whole === 'string' ? text.slice(start, end).indexOf(whole) : -1 };
    }
    return searched.verbatim;
  };

  return {
    file,
    text,
    value: broken && value === null ? undefined : value,
    guessedFrom,
    diagnostics: inOrder(onePerLine(diagnostics)),
    locate: (path, part = 'value') => place(...find(path, part)),
    locateWithin(path, offset, length, part = 'value') {
      const [start, end] = find(path, part);
      const whole = part === 'key' ? path.at(-1) : valueAt(value, path);
      const verbatim = verbatimAt(start, end, whole);
      if (verbatim < 0) return place(start, end);
      const from = start + verbatim + Math.min(offset, (whole as string).length);
      return place(from, from + Math.max(1, length));
    },
  };
}

/** Line and column of an offset, both from 1. Not the parser's own count: it misses lines of what it could not read. */
function lineTable(text: string): (offset: number) => { line: number; col: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, col: offset - starts[low]! + 1 };
  };
}

/** A diagnostic about the value, or its key, at `path`. */
export function diagnosticAt(
  doc: SourceDocument,
  path: Path,
  message: string,
  hint?: string,
  part: 'key' | 'value' = 'value',
): Diagnostic {
  return { file: doc.file, ...doc.locate(path, part), message, ...(hint ? { hint } : {}) };
}

/** A diagnostic about a piece of the text at `path`. */
export function diagnosticWithin(
  doc: SourceDocument,
  path: Path,
  span: { offset: number; length: number },
  message: string,
  hint?: string,
  part: 'key' | 'value' = 'value',
): Diagnostic {
  const place = doc.locateWithin(path, span.offset, span.length, part);
  return { file: doc.file, ...place, message, ...(hint ? { hint } : {}) };
}

/** One slip confuses the parser several times over; the first word about a line is the useful one. */
function onePerLine(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const quoting = new Set(diagnostics.filter(({ message }) => message.includes('{{')).map(({ line }) => line));
  const told = new Set<string>();
  return diagnostics.filter(({ line, message }) => {
    const again = told.has(`${line} ${message}`);
    told.add(`${line} ${message}`);
    return !again && (!quoting.has(line) || message.includes('{{'));
  });
}
