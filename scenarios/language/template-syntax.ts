import { suggestion } from '../../core/document/index.ts';
import { FILTER_NAMES, filter } from './filters.ts';
import { GENERATOR_NAMES, generator } from './generators.ts';

export type Call = { readonly name: string; readonly args: readonly Argument[] };

/** Written out, or a name or secret whose value is taken. */
export type Argument = string | number | boolean | null | Reference;

/** What stands between `{{` and `}}`. `offset` and `length` cover the braces, counted in the text of the template. */
export interface Expression {
  readonly source: Source;
  readonly filters: readonly Call[];
  /** As written, without the braces. */
  readonly written: string;
  readonly offset: number;
  readonly length: number;
}

export type Reference =
  | { readonly kind: 'name'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'secret'; readonly name: string };

export type Source =
  | Reference
  | { readonly kind: 'generator'; readonly call: Call }
  | { readonly kind: 'literal'; readonly value: string | number };

export interface TemplateSyntaxError {
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
  readonly length: number;
}

const TOKEN = /\s*(?:(\$?[A-Za-z_][\w-]*)|("(?:[^"\\]|\\.)*"|'[^']*')|(-?\d+(?:\.\d+)?)|(.))/gsu;

const CONSTANTS: Record<string, boolean | null> = { true: true, false: false, null: null };

interface Token {
  kind: 'word' | 'text' | 'number' | 'sign' | 'end';
  text: string;
}

/** Splits a text into literals and expressions. Collects every mistake. */
export function parseTemplate(text: string): {
  parts: readonly (string | Expression)[];
  errors: readonly TemplateSyntaxError[];
} {
  const parts: (string | Expression)[] = [];
  const errors: TemplateSyntaxError[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) break;
    if (open > at) parts.push(text.slice(at, open));
    const close = endOfExpression(text, open + 2);
    if (close < 0) {
      errors.push({
        message: 'a template begins with {{ and never ends',
        hint: 'close it with }}',
        offset: open,
        length: 2,
      });
      return { parts, errors };
    }
    const written = text.slice(open + 2, close).trim();
    const span = { offset: open, length: close + 2 - open };
    const read = parseExpression(written);
    if ('message' in read) errors.push({ ...read, ...span });
    else parts.push({ ...read, written, ...span });
    at = close + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return { parts, errors };
}

/** `}}` inside a quoted text does not end an expression. */
function endOfExpression(text: string, from: number): number {
  let quote = '';
  for (let index = from; index < text.length; index++) {
    const letter = text[index]!;
    if (quote) {
      if (letter === '\\' && quote === '"') index++;
      else if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '}' && text[index + 1] === '}') return index;
  }
  return text.indexOf('}}', from);
}

type Problem = { message: string; hint?: string };

