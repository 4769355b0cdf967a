import type { Path } from './values.ts';

/** How a document is laid out; what it does not say is up to the printer. Paths lead to the value that is asked about. */
export interface Layout {
  /** The keys of a mapping in the order in which they are printed; keys that it leaves out are left out. */
  order?(keys: readonly string[], path: Path): readonly string[];
  /** Whether a mapping or list has to have lines of its own. By default what is short stands on one line. */
  block?(path: Path, value: object): boolean;
  /** Whether a text with `{{` may stand without quotes where YAML allows it. */
  bareTemplate?(path: Path): boolean;
  /** What stands above the value, without `#`; a line break begins a further line. */
  comment?(path: Path): string | undefined;
}

const WIDEST_LINE = 100;
const MOST_ON_A_LINE = 5;

/**
 * Writes JSON data as YAML 1.2 in the way a person would: block style, what is short on one line, quotes only where the
 * text would be read as something else. Reading it gives the same data again.
 */
export function printYaml(value: unknown, layout: Layout = {}): string {
  const printer = new Printer(layout);
  const head = layout.comment?.([]);
  const lines = head === undefined ? [] : commentLines(head, '');
  return `${[...lines, ...printer.document(value)].join('\n')}\n`;
}

/** On one line, as `{ times: 1 }`. */
export function inBrackets(value: unknown): string {
  return new Printer({}).flow(value, []);
}

/** Prints pieces of a document, for whoever puts them into one. Paths count from its root, indents are spaces. */
export class Printer {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  document(value: unknown): string[] {
    if (isMapping(value) && Object.keys(value).length > 0) return this.#mapping(value, [], '');
    if (Array.isArray(value) && value.length > 0) return this.#list(value, [], '');
    return [this.#line(value, [], 0, true) ?? ''];
  }

  #mapping(value: Mapping, path: Path, indent: string): string[] {
    return this.#keys(value, path).flatMap((key) => {
      const at = [...path, key];
      return [...this.#comment(at, indent), ...this.#entry(`${indent}${text(key)}:`, value[key], at, indent)];
    });
  }

  #list(value: readonly unknown[], path: Path, indent: string): string[] {
    return value.flatMap((item, index) => {
      const at = [...path, index];
      return [...this.#comment(at, indent), ...this.#item(item, at, indent)];
    });
  }

  #item(value: unknown, path: Path, indent: string): string[] {
    const line = this.#line(value, path, indent.length + 2, false);
    if (line !== undefined) return [`${indent}- ${line}`];
    // A mapping or list begins on the line of its dash; a block of text has its mark there.
    const [first, ...rest] = this.#lines(value, path, `${indent}  `);
    return [`${indent}- ${first!.trimStart()}`, ...rest];
  }

  /** `key: value`, on one line or several. The first has no indent. */
  entry(value: unknown, path: Path, indent: string): string[] {
    return this.#entry(`${this.key(String(path.at(-1)), false)}:`, value, path, indent);
  }

  /** `- value`, on one line or several. The first has no indent. */
  item(value: unknown, path: Path, indent: string): string[] {
    const lines = this.#item(value, path, indent);
    return [lines[0]!.trimStart(), ...lines.slice(1)];
  }

  /** @param flow inside of brackets */
  key(key: string, flow: boolean): string {
    return text(key, flow);
  }

  /** A text behind a key in block style, without quotes where that is possible. */
  bare(value: string, path: Path): string {
    return text(value, false, this.#layout.bareTemplate?.(path) ?? false);
  }

  /** Inside of brackets, however long it becomes. */
  flow(value: unknown, path: Path): string {
    if (typeof value !== 'object' || value === null) return this.#line(value, path, 0, true)!;
    if (Array.isArray(value)) return `[${value.map((item, index) => this.flow(item, [...path, index])).join(', ')}]`;
    const entries = this.#keys(value as Mapping, path).map(
      (key) => `${text(key, true)}: ${this.flow((value as Mapping)[key], [...path, key])}`,
    );
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }

  /** `key:` and what follows, on this line or on lines of its own. */
  #entry(head: string, value: unknown, path: Path, indent: string): string[] {
    const line = this.#line(value, path, head.length + 1, false);
    if (line !== undefined) return [`${head} ${line}`];
    if (typeof value === 'string') {
      const [mark, ...rest] = blockText(value, `${indent}  `)!;
      return [`${head} ${mark}`, ...rest];
    }
    return [head, ...this.#lines(value, path, `${indent}  `)];
  }

  #lines(value: unknown, path: Path, indent: string): string[] {
    if (typeof value === 'string') return blockText(value, indent)!;
    return Array.isArray(value) ? this.#list(value, path, indent) : this.#mapping(value as Mapping, path, indent);
  }

  /** The value on one line; undefined where it needs several. @param used columns in front of it */
  #line(value: unknown, path: Path, used: number, flow: boolean): string | undefined {
    if (typeof value === 'string') {
      if (!flow && blockText(value, '') !== undefined) return undefined;
      return text(value, flow, this.#layout.bareTemplate?.(path) ?? false);
    }
    if (typeof value !== 'object' || value === null) return number(value);
    const entries: (string | number)[] = Array.isArray(value)
      ? [...value.keys()]
      : [...this.#keys(value as Mapping, path)];
    if (entries.length === 0) return Array.isArray(value) ? '[]' : '{}';
    if (this.#layout.block?.(path, value)) return undefined;
    // A list of mappings is read line by line; scalars may fill a line.
    if (!Array.isArray(value) && entries.length > MOST_ON_A_LINE) return undefined;
    const parts: string[] = [];
    let width = used + 4;
    for (const entry of entries) {
      const at = [...path, entry];
      if (this.#layout.comment?.(at) !== undefined) return undefined;
      const inner = (value as Record<string | number, unknown>)[entry];
      if (Array.isArray(value) && typeof inner === 'object' && inner !== null) return undefined;
      const line = this.#line(inner, at, 0, true);
      if (line === undefined) return undefined;
      const part = Array.isArray(value) ? line : `${text(String(entry), true)}: ${line}`;
      width += part.length + 2;
      if (width > WIDEST_LINE) return undefined;
      parts.push(part);
    }
    return Array.isArray(value) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
  }

  #keys(value: Mapping, path: Path): readonly string[] {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    return this.#layout.order?.(keys, path) ?? keys;
  }

  #comment(path: Path, indent: string): string[] {
    const comment = this.#layout.comment?.(path);
    return comment === undefined ? [] : commentLines(comment, indent);
  }
}

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function commentLines(comment: string, indent: string): string[] {
  // What a line break is to YAML must not end the comment.
  return comment
    .split(/[\n\r\u0085\u2028\u2029]+/)
    .map((line) => `${indent}# ${line.replace(CONTROLS, '\ufffd')}`.trimEnd());
}

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g;

