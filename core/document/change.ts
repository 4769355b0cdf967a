import {
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Layout, Printer, quoted } from './print.ts';
import type { Path } from './values.ts';

/** One change of the bytes of one text, which leaves those around it alone. Whether it reads as what was wanted is for the caller to see. */
export class Change {
  readonly #text: string;
  readonly #root: Node | null;
  readonly #printer: Printer;
  readonly #layout: Layout;
  readonly #lineBreak: string;
  readonly #oneLine: boolean;

  /** @param oneLine whatever is put in stands on one line, also a text of several: below it, there may be what it would swallow */
  constructor(text: string, layout: Layout, oneLine: boolean) {
    this.#oneLine = oneLine;
    this.#text = text;
    this.#root = parseDocument(text, { version: '1.2', schema: 'core', logLevel: 'error', uniqueKeys: false }).contents;
    this.#printer = new Printer(layout);
    this.#layout = layout;
    this.#lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  }

  /** @returns undefined where this cannot be done at this place */
  put(path: Path, value: unknown, exists: boolean): string | undefined {
    if (path.length === 0) return this.#wholly(value);
    const parent = nodeAt(this.#root, path.slice(0, -1));
    if (isMap(parent)) {
      const key = String(path.at(-1));
      const index = parent.items.findIndex((pair) => isScalar(pair.key) && String(pair.key.value) === key);
      if (value === undefined) return index < 0 ? undefined : this.#removePair(parent, index);
      return index < 0 ? this.#insertPair(parent, path, value) : this.#replacePair(parent, index, path, value);
    }
    if (isSeq(parent)) {
      const index = Number(path.at(-1));
      if (value === undefined) return this.#removeItem(parent, index);
      return exists ? this.#replaceItem(parent, index, path, value) : this.#appendItem(parent, path, value);
    }
    return undefined;
  }

  /** The last resort keeps what stands above the data. */
  #wholly(value: unknown): string | undefined {
    const start = this.#root?.range?.[0] ?? this.#text.length;
    const end = this.#root ? tightEnd(this.#root, this.#text) : start;
    const lines = (this.#oneLine ? [this.#printer.flow(value, [])] : this.#printer.document(value)).join(
      this.#lineBreak,
    );
    return this.#splice(start, end, lines);
  }

  #replacePair(map: YAMLMap, index: number, path: Path, value: unknown): string | undefined {
    const pair = map.items[index] as Pair<Node, Node | null>;
    const keyEnd = pair.key.range![1];
    const colon = this.#text.indexOf(':', keyEnd);
    if (colon < 0 || this.#text.slice(keyEnd, colon).trim() !== '') return undefined;
    const indent = ' '.repeat(this.#column(pair.key.range![0]));
    const mark = `${this.#printer.key(String(path.at(-1)), map.flow === true)}:`;
    const lines = map.flow ? [] : this.#entry(value, path, indent);
    return this.#replace(pair.value, colon + 1, path, value, map.flow === true, lines, mark, indent);
  }

  #replaceItem(list: YAMLSeq, index: number, path: Path, value: unknown): string | undefined {
    const item = list.items[index] as Node | null;
    if (!item?.range) return undefined;
    const dash = list.flow ? item.range[0] : this.#dashBefore(item.range[0]);
    if (dash === undefined) return undefined;
    const indent = ' '.repeat(this.#column(dash));
    const lines = list.flow ? [] : this.#item(value, path, indent);
    return this.#replace(item, list.flow ? dash : dash + 1, path, value, list.flow === true, lines, '-', indent);
  }

  /**
   * @param after where the mark that introduces the value ends
   * @param lines the whole entry as it would be printed, which begins with `mark`
   */
  #replace(
    node: Node | null,
    after: number,
    path: Path,
    value: unknown,
    flow: boolean,
    lines: readonly string[],
    mark: string,
    indent: string,
  ): string | undefined {
    const empty = !node?.range || node.range[0] === node.range[1];
    const start = empty ? after : node.range![0];
    const end = empty ? after : tightEnd(node, this.#text);
    if (flow) return this.#splice(start, end, (empty ? ' ' : '') + this.#inline(node, value, path));
    const [first, ...rest] = lines as [string, ...string[]];
    const behindMark = first.slice(mark.length).trimStart();
    const head = this.#text.slice(after, start);
    if (head.includes('#')) {
      // Comments stand between the mark and the value, which begins on a line of its own.
      const scalar = typeof value !== 'object' || value === null;
      const inner = ' '.repeat(indent.length + 2);
      const [top, ...others] = scalar
        ? [this.#inline(node, value, path)]
        : behindMark === ''
          ? rest
          : [behindMark, ...rest];
      const lineStart = this.#text.lastIndexOf('\n', start - 1) + 1;
      return this.#splice(lineStart, end, this.#broken([inner + top!.trimStart(), ...others].join('\n')));
    }
    // What stood on lines below moves up behind its mark.
    const from = empty || head.includes('\n') ? after : start;
    const before = from === after ? ' ' : '';
    if (typeof value === 'string' && node && isScalar(node) && node.type === 'BLOCK_LITERAL' && rest.length > 0)
      return this.#splice(start, end, this.#broken([behindMark, ...rest].join('\n')));
    if (typeof value !== 'object' || value === null)
      return this.#splice(from, end, before + this.#inline(node, value, path));
    if (rest.length === 0) return this.#splice(from, end, before + behindMark);
    if (mark === '-') return this.#splice(start, end, this.#broken([behindMark, ...rest].join('\n')));
    // What is said about the old value on its line stays there.
    const lineEnd = this.#lineEnd(end);
    const comment = this.#text.slice(end, lineEnd).trim();
    if (comment !== '' && !comment.startsWith('#')) return undefined;
    const below = this.#broken(rest.join('\n'));
    return this.#splice(after, lineEnd, `${comment === '' ? '' : ` ${comment}`}${this.#lineBreak}${below}`);
  }

  /** A value inside of a line, in the quotes of the one that it replaces where they will do. */
  #inline(node: Node | null, value: unknown, path: Path): string {
    if (typeof value !== 'string' || !node || !isScalar(node)) return this.#printer.flow(value, path);
    const { type } = node as Scalar;
    if (type === 'QUOTE_DOUBLE') return quoted(value);
    if (
      type === 'QUOTE_SINGLE' &&
      !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(value) &&
      value.isWellFormed()
    )
      return `'${value.replaceAll("'", "''")}'`;
    return this.#printer.bare(value, path);
  }

  #insertPair(map: YAMLMap, path: Path, value: unknown): string | undefined {
    const key = String(path.at(-1));
    const pairs = map.items as Pair<Node, Node | null>[];
    const known = pairs.map((pair) => String((pair.key as Scalar).value));
    const order = this.#layout.order?.([...known, key], path.slice(0, -1)) ?? [...known, key];
    const before = order.slice(0, order.indexOf(key)).findLast((one) => known.includes(one));
    const index = before === undefined ? -1 : known.indexOf(before);
    if (map.flow) {
      const entry = `${this.#printer.key(key, true)}: ${this.#printer.flow(value, path)}`;
      const [start, end] = map.range!;
      if (pairs.length === 0) return this.#splice(start, end, `{ ${entry} }`);
      if (index < 0) return this.#splice(pairs[0]!.key.range![0], pairs[0]!.key.range![0], `${entry}, `);
      const at = this.#pairEnd(pairs[index]!);
      return this.#splice(at, at, `, ${entry}`);
    }
    const column = this.#column(pairs[0]!.key.range![0]);
    const indent = ' '.repeat(column);
    const entry = this.#broken(this.#entry(value, path, indent).join('\n'));
    if (index < 0) {
      const at = pairs[0]!.key.range![0];
      return this.#splice(at, at, `${entry}${this.#lineBreak}${indent}`);
    }
    return this.#after(this.#pairEnd(pairs[index]!), `${indent}${entry}`);
  }

  #appendItem(list: YAMLSeq, path: Path, value: unknown): string | undefined {
    const last = list.items.at(-1) as Node | undefined;
    const at = [...path.slice(0, -1), list.items.length];
    if (list.flow) {
      const item = this.#printer.flow(value, at);
      const [start, end] = list.range!;
      return last
        ? this.#splice(tightEnd(last, this.#text), tightEnd(last, this.#text), `, ${item}`)
        : this.#splice(start, end, `[${item}]`);
    }
    const dash = last?.range ? this.#dashBefore(last.range[0]) : undefined;
    if (dash === undefined) return undefined;
    const indent = ' '.repeat(this.#column(dash));
    const item = this.#broken(this.#item(value, at, indent).join('\n'));
    return this.#after(tightEnd(last!, this.#text), `${indent}${item}`);
  }

  #removePair(map: YAMLMap, index: number): string | undefined {
    const pairs = map.items as Pair<Node, Node | null>[];
    const pair = pairs[index]!;
    // A mapping without entries is written in brackets, which is for the level above to do.
    if (pairs.length === 1) return map.flow ? this.#splice(map.range![0], map.range![1], '{}') : undefined;
    const start = pair.key.range![0];
    const end = this.#pairEnd(pair);
    if (!map.flow) return this.#removeLines(start, end, pairs[index + 1]?.key.range?.[0]);
    const next = pairs[index + 1]?.key.range?.[0];
    return next !== undefined && index === 0
      ? this.#splice(start, next, '')
      : this.#splice(this.#pairEnd(pairs[index - 1]!), end, '');
  }

