/** How values and their types are called in results. */

const LONGEST_SHOWN = 200;

/** There is no value: not null, not empty, not "not equal". */
export const MISSING = Symbol('missing');

/** A value as a person reads it in a result, at most 200 characters. */
export function display(value: unknown): string {
  if (value === MISSING) return 'missing';
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  } catch (error) {
    if (error instanceof RangeError) return 'a value nested too deeply to be shown';
    throw error;
  }
}

/** A value inside a sentence or a text: a text as it is, everything else as JSON. */
export function asWord(value: unknown): string {
  return typeof value === 'string' ? value : display(value);
}

/** The JSON type of a value. */
export function typeOf(value: unknown): string {
  if (value === MISSING) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const ARTICLES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'a boolean',
  object: 'a mapping',
  array: 'a list',
  null: 'null',
};

export function articled(type: string): string {
  return ARTICLES[type] ?? type;
}
