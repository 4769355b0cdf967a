/** There is no value: neither null nor empty, and not "not equal". */
export const MISSING = Symbol('missing');

/** Whether a value meets every operator of a condition. */
export function holds(actual, condition) {
  return judgeValue(actual, condition, false) === true;
}

/** As `holds`, for what comes from where there are only texts: 60 means "60", and "60" is more than 59. */
export function textHolds(actual, condition) {
  return judgeValue(actual, condition, true) === true;
}

/** True, false, or null: an operator does not go with such a value, so that its opposite does not hold either. */
function judgeValue(actual, condition, textual) {
  const verdicts = Object.keys(condition).map((operator) => {
    const operand = condition[operator];
    if (operator === 'exists') return (actual !== MISSING) === operand;
    return actual === MISSING ? judgeMissing(operator, operand) : OPERATORS[operator](operand, actual, textual);
  });
  return verdicts.includes(null) ? null : verdicts.every((verdict) => verdict);
}

/** What is missing meets `exists: false` alone, and its double negation. */
function judgeMissing(operator, operand) {
  return operator === 'not' && operand.exists === true && Object.keys(operand).length === 1 ? true : null;
}

const OPERATORS = {
  equals(wanted, actual, textual) {
    if (same(wanted, actual, textual)) return true;
    const comparable = [wanted, actual].some((value) => typeof value === 'object') || typeof wanted === typeof actual;
    return comparable ? false : null;
  },
  not(condition, actual, textual) {
    const verdict = judgeValue(actual, condition, textual);
    return verdict === null ? null : !verdict;
  },
  contains(wanted, actual, textual) {
    if (typeof actual === 'string') return actual.includes(String(wanted));
    if (Array.isArray(actual)) return actual.some((entry) => same(wanted, entry, textual));
    return typeof actual === 'object' && actual !== null ? Object.hasOwn(actual, String(wanted)) : null;
  },
  matches: (regex, actual) => (typeof actual === 'string' && actual.length <= 2 ** 20 ? regex.test(actual) : null),
  type: (wanted, actual) => typeOf(actual) === wanted || (wanted === 'integer' && Number.isInteger(actual)),
  count(condition, actual) {
    const count = countOf(actual);
    return count === undefined ? null : judgeValue(count, condition, false);
  },
  lt: (limit, actual, textual) => ordered(limit, actual, textual, (a, b) => a < b),
  lte: (limit, actual, textual) => ordered(limit, actual, textual, (a, b) => a <= b),
  gt: (limit, actual, textual) => ordered(limit, actual, textual, (a, b) => a > b),
  gte: (limit, actual, textual) => ordered(limit, actual, textual, (a, b) => a >= b),
  one_of: (wanted, actual, textual) =>
    (Array.isArray(wanted) ? wanted : [wanted]).some((value) => same(value, actual, textual)),
  each(condition, actual, textual) {
    if (!Array.isArray(actual)) return null;
    for (const entry of actual) {
      const verdict = judgeValue(entry, condition, textual);
      if (verdict !== true) return verdict;
    }
    return true;
  },
};

function ordered(limit, actual, textual, test) {
  const number = textual && typeof actual === 'string' && actual.trim() !== '' ? Number(actual) : actual;
  const comparable =
    typeof limit === 'number' && typeof number === 'number' && (number === actual || Number.isFinite(number));
  return comparable ? test(number, limit) : null;
}

function typeOf(value) {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

export function countOf(value) {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'string') return [...value].length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}

/** Equal in depth; a text is never equal to a number, unless there are only texts. */
export function same(one, other, textual = false) {
  if (one === other) return true;
  if (textual && (typeof one === 'number' || typeof one === 'boolean')) return String(one) === other;
  return typeof one === 'object' && sameInside(one, other);
}

function sameInside(one, other) {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) {
    return Object.is(one, other);
  }
  const keys = Object.keys(one);
  if (Array.isArray(one) !== Array.isArray(other) || keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && sameInside(one[key], other[key]));
}
