import { isAlias, isMap, isScalar, isSeq, Lexer, type Node, type Pair } from 'yaml';

type Report = (start: number, end: number, message: string, hint?: string) => void;

const UNQUOTED_TEMPLATE = 'unquoted {{ … }}: YAML reads a bracket here as a map, not as text';

/**
 * Looks at the raw text before a recursive parser does.
 * @returns why the file is refused, or undefined
 */
export function lintText(text: string, maxDepth: number, maxTokens: number): string | undefined {
  if (text.includes('\0')) return 'the file contains a NUL byte; it is not a text file in UTF-8';
  if (text.includes('\r') && !text.includes('\n'))
    return 'the lines end with a carriage return alone; save the file with LF or CRLF line ends';
  let deepest = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1);
  }
  // Brackets in texts and comments need not match, hence the slack.
  if (deepest > maxDepth * 4) return `${deepest} brackets are open at once; at most ${maxDepth} levels are read`;
  for (const [lead] of text.matchAll(/^(?:[ \t]*[-?] ?)+|^[ ]+/gm)) {
    if (lead.length > 500) return `the file is nested too deeply; at most ${maxDepth} levels are read`;
  }
  // The lexer does not recurse and gives its tokens one by one, so that a dense file costs no more than the limit.
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    if (++tokens > maxTokens)
      return `the file holds more than ${maxTokens} words and marks; a scenario or policy is far smaller`;
  }
  return undefined;
}

