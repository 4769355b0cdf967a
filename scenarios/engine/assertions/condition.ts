import { isDeepStrictEqual } from 'node:util';
import type { AssertionResult } from '../../run-result.ts';
import { findRegex } from './regex.ts';

/** Operators and their operands; all of them must hold. A bare value is short for `equals`, see `toCondition`. */
export interface Condition {
  readonly equals?: unknown;
  /** A value, or a condition that must not hold. */
  readonly not?: unknown;
  /** A piece of a text, an entry of a list, a key of a mapping. */
  readonly contains?: unknown;
  /** A regular expression in RE2 syntax, found anywhere in the text. */
  readonly matches?: string;
  readonly exists?: boolean;
  readonly type?: ValueType;
  /** How many entries, keys, characters or selected nodes: a number or a condition. */
  readonly count?: unknown;
  readonly lt?: number;
  readonly lte?: number;
  readonly gt?: number;
  readonly gte?: number;
  readonly one_of?: readonly unknown[];
  /** Must hold for every entry of a list. */
  readonly each?: unknown;
}

export type ValueType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';
export type Operator = keyof Condition;

/** There is no value: not null, not empty, not "not equal". */
export const MISSING = Symbol('missing');

export interface Judged {
  kind: string;
  /** How the value is called in a sentence: `header content-type`, `$.title`. */
  subject: string;
  /** How values are shown; JSON by default. */
  show?: (value: unknown) => string;
}

type Verdict = { passed: boolean; wanted: string; actual?: string; problem?: string };

const LONGEST_SHOWN = 200;

/** Judges a value by every operator of a condition: one result each. Pure; a type mismatch says so and never throws. */
export function judge(
  condition: Condition,
  actual: unknown,
  { kind, subject, show = display }: Judged,
): AssertionResult[] {
  return (Object.keys(condition) as Operator[]).map((operator) => {
    const { passed, wanted, problem, ...verdict } = verdictOf(operator, condition[operator], actual, show);
    const seen = verdict.actual ?? (actual === MISSING ? 'missing' : show(actual));
    const is = actual === MISSING ? `${subject} is missing` : `${subject} is ${seen}`;
    const message = passed
      ? `${subject} ${wanted}`
      : problem
        ? `${subject} ${problem}, expected ${wanted}`
        : `${is}, expected ${wanted}`;
    return { kind, subject, operator, expected: wanted, actual: seen, passed, message };
  });
}

/** Whether all of a condition holds. */
export function holds(condition: Condition, actual: unknown): boolean {
  return judge(condition, actual, { kind: '', subject: '' }).every(({ passed }) => passed);
}

function verdictOf(operator: Operator, operand: unknown, actual: unknown, show: (value: unknown) => string): Verdict {
  if (operator === 'exists') {
    return { passed: (actual !== MISSING) === operand, wanted: operand ? 'to exist' : 'not to exist' };
  }
  const ask = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!ask)
    return { passed: false, wanted: operator, problem: `cannot be judged by the unknown operator "${operator}"` };
  const verdict = ask(operand, actual, show);
  return actual === MISSING ? { passed: false, wanted: verdict.wanted, actual: 'missing' } : verdict;
}

type Ask = (operand: unknown, actual: unknown, show: (value: unknown) => string) => Verdict;

