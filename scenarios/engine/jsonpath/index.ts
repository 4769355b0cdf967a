import { parseQuery } from './parser.ts';
import { SyntaxProblem } from './scanner.ts';
import { select } from './select.ts';

const compiled = new Map<string, JsonQuery>();
const MOST_QUERIES = 1_000;

export interface JsonQuery {
  /** It can select one node at most (RFC 9535 §2.3.5.1), so operators for one value make sense. */
  readonly singular: boolean;
  /** Values of the selected nodes; own properties only. Empty: nothing there. Bounded in time, never throws. */
  select(value: unknown): unknown[] | { error: string };
}

/** Compiles a JSONPath query (RFC 9535). The error's `offset` counts characters of the query. */
export function compileJsonQuery(text: string): JsonQuery | { error: string; offset: number } {
  const known = compiled.get(text);
  if (known) return known;
  try {
    const query = parseQuery(text);
    const made: JsonQuery = { singular: query.singular, select: (value) => select(query, value) };
    if (compiled.size >= MOST_QUERIES) compiled.clear();
    compiled.set(text, made);
    return made;
  } catch (error) {
    if (error instanceof SyntaxProblem) return { error: error.message, offset: error.offset };
    throw error;
  }
}
