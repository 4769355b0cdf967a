/** A piece of JavaScript: a text, or a bracketed list that is broken over lines where it does not fit into one. */
export type Code = string | Bracketed;

interface Bracketed {
  /** What stands in front of the bracket: `name: `, `use`. */
  readonly before: string;
  readonly brackets: '{}' | '[]' | '()';
  readonly items: readonly Code[];
  /** What stands behind the closing bracket. */
  readonly after?: string;
}

const WIDTH = 110;

/** Prints code that begins at a column; what is broken is indented by two more than `indent`. */
export function print(code: Code, indent = 0, column = indent): string {
  if (typeof code === 'string') return code;
  const line = flat(code);
  if (column + line.length <= WIDTH) return line;
  const { before, brackets, items, after = '' } = code;
  const [only] = items;
  // A last argument that is a mapping hugs its call: send('GET', url, {
  const last = items.at(-1);
  if (brackets === '()' && last !== undefined && typeof last !== 'string') {
    const head = `${before}(${items
      .slice(0, -1)
      .map((item) => `${flat(item)}, `)
      .join('')}`;
    if (column + head.length <= WIDTH) return `${head}${print(last, indent, WIDTH)})${after}`;
  }
  if (items.length === 0 || (brackets === '()' && typeof only === 'string' && items.length === 1)) return line;
  const inner = ' '.repeat(indent + 2);
  const lines = items.map((item) => `${inner}${print(item, indent + 2)},\n`);
  return `${before}${brackets[0]}\n${lines.join('')}${' '.repeat(indent)}${brackets[1]}${after}`;
}

/** Code on one line. */
export function flat(code: Code): string {
  if (typeof code === 'string') return code;
  const { before, brackets, items, after = '' } = code;
  const space = brackets === '{}' && items.length > 0 ? ' ' : '';
  return `${before}${brackets[0]}${space}${items.map(flat).join(', ')}${space}${brackets[1]}${after}`;
}

export function call(name: string, ...items: Code[]): Code {
  return { before: name, brackets: '()', items };
}

export function list(items: readonly Code[]): Code {
  return { before: '', brackets: '[]', items };
}

/** An object literal. Keys may be any text: `__proto__` becomes an own field, too. */
export function mapping(entries: readonly (readonly [key: string, value: Code])[]): Code {
  return { before: '', brackets: '{}', items: entries.map(([key, value]) => prefixed(`${keyOf(key)}: `, value)) };
}

/** Code with something in front of it. */
export function prefixed(before: string, code: Code): Code {
  return typeof code === 'string' ? before + code : { ...code, before: before + code.before };
}

/** A value of JSON as a literal. */
export function literal(value: unknown): Code {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return list(value.map(literal));
  if (typeof value === 'object' && value !== null)
    return mapping(Object.entries(value).map(([key, item]) => [key, literal(item)]));
  if (typeof value === 'number' && Object.is(value, -0)) return '-0';
  return String(value);
}

/** A text as a literal in single quotes. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'");
  return `'${lineEnds(inner)}'`;
}

/** The text of a template literal: what is written is what it says, line ends included. */
export function inBackticks(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"');
  return lineEnds(inner).replace(/`/g, '\\`').replace(/\$\{/g, '\\${');
}

/** A text inside a comment; it cannot end the comment, nor the line. */
export function inComment(text: string): string {
  return text.replace(/\*\//g, '* /').replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ');
}

/** A key of an object literal. */
export function keyOf(key: string): string {
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
}

const lineEnds = (text: string) => text.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
