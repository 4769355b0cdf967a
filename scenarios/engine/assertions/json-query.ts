import {
  FunctionExpressionType,
  JSONPathEnvironment,
  JSONPathError,
  type JSONPathQuery,
  type JSONValue,
} from 'json-p3';
import { findRegex } from './regex.ts';

/** RFC 9535 §2.4.6 and §2.4.7 want I-Regexp (RFC 9485); the library's own would run it through a backtracking engine. */
function regexFunction(whole: boolean) {
  return {
    argTypes: [FunctionExpressionType.ValueType, FunctionExpressionType.ValueType],
    returnType: FunctionExpressionType.LogicalType,
    call(text: unknown, pattern: unknown): boolean {
      if (typeof text !== 'string' || typeof pattern !== 'string') return false;
      const result = findRegex(whole ? `^(?:${pattern})$` : pattern, text);
      return 'found' in result && result.found;
    },
  };
}

const environment = new JSONPathEnvironment({ strict: true, maxRecursionDepth: 200 });
environment.functionRegister.set('match', regexFunction(true));
environment.functionRegister.set('search', regexFunction(false));

/**
 * What takes quadratic time or worse in the size of a body, which the watched service decides: a megabyte can hold the
 * thread that schedules and pages for minutes.
 * @returns the offset of the part that does
 */
function costlyAt(text: string): number | undefined {
  const bare = text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs, (quoted) => ' '.repeat(quoted.length));
  const second = bare.indexOf('..', bare.indexOf('..') + 2);
  if (bare.includes('..') && second > 0) return second;
  // `$` inside a filter is asked again for every element that the filter judges.
  return /(?<!^)\$[^\])<>=!&|,]*(?:\.\.|\*|\[\s*\?)/s.exec(bare)?.index;
}

const compiled = new Map<string, JsonQuery>();
const MOST_QUERIES = 1_000;

export interface JsonQuery {
  /** It can select one node at most (RFC 9535 §2.3.5.1), so operators for one value make sense. */
  readonly singular: boolean;
  /** Values of the selected nodes; own properties only. Empty: nothing there. */
  select(value: unknown): unknown[] | { error: string };
}

/** Compiles a JSONPath query. The error's `offset` counts characters of the query. */
export function compileJsonQuery(text: string): JsonQuery | { error: string; offset: number } {
  const known = compiled.get(text);
  if (known) return known;
  const offset = costlyAt(text);
  if (offset !== undefined) {
    return {
      error: 'it would take too long on a large body: one ".." at most, and no "$" for many values in a filter',
      offset,
    };
  }
  let query: JSONPathQuery;
  try {
    query = environment.compile(text);
  } catch (error) {
    if (!(error instanceof JSONPathError)) throw error;
    return { error: error.message.replace(/ \('.*$/s, ''), offset: error.token?.index ?? 0 };
  }
  const made: JsonQuery = {
    singular: query.singularQuery(),
    select(value) {
      try {
        return Array.from(query.lazyQuery(value as JSONValue), (node) => node.value);
      } catch (error) {
        if (error instanceof JSONPathError) return { error: error.message };
        if (error instanceof RangeError) return { error: 'the value is nested too deeply' };
        throw error;
      }
    },
  };
  if (compiled.size >= MOST_QUERIES) compiled.clear();
  compiled.set(text, made);
  return made;
}
