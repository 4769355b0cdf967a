import { suggestion } from '../../core/document/index.ts';
import { type Escaping, escapers } from './escaping.ts';
import { asText, filter } from './filters.ts';
import { generator, type Surroundings } from './generators.ts';
import { isTooLarge, MOST_RENDERED } from './rendered-size.ts';
import {
  type Argument,
  type Expression,
  parseTemplate,
  type Reference,
  type TemplateSyntaxError,
} from './template-syntax.ts';

export type { Escaping } from './escaping.ts';
export type { Functions, Generators } from './generators.ts';
export type { Argument, Expression, Reference, TemplateSyntaxError } from './template-syntax.ts';

/** A value with templates in it, compiled once and rendered many times. Plain data. */
export type Template =
  | { readonly kind: 'constant'; readonly value: unknown }
  | {
      readonly kind: 'text';
      readonly source: string;
      readonly parts: readonly (string | Expression)[];
      readonly escaping: Escaping;
    }
  | { readonly kind: 'list'; readonly items: readonly Template[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, Template])[] };

/** Values by name; a Map is one. */
export interface Names {
  has(name: string): boolean;
  get(name: string): unknown;
  keys(): Iterable<string>;
}

/** What names mean while a step is rendered. */
export interface Scope extends Surroundings {
  /** Variables and captures made so far, parameters, and `row`. */
  readonly values: Names;
  /** Declared secrets; own properties only. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Why a template has no value at run time. `undefined`: a name that nothing has made yet. */
export interface TemplateError {
  readonly code: 'undefined' | 'unusable';
  readonly message: string;
  readonly hint: string | null;
  /** The name that is missing, as written. */
  readonly name: string;
}

export type Rendered<T = unknown> = { readonly value: T } | { readonly error: TemplateError };

/**
 * Compiles a text. A text that is exactly one template keeps the type of its value when rendered with `escaping: 'none'`.
 * @param escaping what the substituted values are made safe for
 */
export function compileTemplate(
  text: string,
  escaping: Escaping = 'none',
): { template: Template; errors: readonly TemplateSyntaxError[] } {
  if (!text.includes('{{')) return { template: { kind: 'constant', value: text }, errors: [] };
  const { parts, errors } = parseTemplate(text);
  return { template: { kind: 'text', source: text, parts, escaping }, errors };
}

/** A template of something that is known to be well formed; throws on a syntax error, which is a bug of the caller. */
export function template(value: unknown, escaping: Escaping = 'none'): Template {
  return compileValue(value, escaping, (_, [error]) => {
    throw new Error(error!.message);
  });
}

/** Compiles every text in a structure; keys are not templates. Mistakes are handed to `report` with the path of their text. */
export function compileValue(
  value: unknown,
  escaping: Escaping,
  report: (path: readonly (string | number)[], errors: readonly TemplateSyntaxError[]) => void,
  path: readonly (string | number)[] = [],
): Template {
  if (typeof value === 'string') {
    const { template, errors } = compileTemplate(value, escaping);
    if (errors.length > 0) report(path, errors);
    return template;
  }
  if (typeof value !== 'object' || value === null) return { kind: 'constant', value };
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileValue(item, escaping, report, [...path, index]));
    return items.every(({ kind }) => kind === 'constant') ? { kind: 'constant', value } : { kind: 'list', items };
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, compileValue(item, escaping, report, [...path, key])] as const,
  );
  return entries.every(([, { kind }]) => kind === 'constant') ? { kind: 'constant', value } : { kind: 'map', entries };
}

/**
 * Fills a template in. Never executes anything and reads own properties only. Stops at the first missing value. What it
 * makes is bounded, since values that hold each other twice grow without end.
 */
export function render(template: Template, scope: Scope): Rendered {
  const rendered = fill(template, scope);
  const composed = template.kind === 'list' || template.kind === 'map';
  return composed && 'value' in rendered && isTooLarge(rendered.value) ? tooLarge('the value') : rendered;
}

