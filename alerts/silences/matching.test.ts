import { describe, expect, test } from '@jest/globals';
import { matchesAll, matchesEmpty, patternProblem } from './matching.ts';
import type { Matcher } from './silence.ts';

const labels = { service: 'billing', environment: 'production', priority: 'P1' };
const matcher = (label: string, is: Matcher['is'], value: string): Matcher => ({ label, is, value });

describe('a matcher', () => {
  test.each<[Matcher, boolean]>([
    [matcher('service', '=', 'billing'), true],
    [matcher('service', '=', 'bill'), false],
    [matcher('service', '!=', 'billing'), false],
    [matcher('service', '=~', 'bill'), false],
    [matcher('service', '=~', 'bill.*|posts'), true],
    [matcher('service', '!~', 'bill.*'), false],
    [matcher('service', '!~', 'posts'), true],
    [matcher('team', '=', ''), true],
    [matcher('team', '!=', 'x'), true],
    [matcher('team', '=~', '.*'), true],
    [matcher('toString', '=', ''), true],
    [matcher('service', '=~', '('), false],
    [matcher('service', '!~', '('), false],
  ])('%o', (one, expected) => {
    expect(matchesAll([one], labels)).toBe(expected);
  });

  test('must match together with all others; none at all match nothing', () => {
    const [billing, staging] = [matcher('service', '=', 'billing'), matcher('environment', '=', 'staging')];
    expect(matchesAll([billing], labels)).toBe(true);
    expect(matchesAll([billing, staging], labels)).toBe(false);
    expect(matchesAll([], labels)).toBe(false);
  });

  test('that matches what is not there is known as such', () => {
    expect(matchesEmpty(matcher('team', '!=', 'x'))).toBe(true);
    expect(matchesEmpty(matcher('team', '=~', 'a|'))).toBe(true);
    expect(matchesEmpty(matcher('team', '=~', 'a+'))).toBe(false);
  });
});

test('a pattern is one of RE2: linear in time, and with a bounded length', () => {
  expect(patternProblem('prod.*')).toBeNull();
  expect(patternProblem('(?=x)')).toContain('RE2');
  expect(patternProblem('x'.repeat(1_001))).toContain('1000 characters');
  const begun = performance.now();
  expect(matchesAll([matcher('service', '=~', '(a+)+b')], { service: 'a'.repeat(100_000) })).toBe(false);
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test.each([
  ['repeats that are cheap to write', '(?:a?){1000}'.repeat(80)],
  ['repeats of repeats', `(?:(?:${'x'.repeat(600)}){31}){31}`],
  ['one long repeat of a long piece', `(?:${'x'.repeat(900)}){1000}`],
  ['a repeat of many ways', '(?:a?){999}'],
])('a pattern whose matching would hold up pages is refused when it is written: %s', (_name, pattern) => {
  expect(patternProblem(pattern)).toContain('repeats too much');
  expect(matchesAll([matcher('service', '=~', pattern)], { service: 'a'.repeat(1_000) })).toBe(false);
});

test('usual repeats are none too much', () => {
  for (const pattern of [
    '[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}',
    '\\d{1,3}(\\.\\d{1,3}){3}',
    '.{0,200}',
  ])
    expect(patternProblem(pattern)).toBeNull();
});