function parseExpression(written: string): Pick<Expression, 'source' | 'filters'> | Problem {
  if (written === '') return { message: 'an empty template', hint: 'name a value: {{ title }}' };
  const tokens = tokenize(written);
  let next = 0;
  const peek = (): Token => tokens[next] ?? { kind: 'end', text: '' };
  const take = (): Token => tokens[next++] ?? { kind: 'end', text: '' };
  const logicless = {
    hint: 'templates substitute, they do not calculate: {{ name }}, {{ name.field }}, {{ name | filter }}',
  };
  const unexpected = (token: Token): Problem => ({
    message:
      token.kind === 'end'
        ? `{{ ${written} }} is incomplete`
        : `unexpected ${JSON.stringify(token.text)} in {{ ${written} }}`,
    ...logicless,
  });

  /** @param references how many arguments, from the first on, may be names and secrets */
  const args = (references: (index: number) => boolean): Argument[] | Problem => {
    const values: Argument[] = [];
    if (peek().text !== '(' || peek().kind !== 'sign') return values;
    take();
    for (;;) {
      const token = take();
      if (token.kind === 'sign' && token.text === ')' && values.length === 0) return values;
      if (token.kind === 'text') values.push(unquote(token.text));
      else if (token.kind === 'number') values.push(Number(token.text));
      else if (token.kind === 'word' && Object.hasOwn(CONSTANTS, token.text)) values.push(CONSTANTS[token.text]!);
      else if (token.kind === 'word' && !token.text.startsWith('$') && references(values.length)) {
        const found = reference(token.text);
        if ('message' in found) return found;
        values.push(found);
      } else return unexpected(token);
      const after = take();
      if (after.kind === 'sign' && after.text === ')') return values;
      if (after.text !== ',') return unexpected(after);
    }
  };

  const reference = (word: string): Reference | Problem => {
    const path: string[] = [];
    for (;;) {
      if (peek().text === '.' && peek().kind === 'sign') {
        take();
        const field = take();
        if (field.kind !== 'word' && field.kind !== 'number') return unexpected(field);
        path.push(...field.text.split('.'));
      } else if (peek().text === '[' && peek().kind === 'sign') {
        take();
        const field = take();
        if (field.kind !== 'number' && field.kind !== 'text') return unexpected(field);
        path.push(field.kind === 'text' ? unquote(field.text) : field.text);
        const close = take();
        if (close.text !== ']') return unexpected(close);
      } else break;
    }
    if (word !== 'secrets') return { kind: 'name', name: word, path };
    if (path.length !== 1) return { message: `{{ ${written} }} does not name a secret`, hint: '{{ secrets.NAME }}' };
    return { kind: 'secret', name: path[0]! };
  };

  let source: Source;
  const first = take();
  if (first.kind === 'text') source = { kind: 'literal', value: unquote(first.text) };
  else if (first.kind === 'number') source = { kind: 'literal', value: Number(first.text) };
  else if (first.kind !== 'word') return unexpected(first);
  else if (first.text.startsWith('$')) {
    const name = first.text.slice(1);
    const known = generator(name);
    if (!known)
      return {
        message: `unknown generator $${name}`,
        ...hinted(
          `$${name}`,
          GENERATOR_NAMES.map((known) => `$${known}`),
        ),
      };
    const values = args((index) => known.references === true && index > 0);
    if ('message' in values) return values;
    const wrong = wrongArity(`$${name}`, values.length, known.arity) ?? known.check?.(values.map(writtenOut));
    if (wrong) return wrong;
    source = { kind: 'generator', call: { name, args: values } };
  } else {
    const found = reference(first.text);
    if ('message' in found) return found;
    source = found;
  }

  const filters: Call[] = [];
  while (peek().kind !== 'end') {
    const bar = take();
    if (bar.text !== '|') return unexpected(bar);
    const name = take();
    if (name.kind !== 'word') return unexpected(name);
    const known = filter(name.text);
    if (!known) return { message: `unknown filter "${name.text}"`, ...hinted(name.text, FILTER_NAMES) };
    const values = args((index) => index < known.references);
    if ('message' in values) return values;
    const wrong = wrongArity(name.text, values.length, known.arity) ?? known.check?.(values.map(writtenOut));
    if (wrong) return wrong;
    filters.push({ name: name.text, args: values });
  }
  return { source, filters };
}

function tokenize(written: string): Token[] {
  return [...written.matchAll(TOKEN)].map(([, word, text, number, sign]): Token => {
    if (word !== undefined) return { kind: 'word', text: word };
    if (text !== undefined) return { kind: 'text', text };
    if (number !== undefined) return { kind: 'number', text: number };
    return { kind: 'sign', text: sign! };
  });
}

/** A reference has no value yet. */
function writtenOut(argument: Argument): unknown {
  return typeof argument === 'object' && argument !== null ? undefined : argument;
}

function unquote(text: string): string {
  return text.startsWith("'") ? text.slice(1, -1) : text.slice(1, -1).replace(/\\(.)/gs, '$1');
}

function hinted(word: string, known: readonly string[]): { hint?: string } {
  const hint = suggestion(word, known);
  return hint ? { hint } : {};
}

function wrongArity(name: string, count: number, [least, most]: readonly [number, number]): Problem | undefined {
  if (count >= least && count <= most) return undefined;
  const wanted =
    least === most
      ? least === 0
        ? 'no arguments'
        : `${least} argument${least === 1 ? '' : 's'}`
      : `${least} to ${most} arguments`;
  return { message: `${name} takes ${wanted}, found ${count}` };
}
