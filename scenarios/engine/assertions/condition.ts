import { isDeepStrictEqual } from 'node:util';
import type { AssertionResult } from '../../run-result.ts';
import { findRegex, MOST_FOUND, matchingCost } from './regex.ts';
import { articled, asWord, display, MISSING, typeOf } from './value-words.ts';

export { asWord, display, MISSING } from './value-words.ts';

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

export interface Judged {
  kind: string;
  /** How the value is called in a sentence: `header content-type`, `$.title`. */
  subject: string;
  /** How values are shown; JSON by default. */
  show?: (value: unknown) => string;
  /** Where it comes from there are only texts: `60` means "60", and a text that is a number is ordered as one. */
  textual?: boolean;
}

/** `unfit`: the operator does not go with such a value, so that the opposite does not hold either. */
type Verdict = { passed: boolean; wanted: string; actual?: string; problem?: string; unfit?: true };

type How = {
  readonly show: (value: unknown) => string;
  readonly textual: boolean;
  /** What regular expressions may still take, of all entries of a list together. */
  matchingLeft: number;
};

/** Judges a value by every operator of a condition: one result each. Pure; a type mismatch says so and never throws. */
export function judge(condition: Condition, actual: unknown, judged: Judged): AssertionResult[] {
  return (Object.keys(condition) as Operator[]).map((operator) =>
    judgeOperator(operator, condition[operator], actual, judged),
  );
}

/** Judges a value by one operator. */
export function judgeOperator(
  operator: Operator,
  operand: unknown,
  actual: unknown,
  { kind, subject, show = display, textual = false }: Judged,
): AssertionResult {
  const verdict = shallowVerdict(operator, operand, actual, { show, textual, matchingLeft: MOST_FOUND });
  const { passed, wanted, problem } = verdict;
  const seen = verdict.actual ?? (actual === MISSING ? 'missing' : show(actual));
  const message = passed
    ? `${subject} ${wanted}`
    : actual === MISSING
      ? `${subject} is missing, expected ${wanted}`
      : problem
        ? `${subject} ${problem}, expected ${wanted}`
        : `${subject} is ${seen}, expected ${wanted}`;
  return { kind, subject, operator, expected: wanted, actual: seen, passed, message };
}

/** The result for a value that cannot be got at: no operator holds, `not` and `exists: false` included. */
export function unreadable(condition: Condition, why: string, { kind, subject }: Judged): AssertionResult[] {
  return Object.entries(condition).map(([operator, operand]) => ({
    kind,
    subject,
    operator,
    expected: display(operand),
    actual: why,
    passed: false,
    message: `${subject} cannot be read: ${why}`,
  }));
}

/** Whether all of a condition holds. */
export function holds(condition: Condition, actual: unknown): boolean {
  return unmet(condition, actual, { ...PLAIN }) === null;
}

const PLAIN: How = { show: display, textual: false, matchingLeft: MOST_FOUND };

/** The first verdict that is not passed; an unfit one before others. */
function unmet(condition: Condition, actual: unknown, how: How): Verdict | null {
  let first: Verdict | null = null;
  for (const operator of Object.keys(condition) as Operator[]) {
    const verdict = verdictOf(operator, condition[operator], actual, how);
    if (verdict.unfit) return verdict;
    if (!verdict.passed) first ??= verdict;
  }
  return first;
}

function shallowVerdict(operator: Operator, operand: unknown, actual: unknown, how: How): Verdict {
  try {
    return verdictOf(operator, operand, actual, how);
  } catch (error) {
    // Comparing recurses as deeply as what the service answered.
    if (!(error instanceof RangeError)) throw error;
    return unfit(wantedBy(operator, operand, how), 'is nested too deeply to be judged');
  }
}

