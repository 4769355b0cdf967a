/** A response's header section as values, or why it is none. */
export type ParsedHead = ResponseHead | { problem: string };

export interface ResponseHead {
  status: number;
  minorVersion: 0 | 1;
  /** Names in lower case, repeated ones as a list. */
  headers: HeaderFields;
}

export type HeaderFields = Record<string, string | string[] | undefined>;

const TAB = 9;
const SPACE = 32;
const DELETE = 127;

/** Characters of a token (RFC 9110 §5.6.2). */
const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = 1;
}

/**
 * Parses a status line and field lines (RFC 9112 §4, §5) strictly: what two parsers could read in two ways is
 * refused. Bytes above 0x7F stay what they are, as U+0080 to U+00FF.
 * @param head one character a byte, its last four being the empty line
 */
export function parseHead(head: string): ParsedHead {
  const lineEnd = head.indexOf('\r\n');
  const minor = head.charCodeAt(7) - 48;
  const status = Number(head.slice(9, 12));
  const line =
    head.startsWith('HTTP/1.') &&
    (minor === 0 || minor === 1) &&
    head.charCodeAt(8) === SPACE &&
    status >= 100 &&
    // A missing reason may take its space along; old servers do that.
    (lineEnd === 12 || head.charCodeAt(12) === SPACE);
  if (!line || !isFieldContent(head, 12, lineEnd)) return { problem: 'the status line is malformed' };
  const headers: HeaderFields = {};
  const problem = parseFields(head, lineEnd + 2, headers);
  return problem === null ? { status, minorVersion: minor, headers } : { problem };
}

/**
 * Parses field lines up to the empty one.
 * @returns why they are malformed, or null
 */
export function parseFields(text: string, from: number, into: HeaderFields): string | null {
  let at = from;
  let last = '';
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end === at) return null;
    if (end < 0) return 'a header line has no end';
    const first = text.charCodeAt(at);
    if (first === SPACE || first === TAB) {
      // A folded line; a recipient reads the fold as a space (RFC 9112 §5.2).
      if (last === '') return 'white space before the first header';
      if (!isFieldContent(text, at, end)) return `header ${last} holds a control character`;
      fold(into, last, trimmed(text, at, end));
    } else {
      let colon = at;
      while (colon < end && TOKEN[text.charCodeAt(colon)] === 1) colon++;
      if (colon === at || text.charCodeAt(colon) !== 58) return 'a header line has no proper name';
      last = text.slice(at, colon).toLowerCase();
      if (!isFieldContent(text, colon + 1, end)) return `header ${last} holds a control character`;
      add(into, last, trimmed(text, colon + 1, end));
    }
    at = end + 2;
  }
}

function isFieldContent(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code < SPACE ? code !== TAB : code === DELETE) return false;
  }
  return true;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number) => code === SPACE || code === TAB;

function add(into: HeaderFields, name: string, value: string): void {
  const known = Object.hasOwn(into, name) ? into[name] : undefined;
  if (known === undefined) {
    // Assigning to that name would set the prototype.
    if (name === '__proto__')
      Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
    else into[name] = value;
  } else if (typeof known === 'string') into[name] = [known, value];
  else known.push(value);
}

function fold(into: HeaderFields, name: string, more: string): void {
  const known = into[name];
  if (typeof known === 'string') into[name] = `${known} ${more}`.trim();
  else if (known) known.push(`${known.pop()} ${more}`.trim());
}
