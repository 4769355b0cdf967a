import type { AnyNode, CallExpression, Expression, MemberExpression } from 'acorn';
import { literal } from '../../literal.ts';
import { type Claim, EVERY, type Subject, type Value } from './subject.ts';

/** What names stand for where an expression is read. */
export interface Names {
  get(name: string): Value | undefined;
  /** The template of a variable of Postman. */
  variable(key: string): string;
  /** A text with `{{name}}` in it as one of a scenario. */
  translate(text: string): string;
}

const constant = (value: unknown): Value => ({ kind: 'constant', value });
const subject = (found: Subject): Value => ({ kind: 'subject', subject: found });
const template = (text: string): Value => ({ kind: 'template', text });
const claims = (...found: Claim[]): Value => ({ kind: 'claims', claims: found });

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

/** A value as part of a scenario's text; null when it is none. */
export function textOf(value: Value): string | null {
  if (value?.kind === 'template') return value.text;
  if (value?.kind === 'constant' && ['string', 'number', 'boolean'].includes(typeof value.value))
    return literal(String(value.value));
  return null;
}

/** A value that can stand in a condition. */
export function plain(value: Value): { value: unknown } | undefined {
  if (value?.kind === 'template') return { value: value.text };
  if (value?.kind !== 'constant' || value.value === undefined || value.value instanceof RegExp) return undefined;
  return { value: typeof value.value === 'string' ? literal(value.value) : value.value };
}

/** What must hold when an expression is to be true, the way JavaScript sees it. */
export function truth(value: Value): readonly Claim[] | null {
  switch (value?.kind) {
    case 'claims':
      return value.claims;
    case 'constant':
      return value.value ? [] : null;
    case 'count':
      return [{ subject: value.subject, condition: { count: { gt: 0 } } }];
    case 'subject':
      return value.subject.from === 'json'
        ? [{ subject: value.subject, condition: { not: { one_of: [null, false, 0, ''] } } }]
        : [
            {
              subject: value.subject,
              condition: value.subject.from === 'body' ? { count: { gt: 0 } } : { exists: true },
            },
          ];
    default:
      return null;
  }
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

function unary(operator: string, value: Value): Value {
  if (operator === '-' && value?.kind === 'constant') return constant(-Number(value.value));
  if (operator === 'typeof' && value?.kind === 'subject') return { kind: 'type', subject: value.subject };
  if (operator !== '!' || !value) return null;
  if (value.kind === 'constant') return constant(!value.value);
  if (value.kind === 'subject' && value.subject.from === 'json')
    return claims({ subject: value.subject, condition: { one_of: [null, false, 0, ''] } });
  const [only, second] = value.kind === 'claims' ? value.claims : [];
  return only && !second ? claims({ subject: only.subject, condition: negated(only.condition) }) : null;
}

export function negated(condition: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { exists: there, equals, not, count, ...more } = condition;
  if (count !== undefined) return { count: oppositeCount(count) };
  if (Object.keys(more).length === 0) {
    if (typeof there === 'boolean' && equals === undefined && not === undefined) return { exists: !there };
    if (not !== undefined && there === undefined && equals === undefined)
      return typeof not === 'object' && not !== null ? { ...not } : { equals: not };
    if (
      equals !== undefined &&
      there === undefined &&
      not === undefined &&
      (typeof equals !== 'object' || equals === null)
    )
      return { not: equals };
  }
  return { not: condition };
}

const OPPOSITE: Record<string, string> = { gt: 'lte', gte: 'lt', lt: 'gte', lte: 'gt' };

/** Nothing is fewer than none: "not empty" is more than none, and any other number has two sides to fail on. */
function oppositeCount(count: unknown): unknown {
  if (typeof count === 'object' && count !== null)
    return Object.fromEntries(
      Object.entries(count).map(([operator, number]) => [OPPOSITE[operator] ?? operator, number]),
    );
  return count === 0 ? { gt: 0 } : { not: count };
}

function logical(operator: string, left: Value, right: Value): Value {
  if (operator === '&&') {
    const second = truth(right);
    const first = truth(left);
    if (!first || !second) return null;
    // `body && body.id === 1`: the guard is met wherever the claim behind it is.
    const guards = (claim: Claim) => second.some(({ subject }) => leadsTo(claim.subject, subject));
    return claims(...first.filter((claim) => !('not' in claim.condition && guards(claim))), ...second);
  }
  if (operator === '||') {
    const [one, ...moreOfOne] = truth(left) ?? [];
    const [other, ...moreOfOther] = truth(right) ?? [];
    if (!one || !other || moreOfOne.length + moreOfOther.length > 0) return null;
    if (JSON.stringify(one.subject) !== JSON.stringify(other.subject)) return null;
    const choices = [...choicesOf(one), ...choicesOf(other)];
    return choices.length >= 2 ? claims({ subject: one.subject, condition: { one_of: choices } }) : null;
  }
  return null;
}

function leadsTo(outer: Subject, inner: Subject): boolean {
  if (outer.from !== 'json' || inner.from !== 'json') return false;
  return outer.path.every((key, index) => inner.path[index] === key);
}

function choicesOf({ condition }: Claim): unknown[] {
  if (Object.keys(condition).length !== 1) return [];
  return 'equals' in condition ? [condition.equals] : Array.isArray(condition.one_of) ? condition.one_of : [];
}

const MIRRORED: Record<string, string> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };
const COMPARISONS: Record<string, string> = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' };

