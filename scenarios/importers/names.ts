/** Words of foreign documents as names that a scenario file accepts. */

const LONGEST_NAME = 120;

/** Lower-case letters, digits and hyphens. @returns `fallback` when nothing is left */
export function slug(text: string, fallback = 'imported'): string {
  const words = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  return words === '' ? fallback : words;
}

/** A name of a variable, capture or secret. Two foreign names may become one: ask `Unique` where that matters. */
export function identifier(text: string, fallback = 'value'): string {
  const letters = text
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
  const name = letters === '' ? fallback : /^[0-9]/.test(letters) ? `_${letters}` : letters;
  return ['secrets', 'row'].includes(name) ? `${name}_` : name;
}

/** A text on one line, short enough for a name. */
export function oneLine(text: string, limit = LONGEST_NAME): string {
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit - 1).trimEnd()}…` : line;
}

/** Hands out names, a number behind those that are taken. */
export class Unique {
  readonly #taken = new Set<string>();
  readonly #separator: string;

  constructor(separator: string, taken: Iterable<string> = []) {
    this.#separator = separator;
    for (const name of taken) this.#taken.add(name);
  }

  take(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}${this.#separator}${number}`;
    this.#taken.add(name);
    return name;
  }
}
