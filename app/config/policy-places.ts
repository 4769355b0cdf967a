import { readDocument } from '../../core/document/index.ts';

/** Where a policy stands, for people who look for it. Lines count from 1. */
export interface PolicyPlace {
  file: string;
  line: number;
  /** Of its rules, in their order: where each begins, and its text. */
  rules: readonly { line: number; text: string }[];
}

const LONGEST_TEXT = 4_000;

/**
 * @param texts policy files without mistakes, by path
 * @returns places by the policy's id
 */
export function policyPlaces(texts: ReadonlyMap<string, string>): ReadonlyMap<string, PolicyPlace> {
  const places = new Map<string, PolicyPlace>();
  for (const [file, text] of texts) {
    const doc = readDocument(text, file);
    const { id, rules } = (doc.value ?? {}) as { id?: unknown; rules?: unknown };
    if (typeof id !== 'string' || !Array.isArray(rules) || places.has(id)) continue;
    const lines = text.split(/\r\n|\r|\n/);
    const found = rules.map((_, index) => {
      const { line } = doc.locate(['rules', index]);
      return { line, text: itemAt(lines, line - 1) };
    });
    places.set(id, { file, line: doc.locate(['id']).line, rules: found });
  }
  return places;
}

/** The item of a list that begins on a line: what follows and stands further in, without what is common to all of it. */
function itemAt(lines: readonly string[], first: number): string {
  const depth = (line: string) => line.search(/\S/);
  const begins = depth(lines[first] ?? '');
  if (begins < 0) return '';
  const taken = [lines[first]!];
  for (const line of lines.slice(first + 1)) {
    if (depth(line) >= 0 && depth(line) <= begins) break;
    taken.push(line);
  }
  return taken
    .map((line) => line.slice(begins))
    .join('\n')
    .trimEnd()
    .slice(0, LONGEST_TEXT);
}
