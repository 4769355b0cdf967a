import type { Steps } from './steps.ts';
import type { ComparisonOperator } from './syntax.ts';

/** The value of a query that selected nothing; equal to itself only. */
export const NOTHING = Symbol('nothing');

/** Compares as RFC 9535 §2.3.5.2.2 does: what differs in type is neither equal nor ordered. */
export function compare(left: unknown, operator: ComparisonOperator, right: unknown, steps: Steps): boolean {
  switch (operator) {
    case '==':
      return equal(left, right, steps);
    case '!=':
      return !equal(left, right, steps);
    case '<':
      return less(left, right);
    case '>':
      return less(right, left);
    case '<=':
      return less(left, right) || equal(left, right, steps);
    case '>=':
      return less(right, left) || equal(left, right, steps);
  }
}

function equal(left: unknown, right: unknown, steps: Steps): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  const pairs: object[] = [left, right];
  const differ = (a: unknown, b: unknown) => {
    if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a !== b;
    pairs.push(a, b);
    return false;
  };
  while (pairs.length > 0) {
    const other = pairs.pop()!;
    const one = pairs.pop()!;
    steps.take(4);
    if (Array.isArray(one) || Array.isArray(other)) {
      if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
      steps.take(one.length);
      for (let index = 0; index < one.length; index++) if (differ(one[index], other[index])) return false;
      continue;
    }
    const keys = Object.keys(one);
    steps.take(keys.length * 2);
    if (keys.length !== Object.keys(other).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(other, key)) return false;
      if (differ((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])) return false;
    }
  }
  return true;
}

function less(left: unknown, right: unknown): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left < right;
  return typeof left === 'string' && typeof right === 'string' && precedes(left, right);
}

/** Order of Unicode scalar values, which differs from that of UTF-16 where a text leaves the basic plane. */
function precedes(left: string, right: string): boolean {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a < b : isSurrogate(b);
  }
  return left.length < right.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
