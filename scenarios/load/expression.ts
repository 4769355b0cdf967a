import type { Template } from '../language/template.ts';
import type { Argument, Call, Expression, Reference } from '../language/template-syntax.ts';
import { parseOffset } from '../language/time-format.ts';
import { type Code, call, flat, inBackticks, list, literal, mapping, quoted } from './code.ts';
import { Refused } from './refusal.ts';

/** The tag of a template literal, by what its values must be made safe for. */
const TAGS = { none: 'text', url: 'url', header: 'headerText', json: 'jsonText', xml: 'xmlText' } as const;

/** A template as an expression that gives what `render` gives: a text that is one template keeps the type of its value. */
export function valueCode(template: Template): Code {
  switch (template.kind) {
    case 'constant':
      return literal(template.value);
    case 'list':
      return list(template.items.map(valueCode));
    case 'map':
      return mapping(template.entries.map(([key, item]) => [key, valueCode(item)]));
    case 'text': {
      const [only] = template.parts;
      const keepsType = template.escaping === 'none' && template.parts.length === 1 && typeof only === 'object';
      return keepsType ? expressionCode(only) : taggedCode(template);
    }
  }
}

/** As `valueCode`, for places where only a text fits: a URL, a header, a raw body. */
export function textCode(template: Template): string {
  if (template.kind === 'text') return taggedCode(template);
  if (template.kind === 'constant' && typeof template.value === 'string') return quoted(template.value);
  const value = valueCode(template);
  return `asText(${typeof value === 'string' ? value : flat(value)})`;
}

/** A template as it stands in the file, for names of checks. */
export function written(template: Template): unknown {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'text':
      return template.parts.map((part) => (typeof part === 'string' ? part : `{{ ${part.written} }}`)).join('');
    case 'list':
      return template.items.map(written);
    case 'map':
      return Object.fromEntries(template.entries.map(([key, item]) => [key, written(item)]));
  }
}

function taggedCode({ parts, escaping }: Extract<Template, { kind: 'text' }>): string {
  const pieces = parts.map((part) =>
    typeof part === 'string' ? inBackticks(part) : `\${${flat(expressionCode(part))}}`,
  );
  return `${TAGS[escaping]}\`${pieces.join('')}\``;
}

function expressionCode({ source, filters }: Expression): Code {
  let code: Code;
  switch (source.kind) {
    case 'literal':
      code = literal(source.value);
      break;
    case 'generator':
      code = generatorCode(source.call);
      break;
    default:
      code = referenceCode(source);
  }
  for (const filter of filters) code = filterCode(filter, flat(code));
  return code;
}

function referenceCode(reference: Reference): string {
  const { name } = reference;
  if (reference.kind === 'name') return flat(call('use', ...[name, ...reference.path].map(quoted)));
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `secrets.${name}` : `secrets[${quoted(name)}]`;
}

function argumentCode(argument: Argument | undefined): string {
  return typeof argument === 'object' && argument !== null ? referenceCode(argument) : flat(literal(argument));
}

function generatorCode({ name, args }: Call): Code {
  switch (name) {
    case 'uuid':
      return 'uuid()';
    case 'now':
      return nowCode(args.map(String));
    case 'timestamp':
      return 'timestamp()';
    case 'timestamp_ms':
      return 'Date.now()';
    case 'random_int': {
      const low = args.length === 2 ? bounded(args[0], 0) : 0;
      return call('randomInt', literal(low), literal(Math.max(low, bounded(args.at(-1), 999_999))));
    }
    case 'random_string':
      return call('randomString', literal(Math.min(1_000, Math.max(1, bounded(args[0], 12)))));
    case 'env':
      return 'ENVIRONMENT';
    case 'row':
      return "use('$row')";
  }
  throw new Refused(`$${name} in a template`, 'make it a variable with a value of its own, or capture one');
}

/** An offset begins with a sign, a format does not. */
function nowCode(args: readonly string[]): Code {
  const offset = args.find((text) => /^[+-]/.test(text));
  const format = args.find((text) => !/^[+-]/.test(text)) ?? 'iso';
  const shift = offset === undefined ? { value: 0 } : parseOffset(offset);
  const at = 'value' in shift && shift.value !== 0 ? `Date.now() + ${shift.value}` : 'Date.now()';
  return call('formatTime', at, quoted(format));
}

function bounded(value: Argument | undefined, fallback: number): number {
  const number = Number(value ?? fallback);
  return Number.isSafeInteger(number) ? number : fallback;
}

/** How k6 calls what the file calls an encoding. */
const ENCODINGS: Record<string, string> = { hex: 'hex', base64: 'base64', base64url: 'base64rawurl' };

function filterCode({ name, args }: Call, value: string): string {
  const encoding = (argument: Argument | undefined) => quoted(ENCODINGS[String(argument ?? 'hex')]!);
  switch (name) {
    case 'string':
      return `asText(${value})`;
    case 'number':
      return `asNumber(${value})`;
    case 'json':
      return `asJson(${value})`;
    case 'url':
      return `encodeURIComponent(wellFormed(asText(${value})))`;
    case 'base64':
      return `encoding.b64encode(asText(${value}))`;
    case 'base64url':
      return `encoding.b64encode(asText(${value}), 'rawurl')`;
    case 'sha256':
      return `crypto.sha256(asText(${value}), ${encoding(args[0])})`;
    case 'hmac_sha256':
      return `crypto.hmac('sha256', asText(${argumentCode(args[0])}), asText(${value}), ${encoding(args[1])})`;
    case 'lower':
      return `asText(${value}).toLowerCase()`;
    case 'upper':
      return `asText(${value}).toUpperCase()`;
    case 'trim':
      return `asText(${value}).trim()`;
    case 'default':
      return `orElse(() => ${value}, () => ${argumentCode(args[0])})`;
    case 'date':
      return `formatTime(asTime(${value}), ${quoted(String(args[0]))})`;
  }
  throw new Refused(`the filter ${name}`);
}
