import type { AnyNode, CallExpression, Expression, MemberExpression } from 'acorn';
import { literal } from '../../literal.ts';
import { binary, logical, unary } from './operators.ts';
import type { Subject, Value } from './subject.ts';
import { claims, constant, plain, subject, template, textOf } from './values.ts';

/** What names stand for where an expression is read. */
export interface Names {
  get(name: string): Value | undefined;
  /** The template of a variable of Postman. */
  variable(key: string): string;
  /** A text with `{{name}}` in it as one of a scenario. */
  translate(text: string): string;
}

const RESPONSE: Record<string, Subject> = {
  'pm.response.code': { from: 'status' },
  'responseCode.code': { from: 'status' },
  responseBody: { from: 'body' },
  'pm.response.responseTime': { from: 'time' },
  responseTime: { from: 'time' },
  'pm.response.responseSize': { from: 'size' },
};

const CALLS: Record<string, (args: readonly Value[], names: Names) => Value> = {
  'pm.response.json': () => subject({ from: 'json', path: [] }),
  'JSON.parse': ([of]) =>
    of?.kind === 'subject' && of.subject.from === 'body' ? subject({ from: 'json', path: [] }) : null,
  'pm.response.text': () => subject({ from: 'body' }),
  'pm.response.size': () => subject({ from: 'size' }),
  'pm.response.headers.get': ([name]) => named('header', name),
  'postman.getResponseHeader': ([name]) => named('header', name),
  'pm.cookies.get': ([name]) => named('cookie', name),
  'pm.response.headers.has': ([name]) => present(named('header', name)),
  'pm.cookies.has': ([name]) => present(named('cookie', name)),
  'postman.getResponseCookie': ([name]) => named('cookie', name),
  'Object.keys': ([of]) => of ?? null,
  'Array.isArray': ([of]) =>
    of?.kind === 'subject' ? claims({ subject: of.subject, condition: { type: 'array' } }) : null,
  'Date.now': () => template('{{ $timestamp_ms }}'),
  'Math.random': () => template('{{ $random_int }}'),
  'uuid.v4': () => template('{{ $uuid }}'),
  uuidv4: () => template('{{ $uuid }}'),
  '_.random': ([low, high]) => randomBetween(low, high),
  'pm.variables.replaceIn': ([text], names) =>
    text?.kind === 'constant' ? template(names.translate(String(text.value))) : (text ?? null),
  '_.has': ([of, key]) => exists(of, key),
  '_.get': ([of, key]) => (key?.kind === 'constant' ? dotted(of, String(key.value)) : null),
  String: ([value]) => value ?? null,
  Number: ([value]) => value ?? null,
  encodeURIComponent: ([value]) => value ?? null,
};
for (const scope of ['pm.environment', 'pm.collectionVariables', 'pm.globals', 'pm.variables', 'pm.iterationData'])
  CALLS[`${scope}.get`] = ([key], names) =>
    key?.kind === 'constant' ? template(names.variable(String(key.value))) : null;
for (const getter of ['postman.getEnvironmentVariable', 'postman.getGlobalVariable'])
  CALLS[getter] = ([key], names) => (key?.kind === 'constant' ? template(names.variable(String(key.value))) : null);

/** What an expression stands for. Reads only, runs nothing. */
export function meaningOf(node: Expression | AnyNode, names: Names): Value {
  switch (node.type) {
    case 'Literal':
      return node.regex
        ? constant(new RegExp(node.regex.pattern, node.regex.flags.replace(/[^imsu]/g, '')))
        : constant(node.value);
    case 'Identifier':
      return node.name === 'undefined' ? constant(undefined) : (names.get(node.name) ?? response(node.name));
    case 'ParenthesizedExpression':
      return meaningOf(node.expression, names);
    case 'ChainExpression':
      return meaningOf(node.expression, names);
    case 'AwaitExpression':
      return meaningOf(node.argument, names);
    case 'TemplateLiteral': {
      let text = '';
      for (const [index, quasi] of node.quasis.entries()) {
        text += literal(quasi.value.cooked ?? '');
        const expression = node.expressions[index];
        const part = expression ? textOf(meaningOf(expression, names)) : '';
        if (part === null) return null;
        text += part;
      }
      return text.includes('{{') ? template(text) : constant(text);
    }
    case 'ArrayExpression': {
      const items = node.elements.map((item) => (item ? plain(meaningOf(item, names)) : undefined));
      return items.includes(undefined) ? null : constant(items.map((item) => item!.value));
    }
    case 'ObjectExpression': {
      const entries: [string, unknown][] = [];
      for (const property of node.properties) {
        if (property.type !== 'Property' || property.computed) return null;
        const key =
          property.key.type === 'Identifier'
            ? property.key.name
            : property.key.type === 'Literal'
              ? String(property.key.value)
              : null;
        const value = plain(meaningOf(property.value, names));
        if (key === null || !value) return null;
        entries.push([key, value.value]);
      }
      return constant(Object.fromEntries(entries));
    }
    case 'UnaryExpression':
      return unary(node.operator, meaningOf(node.argument, names));
    case 'LogicalExpression':
      return logical(node.operator, meaningOf(node.left, names), meaningOf(node.right, names));
    case 'BinaryExpression':
      return node.left.type === 'PrivateIdentifier'
        ? null
        : binary(node.operator, meaningOf(node.left, names), meaningOf(node.right, names));
    case 'MemberExpression':
      return member(node, names);
    case 'NewExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0
        ? template('{{ $now }}')
        : null;
    case 'CallExpression':
      return call(node, names);
    default:
      return null;
  }
}