function verdictOf(operator: Operator, operand: unknown, actual: unknown, how: How): Verdict {
  if (operator === 'exists') {
    return { passed: (actual !== MISSING) === operand, wanted: operand ? 'to exist' : 'not to exist' };
  }
  const ask = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!ask)
    return { passed: false, wanted: operator, problem: `cannot be judged by the unknown operator "${operator}"` };
  return actual === MISSING ? missing(operator, operand, how) : ask(operand, actual, how);
}

/** Only a question about existence has an answer where nothing is. */
function missing(operator: Operator, operand: unknown, how: How): Verdict {
  const wanted = wantedBy(operator, operand, how);
  const exists = operator === 'not' ? toCondition(operand).exists : undefined;
  const passed = exists === true && Object.keys(toCondition(operand)).length === 1;
  return passed ? { passed, wanted } : { passed, wanted, unfit: true };
}

type Ask = (operand: unknown, actual: unknown, how: How) => Verdict;

const OPERATORS: Record<Exclude<Operator, 'exists'>, Ask> = {
  equals(operand, actual, how) {
    const passed = same(operand, actual, how);
    const wanted = wantedBy('equals', operand, how);
    // "201" against 201 looks the same to a reader who does not see the quotes. That something is not null says nothing
    // about its type.
    const mixed = !passed && typeOf(operand) !== typeOf(actual) && isScalar(operand) && isScalar(actual);
    if (!mixed) return { passed, wanted };
    const problem = `is ${articled(typeOf(actual))} (${how.show(actual)})`;
    return operand === null || actual === null ? { passed, wanted, problem } : { passed, wanted, problem, unfit: true };
  },
  not(operand, actual, how) {
    const wanted = wantedBy('not', operand, how);
    const verdict = unmet(toCondition(operand), actual, how);
    if (!verdict?.unfit) return { passed: verdict !== null, wanted };
    return { passed: false, wanted, unfit: true, ...(verdict.problem ? { problem: verdict.problem } : {}) };
  },
  contains(operand, actual, how) {
    const wanted = wantedBy('contains', operand, how);
    if (typeof actual === 'string') return { passed: actual.includes(asWord(operand)), wanted };
    if (Array.isArray(actual)) return { passed: actual.some((entry) => same(operand, entry, how)), wanted };
    if (typeof actual === 'object' && actual !== null)
      return { passed: Object.hasOwn(actual, asWord(operand)), wanted };
    return unfit(wanted, `is ${articled(typeOf(actual))} (${how.show(actual)}) and contains nothing`);
  },
  matches(operand, actual, how) {
    const wanted = wantedBy('matches', operand, how);
    if (typeof operand !== 'string') return unfit(wanted, 'cannot be matched: the pattern is no text');
    if (typeof actual !== 'string')
      return unfit(wanted, `is ${articled(typeOf(actual))} (${how.show(actual)}), not a text`);
    if (how.matchingLeft < 0) return unfit(wanted, 'comes after too much text for this regular expression');
    how.matchingLeft -= matchingCost(operand, actual);
    const result = findRegex(operand, actual);
    return 'error' in result ? unfit(wanted, `cannot be matched: ${result.error}`) : { passed: result.found, wanted };
  },
  type(operand, actual, how) {
    const type = typeOf(actual);
    const passed = type === operand || (operand === 'integer' && Number.isInteger(actual));
    const wanted = wantedBy('type', operand, how);
    return { passed, wanted, problem: `is ${articled(type)} (${how.show(actual)})` };
  },
  count(operand, actual, how) {
    const wanted = wantedBy('count', operand, how);
    const count = countOf(actual);
    if (count === undefined) return unfit(wanted, `is ${articled(typeOf(actual))} and cannot be counted`);
    const verdict = unmet(toCondition(operand), count, PLAIN);
    const seen = { wanted, actual: `count ${count}`, problem: `has count ${count}` };
    return verdict?.unfit ? { passed: false, ...seen, unfit: true } : { passed: verdict === null, ...seen };
  },
  lt: (operand, actual, how) => compare('lt', operand, actual, how, (a, b) => a < b),
  lte: (operand, actual, how) => compare('lte', operand, actual, how, (a, b) => a <= b),
  gt: (operand, actual, how) => compare('gt', operand, actual, how, (a, b) => a > b),
  gte: (operand, actual, how) => compare('gte', operand, actual, how, (a, b) => a >= b),
  one_of(operand, actual, how) {
    const values = Array.isArray(operand) ? operand : [operand];
    return { passed: values.some((value) => same(value, actual, how)), wanted: wantedBy('one_of', operand, how) };
  },
  each(operand, actual, how) {
    const wanted = wantedBy('each', operand, how);
    if (!Array.isArray(actual)) return unfit(wanted, `is ${articled(typeOf(actual))}, not a list`);
    const condition = toCondition(operand);
    for (const [index, entry] of actual.entries()) {
      const verdict = unmet(condition, entry, how);
      if (!verdict) continue;
      const seen = how.show(entry);
      const failed = { passed: false, wanted, actual: seen, problem: `has ${seen} at index ${index}` };
      return verdict.unfit ? { ...failed, unfit: true } : failed;
    }
    return { passed: true, wanted };
  },
};