/** Words for what the YAML parser found. `at` moves the place to where the cause is. */
export function syntaxDiagnostic(
  code: string,
  message: string,
  text: string,
  offset: number,
): { message: string; hint?: string; at?: number } {
  const lineStart = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const line = text.slice(lineStart, (text.indexOf('\n', offset) + 1 || text.length + 1) - 1);
  const template = /(?:^\s*|[:\-,[{]\s+|[[{])(\{\{)/.exec(line);
  if (template) {
    const at = lineStart + template.index + template[0].length - 2;
    return { message: UNQUOTED_TEMPLATE, hint: 'quote it: "{{ … }}"', at };
  }
  const unclosed = openedAt(message, text, offset);
  if (unclosed) {
    const mark = text[unclosed.at]!;
    return {
      message: `${mark} opens here and is never closed`,
      hint: `close it with ${unclosed.closing}`,
      at: unclosed.at,
    };
  }
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab in the indentation', hint: 'YAML indents with spaces only' };
    case 'MULTIPLE_DOCS':
      return { message: 'a second document begins here', hint: 'one document a file' };
    case 'BAD_ALIAS':
      return { message: 'anchors and aliases (& and *) are not supported', hint: 'quote a text that begins with *' };
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY': {
      const deeper = deeperLine(text, lineStart);
      if (deeper !== undefined)
        return { message: 'indented deeper than the line above', hint: 'align the two', at: deeper };
      return {
        message: 'a ":" makes a key of what stands before it',
        hint: 'a text that contains ": " must be quoted',
      };
    }
    case 'UNEXPECTED_TOKEN':
      return {
        message: `unexpected ${JSON.stringify(text.slice(offset).split(/\s/, 1)[0] || 'end')}`,
        hint: 'quote a text that contains brackets or colons',
      };
    default:
      if (message.startsWith('Sequence item without')) {
        return {
          message: 'neither an entry of the list nor a part of one',
          hint: 'an entry begins with "- ", and all keys of one are indented alike',
        };
      }
      return { message: message.charAt(0).toLowerCase() + message.slice(1) };
  }
}

/** `key: value`, and below it a key that is indented deeper: where that one stands. */
function deeperLine(text: string, lineStart: number): number | undefined {
  const [above, ...below] = text.slice(lineStart).split('\n');
  const key = /^ *(?:- +)*(?=[^\s#][^:]*: +[^\s#])/.exec(above!);
  const next = below.findIndex((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  const indent = next < 0 ? null : /^ *(?=(?:- +)?[^\s:]+:(?: |\r?$))/.exec(below[next]!);
  if (!key || !indent || indent[0].length <= key[0].length) return undefined;
  return lineStart + [above!, ...below.slice(0, next)].join('\n').length + 1 + indent[0].length;
}

/** What the parser missed at `offset` was opened further up, often on another line: there a person has to look. */
function openedAt(message: string, text: string, offset: number): { at: number; closing: string } | undefined {
  const quote = /^Missing closing (["'])/.exec(message)?.[1];
  if (quote) {
    const at = text.lastIndexOf(quote, offset - 1);
    return at < 0 ? undefined : { at, closing: quote };
  }
  const closing = /^Flow .* end with a ([\]}])$/.exec(message)?.[1];
  if (!closing) return undefined;
  const opening = closing === ']' ? '[' : '{';
  let open = 1;
  for (let at = offset - 1; at >= 0; at--) {
    if (text[at] === closing) open++;
    else if (text[at] === opening && --open === 0) return { at, closing };
  }
  return undefined;
}

/**
 * Turns YAML nodes into plain data, and reports what YAML would silently turn into something else than the author meant.
 * Keys such as `__proto__` become own properties.
 */
export function plainValue(node: Node | null, text: string, report: Report): unknown {
  if (node === null) return null;
  const [start, end] = [node.range?.[0] ?? 0, node.range?.[1] ?? 0];
  if (isAlias(node)) {
    report(start, end, 'anchors and aliases (& and *) are not supported', 'quote a text that begins with *');
    return null;
  }
  if ('anchor' in node && node.anchor) {
    report(
      start,
      end,
      `anchors and aliases (& and *) are not supported: &${node.anchor}`,
      'repeat the value, or use variables',
    );
  }
  if (node.tag && !node.tag.startsWith('tag:yaml.org,2002:')) {
    report(start, end, `tags are not supported: ${node.tag}`, 'quote a text that begins with !');
  }
  if (isScalar(node)) return plainScalar(node, text, report);
  if (isSeq(node)) return node.items.map((item) => plainValue(item as Node, text, report));
  if (!isMap(node)) return null;
  if (looksLikeTemplate(node.items as Pair[], node.flow === true)) {
    report(start, end, UNQUOTED_TEMPLATE, `quote it: "${text.slice(start, end)}"`);
    return null;
  }
  const plain: Record<string, unknown> = {};
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const key = keyText(pair.key, text, report);
    if (key === undefined) continue;
    if (Object.hasOwn(plain, key)) {
      const [from, to] = [pair.key.range![0], pair.key.range![1]];
      report(from, to, `key "${key}" stands here a second time`, 'keep one of the two');
      continue;
    }
    const value = plainValue(pair.value, text, report);
    Object.defineProperty(plain, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return plain;
}

function plainScalar(
  node: { value?: unknown; range?: readonly number[] | null; type?: string },
  text: string,
  report: Report,
) {
  const { value } = node;
  const [start, end] = [node.range?.[0] ?? 0, node.range?.[1] ?? 0];
  const source = text.slice(start, end);
  if (node.type === 'PLAIN' && /^[-+]?0\d[\d_]*$/.test(source)) {
    report(
      start,
      end,
      `${source} begins with a zero: YAML versions disagree about its value`,
      `quote it for a text: "${source}"`,
    );
    return source;
  }
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    report(start, end, `${source} is past 2^53, where numbers lose digits`, `quote it for a text: "${source}"`);
    return source;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    report(start, end, `${source} is not a number that JSON can carry`, `quote it for a text: "${source}"`);
    return source;
  }
  return value ?? null;
}

function keyText(key: Node | null, text: string, report: Report): string | undefined {
  const [start, end] = [key?.range?.[0] ?? 0, key?.range?.[1] ?? 0];
  if (!isScalar(key)) {
    if (isAlias(key)) report(start, end, 'anchors and aliases (& and *) are not supported');
    else report(start, end, 'a key must be a text', 'quote it');
    return undefined;
  }
  if (key.type === 'PLAIN' && key.value === '<<') {
    report(start, end, 'merge keys (<<) are not supported', 'repeat the keys');
    return undefined;
  }
  if (key.type === 'PLAIN' && typeof key.value !== 'string') {
    const source = text.slice(start, end);
    if (source === '')
      report(start, start + 1, 'a ":" without a key in front of it', 'quote a text that begins with a colon');
    else report(start, end, `a key must be a text, ${source} is not`, `quote it: "${source}"`);
    return undefined;
  }
  return String(key.value);
}

/** `{{ x }}` is a flow map whose only key is a flow map without value. */
function looksLikeTemplate(items: readonly Pair[], flow: boolean): boolean {
  if (!flow || items.length !== 1) return false;
  const [pair] = items;
  return isMap(pair!.key) && pair!.key.flow === true && (pair!.value === null || isEmptyScalar(pair!.value));
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}