/** `pm.response.code` as text, where an expression is a chain of plain names. */
export function dottedName(node: AnyNode): string | null {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'ChainExpression') return dottedName(node.expression);
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return null;
  const owner = dottedName(node.object);
  return owner === null ? null : `${owner}.${node.property.name}`;
}

export function dotted(of: Value | undefined, path: string): Value {
  if (of?.kind !== 'subject' || of.subject.from !== 'json') return null;
  const keys = path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((key) => key !== '')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  return subject({ from: 'json', path: [...of.subject.path, ...keys] });
}

function response(name: string): Value {
  return Object.hasOwn(RESPONSE, name) ? subject(RESPONSE[name]!) : null;
}

function named(from: 'header' | 'cookie', name: Value | undefined): Value {
  return name?.kind === 'constant'
    ? subject({ from, name: from === 'header' ? String(name.value).toLowerCase() : String(name.value) })
    : null;
}

function present(value: Value): Value {
  return value?.kind === 'subject' ? claims({ subject: value.subject, condition: { exists: true } }) : null;
}

function exists(of: Value | undefined, key: Value | undefined): Value {
  return key?.kind === 'constant' ? present(dotted(of, String(key.value))) : null;
}

function randomBetween(low: Value | undefined, high: Value | undefined): Value {
  const from = low?.kind === 'constant' ? Number(low.value) : 0;
  const to = high?.kind === 'constant' ? Number(high.value) : Number.NaN;
  return Number.isInteger(from) && Number.isInteger(to)
    ? template(`{{ $random_int(${from}, ${to}) }}`)
    : template('{{ $random_int }}');
}

function member(node: MemberExpression, names: Names): Value {
  const whole = dottedName(node);
  if (whole !== null && Object.hasOwn(RESPONSE, whole)) return subject(RESPONSE[whole]!);
  if (node.property.type === 'PrivateIdentifier') return null;
  const owner = meaningOf(node.object, names);
  const key = node.computed
    ? plain(meaningOf(node.property, names))?.value
    : node.property.type === 'Identifier'
      ? node.property.name
      : null;
  if (typeof key !== 'string' && typeof key !== 'number') return null;
  if (
    owner?.kind === 'constant' &&
    typeof owner.value === 'object' &&
    owner.value !== null &&
    Object.hasOwn(owner.value, key)
  )
    return constant((owner.value as Record<string, unknown>)[key]);
  if (owner?.kind !== 'subject') return null;
  if (key === 'length' && !node.computed) return { kind: 'count', subject: owner.subject };
  return owner.subject.from === 'json' ? subject({ from: 'json', path: [...owner.subject.path, key] }) : null;
}

function call(node: CallExpression, names: Names): Value {
  const args = node.arguments.map((argument) =>
    argument.type === 'SpreadElement' ? null : meaningOf(argument, names),
  );
  const whole = node.callee.type === 'Super' ? null : dottedName(node.callee);
  if (whole !== null && Object.hasOwn(CALLS, whole)) return CALLS[whole]!(args, names);
  if (/^(Math\.(floor|round|ceil|trunc)|parseInt|parseFloat)$/.test(whole ?? '')) return args[0] ?? null;
  if (node.callee.type !== 'MemberExpression' || node.callee.property.type !== 'Identifier') return null;
  const owner = meaningOf(node.callee.object, names);
  return method(owner, node.callee.property.name, args);
}

function method(owner: Value, name: string, args: readonly Value[]): Value {
  const [first] = args;
  if (owner?.kind === 'template') {
    const unchanged = ['toString', 'toISOString', 'getTime', 'valueOf', 'toFixed', 'trim'];
    if (name === 'getTime' && owner.text === '{{ $now }}') return template('{{ $timestamp_ms }}');
    return unchanged.includes(name) ? owner : null;
  }
  if (owner?.kind === 'constant' && owner.value instanceof RegExp && name === 'test' && first?.kind === 'subject')
    return claims({ subject: first.subject, condition: { matches: patternOf(owner.value) } });
  if (owner?.kind === 'constant' && Array.isArray(owner.value) && name === 'includes' && first?.kind === 'subject')
    return claims({ subject: first.subject, condition: { one_of: owner.value } });
  if (owner?.kind !== 'subject') return null;
  const { subject: looked } = owner;
  const argument = first ? plain(first) : undefined;
  switch (name) {
    case 'has':
    case 'includes':
      return argument ? claims({ subject: looked, condition: { contains: argument.value } }) : null;
    case 'indexOf':
      return argument ? { kind: 'position', subject: looked, of: argument.value } : null;
    case 'hasOwnProperty':
      return exists(owner, first);
    case 'startsWith':
    case 'endsWith': {
      if (typeof argument?.value !== 'string' || argument.value.includes('{{')) return null;
      const escaped = argument.value.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      return claims({ subject: looked, condition: { matches: name === 'startsWith' ? `^${escaped}` : `${escaped}$` } });
    }
    case 'match':
      return first?.kind === 'constant' && first.value instanceof RegExp
        ? claims({ subject: looked, condition: { matches: patternOf(first.value) } })
        : null;
    case 'toString':
    case 'valueOf':
      return owner;
    case 'every':
      return null;
    default:
      return null;
  }
}

/** Flags move into the pattern, as RE2 writes them. */
export function patternOf(regex: RegExp): string {
  const flags = regex.flags.replace(/[^ims]/g, '');
  return `${flags === '' ? '' : `(?${flags})`}${regex.source}`;
}
