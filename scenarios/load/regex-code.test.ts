import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileRegex, extractRegex, findRegex } from '../engine/assertions/regex.ts';
import { regexCode } from './regex-code.ts';
import { pattern, searchedText } from './testing/arbitraries.ts';
import { evaluate } from './testing/evaluate.ts';

test('a pattern finds in a script what it finds in the engine', () => {
  let compared = 0;
  fc.assert(
    fc.property(pattern, searchedText, (pattern, text) => {
      if ('error' in compileRegex(pattern)) return;
      const made = regexCode(pattern);
      if ('error' in made) return expect(made.error).toContain('cannot be repeated');
      const regex = evaluate(made.code) as RegExp;
      expect({ pattern, found: regex.test(text) }).toEqual({ pattern, ...findRegex(pattern, text) });
      const wanted = extractRegex(pattern, text);
      const match = regex.exec(text);
      const first = match ? (match[match.length > 1 ? 1 : 0] ?? null) : null;
      expect({ pattern, first }).toEqual({ pattern, first: wanted && 'value' in wanted ? wanted.value : null });
      compared++;
    }),
    { numRuns: 8_000, seed: 4 },
  );
  expect(compared).toBeGreaterThan(2_500);
});

test.each([
  ['a(?i:b)', 'flags inside a pattern, such as (?i:…)'],
  ['\\Qa.b\\E', '\\Q'],
  ['[\\D]', '\\D in brackets'],
  ['[[:^alpha:]]', '[:^alpha:]'],
  ['\\07', '\\07'],
  ['^\\p{Greek}+$', 'the class of Unicode \\p{Greek}'],
])('%s has no counterpart', (pattern, error) => {
  expect(regexCode(pattern)).toEqual({ error });
});
