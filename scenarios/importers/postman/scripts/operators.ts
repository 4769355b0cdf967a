import type { Claim, Subject, Value } from './subject.ts';
import { claims, constant, plain, template, textOf, truth } from './values.ts';

export function unary(operator: string, value: Value): Value {
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

export function logical(operator: string, left: Value, right: Value): Value {
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

export function binary(operator: string, left: Value, right: Value): Value {
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
export function arithmetic(operator: string, left: Value, right: Value): Value {
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
