import { RE2JS } from 're2js';
import type { Matcher } from './silence.ts';

/** Longer patterns are refused when they are written. */
export const LONGEST_PATTERN = 1_000;
/**
 * Instructions of a compiled pattern: time is linear in them and in the value, on the thread that pages. A value of a
 * thousand characters takes a tenth of a second at worst.
 */
const LARGEST_PROGRAM = 1_200;
/** Counted repetitions together, times the length of the pattern: more takes seconds to compile. */
const MOST_REPEATED = 20_000;
const MOST_PATTERNS = 1_000;
const compiled = new Map<string, RE2JS | null>();

/** Whether all matchers match. A label that is not there is the empty string. */
export function matchesAll(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.length > 0 && matchers.every((matcher) => matches(matcher, labelOf(labels, matcher.label)));
}

/** Whether every label has the value given, as routes and inhibition say it. */
export function hasAll(wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  for (const label in wanted) if (labelOf(labels, label) !== wanted[label]) return false;
  return true;
}

export function labelOf(labels: Readonly<Record<string, string>>, label: string): string {
  return Object.hasOwn(labels, label) ? labels[label]! : '';
}

const TOO_LARGE = 'the pattern repeats too much: {…} stands for as many copies of what is before it';

function repetitions(pattern: string): number {
  return [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].reduce(
    (sum, [, least, most]) => sum + Math.max(Number(least), Number(most || 0)),
    0,
  );
}

/** @returns why the pattern cannot be used, in words; null when it can */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > LONGEST_PATTERN) return `the pattern is longer than ${LONGEST_PATTERN} characters`;
  if (repetitions(pattern) * pattern.length > MOST_REPEATED) return TOO_LARGE;
  try {
    return RE2JS.compile(pattern).programSize() > LARGEST_PROGRAM ? TOO_LARGE : null;
  } catch (error) {
    return `not a pattern in RE2 syntax: ${(error as Error).message.replace(/^error parsing regexp: /, '')}`;
  }
}

/** One that matches what is not there: a silence of such matchers alone would silence everything. */
export function matchesEmpty(matcher: Matcher): boolean {
  return matches(matcher, '');
}

function matches({ is, value }: Matcher, actual: string): boolean {
  if (is === '=') return actual === value;
  if (is === '!=') return actual !== value;
  const pattern = compile(value);
  // What cannot be read silences nobody.
  if (!pattern) return false;
  const whole = pattern.matches(actual);
  return is === '=~' ? whole : !whole;
}

function compile(pattern: string): RE2JS | null {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= MOST_PATTERNS) compiled.clear();
  const made = patternProblem(pattern) === null ? RE2JS.compile(pattern, RE2JS.DOTALL) : null;
  compiled.set(pattern, made);
  return made;
}