function number(value: unknown): string {
  if (typeof value !== 'number') return String(value ?? null);
  // An integer past 2^53 is refused when it is read: its digits may be wrong. In this form it is a number like another.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

/** Words and digits that some version of YAML takes for something else than a text. */
const OTHER_TYPES =
  /^(?:~|null|true|false|yes|no|on|off|y|n|[-+]?\.?(?:inf|nan)|[-+]?[\d._,:]*\d[\d._,:]*(?:e[-+]?\d*)?|0[xob][\da-f_]+|=|<<)$/i;

/** Beginnings with a meaning; `-`, `?` and `:` only before a space, but quotes never hurt. */
const INDICATOR = /^[-?:,[\]{}#&*!|>'"%@`\s]/;

/** @param flow inside of brackets */
export function text(value: string, flow = false, bareTemplate = false): string {
  const plain =
    value !== '' &&
    !INDICATOR.test(value) &&
    !OTHER_TYPES.test(value) &&
    !/^\.{3}(?:\s|$)/.test(value) &&
    !/\s$|:(?:\s|$)|\s#|[\t\n\r\u0085\ufffe\uffff]/.test(value) &&
    value.search(CONTROLS) < 0 &&
    value.isWellFormed() &&
    (!flow || !/[,[\]{}]|:$/.test(value)) &&
    (!value.includes('{{') || (bareTemplate && !flow));
  return plain ? value : quoted(value);
}

/** JSON's escapes are YAML's; letters that are not seen, or end a line, are escaped too. */
export function quoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text of several lines as `|` shows it; undefined for one that would not come back as it is. */
function blockText(value: string, indent: string): string[] | undefined {
  if (!/\n[^\n]/.test(value) || !value.isWellFormed()) return undefined;
  if (
    /[^\S\n]$|[^\S\n]\n|\r/.test(value) ||
    value.search(CONTROLS) >= 0 ||
    /[\u0085\ufffe\uffff\u200b-\u200f\u202a-\u202e]/.test(value)
  )
    return undefined;
  if (/^\s/.test(value) || value.endsWith('\n\n')) return undefined;
  const lines = value.replace(/\n$/, '').split('\n');
  return [value.endsWith('\n') ? '|' : '|-', ...lines.map((line) => (line === '' ? '' : `${indent}${line}`))];
}