function binary(operator: string, left: Value, right: Value): Value {
  if (operator === '+') {
    const [one, other] = [textOf(left), textOf(right)];
    if (
      left?.kind === 'constant' &&
      right?.kind === 'constant' &&
      typeof left.value === 'number' &&
      typeof right.value === 'number'
    )
      return constant(left.value + right.value);
    return one === null || other === null ? null : template(one + other);
  }
  if (operator === '*' || operator === '/' || operator === '-' || operator === '%')
    return arithmetic(operator, left, right);
  if (operator === 'in') {
    if (left?.kind !== 'constant' || right?.kind !== 'subject') return null;
    if (right.subject.from === 'json')
      return claims({
        subject: { from: 'json', path: [...right.subject.path, String(left.value)] },
        condition: { exists: true },
      });
    return null;
  }
  const turned = left?.kind === 'constant' || left?.kind === 'template';
  const [looked, wanted] = turned ? [right, plain(left)] : [left, plain(right)];
  const isUndefined = (turned ? left : right)?.kind === 'constant' && !wanted;
  const relation = turned ? (MIRRORED[operator] ?? operator) : operator;
  if (!looked) return null;
  const equal = relation === '===' || relation === '==';
  const unequal = relation === '!==' || relation === '!=';
  if (looked.kind === 'position') {
    const found = unequal
      ? wanted?.value === -1
      : (relation === '>' && wanted?.value === -1) || (relation === '>=' && wanted?.value === 0);
    const contains = { subject: looked.subject, condition: { contains: looked.of } };
    if (found) return claims(contains);
    return equal && wanted?.value === -1 ? claims({ ...contains, condition: { not: contains.condition } }) : null;
  }
  if (looked.kind === 'type') return equal && wanted ? typeClaim(looked.subject, String(wanted.value)) : null;
  if (looked.kind !== 'subject' && looked.kind !== 'count') return null;
  if (isUndefined) return equal || unequal ? claims({ subject: looked.subject, condition: { exists: unequal } }) : null;
  if (!wanted) return null;
  const operand = wanted.value;
  if (looked.kind === 'count') {
    if (equal) return claims({ subject: looked.subject, condition: { count: operand } });
    const comparison = COMPARISONS[relation];
    return comparison ? claims({ subject: looked.subject, condition: { count: { [comparison]: operand } } }) : null;
  }
  if (equal) return claims({ subject: looked.subject, condition: { equals: operand } });
  if (unequal)
    return claims({
      subject: looked.subject,
      condition: typeof operand === 'object' && operand !== null ? { not: { equals: operand } } : { not: operand },
    });
  const comparison = COMPARISONS[relation];
  return comparison ? claims({ subject: looked.subject, condition: { [comparison]: operand } }) : null;
}

/** `Math.random() * 1000` is a random number up to there; `Date.now() / 1000` are seconds. */
function arithmetic(operator: string, left: Value, right: Value): Value {
  if (left?.kind === 'constant' && right?.kind === 'constant') {
    const [a, b] = [Number(left.value), Number(right.value)];
    return constant(operator === '*' ? a * b : operator === '/' ? a / b : operator === '-' ? a - b : a % b);
  }
  const [random, limit] = left?.kind === 'constant' ? [right, left] : [left, right];
  if (random?.kind !== 'template' || limit?.kind !== 'constant') return null;
  if (operator === '*' && random.text === '{{ $random_int }}' && Number.isSafeInteger(limit.value))
    return template(`{{ $random_int(0, ${Math.max(0, Number(limit.value) - 1)}) }}`);
  if (operator === '/' && random.text === '{{ $timestamp_ms }}' && limit.value === 1000)
    return template('{{ $timestamp }}');
  return null;
}

const TYPES: Record<string, string> = {
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  object: 'object',
  array: 'array',
  null: 'null',
};

export function typeClaim(of: Subject, name: string): Value {
  if (name === 'undefined') return claims({ subject: of, condition: { exists: false } });
  const type = TYPES[name.toLowerCase()];
  return type ? claims({ subject: of, condition: { type } }) : null;
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

export { EVERY };