function fill(template: Template, scope: Scope): Rendered {
  switch (template.kind) {
    case 'constant':
      return template;
    case 'text':
      return renderText(template, scope);
    case 'list': {
      const value: unknown[] = [];
      for (const item of template.items) {
        const rendered = fill(item, scope);
        if ('error' in rendered) return rendered;
        value.push(rendered.value);
      }
      return { value };
    }
    case 'map': {
      const value: Record<string, unknown> = {};
      for (const [key, item] of template.entries) {
        const rendered = fill(item, scope);
        if ('error' in rendered) return rendered;
        if (key === '__proto__')
          Object.defineProperty(value, key, {
            value: rendered.value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        else value[key] = rendered.value;
      }
      return { value };
    }
  }
}

/** As `render`, for places where only a text fits: a URL, a header, a raw body. */
export function renderString(template: Template, scope: Scope): Rendered<string> {
  const rendered = render(template, scope);
  if ('error' in rendered) return rendered;
  const text = asText(rendered.value);
  if ('value' in text) return text;
  const name = template.kind === 'text' ? template.source : '';
  return { error: { code: 'unusable', message: `${name} ${text.error}`, hint: null, name } };
}

/** Every expression in a template, in reading order. */
export function expressionsOf(template: Template): Expression[] {
  switch (template.kind) {
    case 'constant':
      return [];
    case 'text':
      return template.parts.filter((part) => typeof part !== 'string');
    case 'list':
      return template.items.flatMap(expressionsOf);
    case 'map':
      return template.entries.flatMap(([, item]) => expressionsOf(item));
  }
}

/** The names and secrets that an expression takes values from, with whether it can do without. */
export function referencesOf({ source, filters }: Expression): { reference: Reference; excused: boolean }[] {
  const references = (args: readonly Argument[]) =>
    args.flatMap((argument) =>
      typeof argument === 'object' && argument !== null ? [{ reference: argument, excused: false }] : [],
    );
  const own =
    source.kind === 'name' || source.kind === 'secret'
      ? [{ reference: source, excused: filters[0]?.name === 'default' }]
      : source.kind === 'generator'
        ? references(source.call.args)
        : [];
  return [...own, ...filters.flatMap(({ args }) => references(args))];
}

function renderText({ parts, escaping }: Extract<Template, { kind: 'text' }>, scope: Scope): Rendered {
  const [only] = parts;
  if (escaping === 'none' && parts.length === 1 && typeof only === 'object') return evaluate(only, scope);
  const makeSafe = escapers[escaping];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const result = evaluate(part, scope);
    if ('error' in result) return result;
    const plain = asText(result.value);
    if ('error' in plain) return { error: unusableValue(part, plain.error) };
    const escaped = makeSafe(plain.value, text);
    if ('error' in escaped) return { error: unusableValue(part, escaped.error) };
    text += escaped.value;
    if (text.length > MOST_RENDERED) return tooLarge(`{{ ${part.written} }}`);
  }
  return { value: text };
}

function evaluate(expression: Expression, scope: Scope): Rendered {
  const { source } = expression;
  let value: unknown;
  let missing: TemplateError | undefined;
  switch (source.kind) {
    case 'literal':
      value = source.value;
      break;
    case 'generator': {
      const args = evaluateArguments(source.call.args, scope);
      if ('error' in args) return args;
      const made = generator(source.call.name)!.make(scope, args.value);
      if ('error' in made) return { error: unusableValue(expression, made.error) };
      value = made.value;
      break;
    }
    default: {
      const found = lookUp(source, scope);
      if ('error' in found) missing = found.error;
      else value = found.value;
    }
  }
  for (const { name, args } of expression.filters) {
    if (missing && name !== 'default') break;
    // The fallback of a value that is there need not be defined.
    if (name === 'default' && !missing && value !== null && value !== undefined) continue;
    missing = undefined;
    const given = evaluateArguments(args, scope);
    if ('error' in given) return given;
    const filtered = filter(name)!.apply(value, given.value);
    if ('error' in filtered) return { error: unusableValue(expression, filtered.error) };
    value = filtered.value;
    if (typeof value === 'string' && value.length > MOST_RENDERED) return tooLarge(`{{ ${expression.written} }}`);
  }
  return missing ? { error: missing } : { value };
}

function evaluateArguments(args: readonly Argument[], scope: Scope): Rendered<readonly unknown[]> {
  const values: unknown[] = [];
  for (const argument of args) {
    const found = typeof argument === 'object' && argument !== null ? lookUp(argument, scope) : { value: argument };
    if ('error' in found) return found;
    values.push(found.value);
  }
  return { value: values };
}

function lookUp(reference: Reference, scope: Scope): Rendered {
  if (reference.kind === 'secret') {
    if (Object.hasOwn(scope.secrets, reference.name)) return { value: scope.secrets[reference.name] };
    const known = Object.keys(scope.secrets).map((name) => `secrets.${name}`);
    return { error: undefinedName(`secrets.${reference.name}`, known) };
  }
  if (!scope.values.has(reference.name)) return { error: undefinedName(reference.name, scope.values.keys()) };
  let value = scope.values.get(reference.name);
  let walked = reference.name;
  for (const field of reference.path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) {
      const known = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
      return { error: undefinedName(`${walked}.${field}`, known) };
    }
    value = (value as Record<string, unknown>)[field];
    walked += `.${field}`;
  }
  return { value };
}

function tooLarge(name: string): { error: TemplateError } {
  const message = `${name} becomes larger than ${MOST_RENDERED / 2 ** 20} MiB`;
  return { error: { code: 'unusable', message, hint: 'send large bodies with file', name } };
}

function undefinedName(name: string, known: Iterable<string>): TemplateError {
  const names = [...known];
  const hint = suggestion(name, names) ?? null;
  return {
    code: 'undefined',
    message: `{{ ${name} }} is not defined`,
    hint: names.length === 0 ? 'nothing has been defined yet' : hint,
    name,
  };
}

function unusableValue(expression: Expression, why: string): TemplateError {
  return { code: 'unusable', message: `{{ ${expression.written} }} ${why}`, hint: null, name: expression.written };
}