const OPERATORS: Record<Exclude<Operator, 'exists'>, Ask> = {
  equals(operand, actual, show) {
    const passed = same(operand, actual);
    // "201" against 201 looks the same to a reader who does not see the quotes.
    const mixed = !passed && typeOf(operand) !== typeOf(actual) && isScalar(operand) && isScalar(actual);
    return {
      passed,
      wanted: show(operand),
      ...(mixed ? { problem: `is ${articled(typeOf(actual))} (${show(actual)})` } : {}),
    };
  },
  not(operand, actual, show) {
    const condition = toCondition(operand);
    return { passed: !holds(condition, actual), wanted: `not ${describe(condition, show)}` };
  },
  contains(operand, actual, show) {
    const wanted = `to contain ${show(operand)}`;
    if (typeof actual === 'string') return { passed: actual.includes(String(operand)), wanted };
    if (Array.isArray(actual)) return { passed: actual.some((entry) => same(operand, entry)), wanted };
    if (typeof actual === 'object' && actual !== null)
      return { passed: Object.hasOwn(actual, String(operand)), wanted };
    return { passed: false, wanted, problem: `is ${articled(typeOf(actual))} (${show(actual)}) and contains nothing` };
  },
  matches(operand, actual, show) {
    const wanted = `to match ${show(operand)}`;
    if (typeof operand !== 'string')
      return { passed: false, wanted, problem: 'cannot be matched: the pattern is no text' };
    if (typeof actual !== 'string') {
      return { passed: false, wanted, problem: `is ${articled(typeOf(actual))} (${show(actual)}), not a text` };
    }
    const result = findRegex(operand, actual);
    return 'error' in result
      ? { passed: false, wanted, problem: `cannot be matched: ${result.error}` }
      : { passed: result.found, wanted };
  },
  type(operand, actual, show) {
    const type = typeOf(actual);
    const passed = type === operand || (operand === 'integer' && Number.isInteger(actual));
    return { passed, wanted: `${articled(String(operand))}`, problem: `is ${articled(type)} (${show(actual)})` };
  },
  count(operand, actual) {
    const condition = toCondition(operand);
    const wanted = `count ${describe(condition, display)}`;
    const count = countOf(actual);
    if (count === undefined)
      return { passed: false, wanted, problem: `is ${articled(typeOf(actual))} and cannot be counted` };
    return { passed: holds(condition, count), wanted, actual: `count ${count}`, problem: `has count ${count}` };
  },
  lt: (operand, actual, show) => compare(operand, actual, show, 'less than', (a, b) => a < b),
  lte: (operand, actual, show) => compare(operand, actual, show, 'at most', (a, b) => a <= b),
  gt: (operand, actual, show) => compare(operand, actual, show, 'more than', (a, b) => a > b),
  gte: (operand, actual, show) => compare(operand, actual, show, 'at least', (a, b) => a >= b),
  one_of(operand, actual, show) {
    const values = Array.isArray(operand) ? operand : [operand];
    return { passed: values.some((value) => same(value, actual)), wanted: `one of ${values.map(show).join(', ')}` };
  },
  each(operand, actual, show) {
    const condition = toCondition(operand);
    const wanted = `each ${describe(condition, show)}`;
    if (!Array.isArray(actual)) return { passed: false, wanted, problem: `is ${articled(typeOf(actual))}, not a list` };
    const index = actual.findIndex((entry) => !holds(condition, entry));
    return index < 0
      ? { passed: true, wanted }
      : { passed: false, wanted, actual: show(actual[index]), problem: `has ${show(actual[index])} at index ${index}` };
  },
};

export const OPERATOR_NAMES: readonly Operator[] = ['exists', ...(Object.keys(OPERATORS) as Operator[])];

/** Expands the short form: a bare value means equals. Only a mapping made of operators is a condition. */
export function toCondition(value: unknown): Condition {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const keys = Object.keys(value);
    if (keys.length > 0 && keys.every((key) => (OPERATOR_NAMES as readonly string[]).includes(key)))
      return value as Condition;
  }
  return { equals: value };
}

/** Expands nested short forms as well, so that what a template puts in can never be read as an operator. */
export function normalizeCondition(value: unknown): Condition {
  const condition: Record<string, unknown> = { ...toCondition(value) };
  for (const operator of ['not', 'count', 'each']) {
    if (operator in condition) condition[operator] = normalizeCondition(condition[operator]);
  }
  return condition;
}

/** A value as a person reads it in a result, at most 200 characters. */
export function display(value: unknown): string {
  if (value === MISSING) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function describe(condition: Condition, show: (value: unknown) => string): string {
  return (Object.keys(condition) as Operator[])
    .map((operator) => verdictOf(operator, condition[operator], MISSING, show).wanted)
    .join(' and ');
}

function compare(
  operand: unknown,
  actual: unknown,
  show: (value: unknown) => string,
  words: string,
  test: (a: number, b: number) => boolean,
): Verdict {
  const wanted = `${words} ${show(operand)}`;
  if (typeof operand !== 'number')
    return { passed: false, wanted, problem: `cannot be compared: ${show(operand)} is not a number` };
  if (typeof actual !== 'number')
    return { passed: false, wanted, problem: `is ${articled(typeOf(actual))} (${show(actual)}), not a number` };
  return { passed: test(actual, operand), wanted };
}

function countOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'string') return [...value].length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && isDeepStrictEqual(a, b));
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

function typeOf(value: unknown): string {
  if (value === MISSING) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const ARTICLES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'a boolean',
  object: 'a mapping',
  array: 'a list',
  null: 'null',
};

function articled(type: string): string {
  return ARTICLES[type] ?? type;
}
