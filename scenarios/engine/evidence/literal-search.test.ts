import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LiteralSearch, SHORTEST_LITERAL } from './literal-search.ts';

const REPLACED = '[x]';

/** What it stands for: one regular expression of them all, the longest first. */
function byPattern(text: string, literals: readonly string[]): string {
  if (literals.length === 0) return text;
  const escaped = literals.toSorted((a, b) => b.length - a.length).map((one) => one.replaceAll('(', '\\('));
  return text.replace(new RegExp(escaped.join('|'), 'g'), REPLACED);
}

test('finds what a regular expression of all texts finds', () => {
  // Few letters, so that texts overlap, repeat and begin alike.
  const letters = fc.constantFrom('a', 'b', 'é', '\u{1f512}', '(');
  const literal = fc.string({ unit: letters, minLength: SHORTEST_LITERAL, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(literal, { maxLength: 6 }), fc.string({ unit: letters, maxLength: 60 }), (literals, text) => {
      const search = new LiteralSearch();
      for (const one of literals) search.add(one);
      expect(search.replace(text, REPLACED)).toBe(byPattern(text, literals));
    }),
    { seed: 7, numRuns: 2_000 },
  );
});

test('a text without any of them is given back as it is', () => {
  const search = new LiteralSearch();
  search.add('secret');
  const text = 'nothing of the kind';
  expect(search.replace(text, REPLACED)).toBe(text);
  expect(search.replace('secretsecret!', REPLACED)).toBe('[x][x]!');
});

test('the beginning of a text that was cut off goes as well', () => {
  const search = new LiteralSearch();
  search.add('secret-1234');
  search.add('secretly');
  expect(search.replace('is "secret-12…, not "secre…"', REPLACED)).toBe('is "[x]…, not "[x]…"');
  expect(search.replace('secr… secre', REPLACED)).toBe('[x]… secre');
  expect(search.replace('sec… secretion…', REPLACED)).toBe('sec… secretion…');
});

test('texts and a body that are made to be compared for long are given up', () => {
  const search = new LiteralSearch();
  for (let index = 0; index < 900; index++) search.add('a'.repeat(40) + index);
  expect(search.replace('a'.repeat(60_000), REPLACED)).toBeNull();

  const long = new LiteralSearch();
  long.add(`${'a'.repeat(16_000)}b`);
  expect(long.replace('a'.repeat(60_000), REPLACED)).toBeNull();
});