  #removeItem(list: YAMLSeq, index: number): string | undefined {
    const items = list.items as (Node | null)[];
    const item = items[index];
    if (!item?.range) return undefined;
    if (items.length === 1) return list.flow ? this.#splice(list.range![0], list.range![1], '[]') : undefined;
    const end = tightEnd(item, this.#text);
    if (list.flow) {
      const next = items[index + 1]?.range?.[0];
      return next !== undefined && index === 0
        ? this.#splice(item.range[0], next, '')
        : this.#splice(tightEnd(items[index - 1]!, this.#text), end, '');
    }
    const dash = this.#dashBefore(item.range[0]);
    return dash === undefined ? undefined : this.#removeLines(dash, end, undefined);
  }

  /** Takes an entry away with its lines. What stands beside it stays: a comment, or the dash that it begins behind. */
  #removeLines(start: number, end: number, next: number | undefined): string {
    const lineStart = this.#text.lastIndexOf('\n', start - 1) + 1;
    const lineEnd = this.#lineEnd(end);
    const head = this.#text.slice(lineStart, start);
    const tail = this.#text.slice(end, lineEnd);
    if (tail.trim() !== '') return this.#splice(start, end + (tail.length - tail.trimStart().length), '');
    if (head.trim() === '') {
      const last = lineEnd >= this.#text.length;
      // The last line takes the line break in front of it along.
      return last && lineStart > 0
        ? this.#splice(this.#beforeBreak(lineStart), lineEnd, '')
        : this.#splice(lineStart, Math.min(this.#text.length, this.#afterBreak(lineEnd)), '');
    }
    const between = next === undefined ? '#' : this.#text.slice(lineEnd, next);
    // The next key moves up behind the dash.
    return between.trim() === '' ? this.#splice(start, next!, '') : this.#splice(start, end, '');
  }

  #entry(value: unknown, path: Path, indent: string): readonly string[] {
    if (!this.#oneLine) return this.#printer.entry(value, path, indent);
    return [`${this.#printer.key(String(path.at(-1)), false)}: ${this.#printer.flow(value, path)}`];
  }

  #item(value: unknown, path: Path, indent: string): readonly string[] {
    return this.#oneLine ? [`- ${this.#printer.flow(value, path)}`] : this.#printer.item(value, path, indent);
  }

  /** Puts lines below the line that `end` is on. */
  #after(end: number, lines: string): string {
    const lineEnd = this.#lineEnd(end);
    return this.#splice(lineEnd, lineEnd, `${this.#lineBreak}${lines}`);
  }

  #pairEnd(pair: Pair<Node, Node | null>): number {
    const { value } = pair;
    if (value?.range && value.range[0] !== value.range[1]) return tightEnd(value, this.#text);
    const colon = this.#text.indexOf(':', pair.key.range![1]);
    return colon < 0 ? pair.key.range![1] : colon + 1;
  }

  /** The dash of the item that begins at `start`; comments may stand between the two. */
  #dashBefore(start: number): number | undefined {
    for (let dash = this.#text.lastIndexOf('-', start - 1); dash >= 0; dash = this.#text.lastIndexOf('-', dash - 1)) {
      const lineStart = this.#text.lastIndexOf('\n', dash - 1) + 1;
      const between = this.#text.slice(dash + 1, start).replace(/(^|\s)#[^\n]*/g, '$1');
      if (/^[\s-]*$/.test(this.#text.slice(lineStart, dash)) && between.trim() === '') return dash;
      if (dash === 0) break;
    }
    return undefined;
  }

  #column(offset: number): number {
    return offset - (this.#text.lastIndexOf('\n', offset - 1) + 1);
  }

  #lineEnd(offset: number): number {
    const at = this.#text.indexOf('\n', offset);
    if (at < 0) return this.#text.length;
    return this.#text[at - 1] === '\r' && at > offset ? at - 1 : at;
  }

  #afterBreak(lineEnd: number): number {
    return this.#text.indexOf('\n', lineEnd) + 1 || this.#text.length;
  }

  #beforeBreak(lineStart: number): number {
    return this.#text[lineStart - 2] === '\r' ? lineStart - 2 : lineStart - 1;
  }

  #broken(lines: string): string {
    return lines.replaceAll('\n', this.#lineBreak);
  }

  #splice(start: number, end: number, replacement: string): string {
    return this.#text.slice(0, start) + replacement + this.#text.slice(end);
  }
}

/** Where the last character of a node stands: the parser counts comments and line breaks after it, too. */
function tightEnd(node: Node, text: string): number {
  if ((isMap(node) || isSeq(node)) && !node.flow) {
    const last: unknown = node.items.at(-1);
    if (isMap(node)) {
      const pair = last as Pair<Node, Node | null> | undefined;
      if (pair?.value?.range && pair.value.range[0] !== pair.value.range[1]) return tightEnd(pair.value, text);
      if (pair) return text.indexOf(':', pair.key.range![1]) + 1 || pair.key.range![1];
    } else if (last && (last as Node).range) return tightEnd(last as Node, text);
  }
  const end = node.range![1];
  const written = text.slice(node.range![0], end);
  return end - (written.length - written.trimEnd().length);
}

function nodeAt(root: Node | null, path: Path): Node | null {
  let node: Node | null = root;
  for (const segment of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
      node = (pair?.value as Node | null) ?? null;
    } else if (isSeq(node)) node = (node.items[Number(segment)] as Node | undefined) ?? null;
    else return null;
  }
  return node;
}