const COMPARISONS = { lt: 'less than', lte: 'at most', gt: 'more than', gte: 'at least' } as const;

/** What an operator asks for, in words. */
function wantedBy(operator: Operator, operand: unknown, how: How): string {
  switch (operator) {
    case 'exists':
      return operand ? 'to exist' : 'not to exist';
    case 'equals':
      return how.show(operand);
    case 'not':
      return `not ${describe(operand, how)}`;
    case 'contains':
      return `to contain ${how.show(operand)}`;
    case 'matches':
      return `to match ${how.show(operand)}`;
    case 'type':
      return articled(asWord(operand));
    case 'count':
      return `count ${describe(operand, PLAIN)}`;
    case 'one_of':
      return `one of ${(Array.isArray(operand) ? operand : [operand]).map(how.show).join(', ')}`;
    case 'each':
      return `each ${describe(operand, how)}`;
    default:
      return `${COMPARISONS[operator]} ${how.show(operand)}`;
  }
}

function unfit(wanted: string, problem: string): Verdict {
  return { passed: false, wanted, problem, unfit: true };
}

const OPERATOR_NAMES: readonly Operator[] = ['exists', ...(Object.keys(OPERATORS) as Operator[])];

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

function describe(operand: unknown, how: How): string {
  const condition = toCondition(operand);
  return (Object.keys(condition) as Operator[])
    .map((operator) => wantedBy(operator, condition[operator], how))
    .join(' and ');
}

function compare(
  operator: keyof typeof COMPARISONS,
  operand: unknown,
  actual: unknown,
  how: How,
  test: (a: number, b: number) => boolean,
): Verdict {
  const wanted = wantedBy(operator, operand, how);
  if (typeof operand !== 'number') return unfit(wanted, `cannot be compared: ${how.show(operand)} is not a number`);
  const number = how.textual ? numberIn(actual) : actual;
  if (typeof number !== 'number')
    return unfit(wanted, `is ${articled(typeOf(actual))} (${how.show(actual)}), not a number`);
  return { passed: test(number, operand), wanted };
}

/** The number that a text is; what is none stays as it is. */
function numberIn(value: unknown): unknown {
  if (typeof value !== 'string' || value.trim() === '') return value;
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}

function countOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'string') return charactersIn(value);
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}

/** Code points, as people count; a list of them all would take many times the room of the text. */
function charactersIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) count++;
  return count;
}

function same(operand: unknown, actual: unknown, { textual }: How): boolean {
  if (operand === actual) return true;
  if (textual && (typeof operand === 'number' || typeof operand === 'boolean')) return String(operand) === actual;
  return typeof operand === 'object' && isDeepStrictEqual(operand, actual);
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}
