import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileRegex, extractRegex, findRegex } from '../engine/assertions/regex.ts';
import { regexCode } from './regex-code.ts';
import { evaluate } from './testing/evaluate.ts';

const pieces = fc.constantFrom(
  ...[
    'a',
    'B',
    '.',
    '^',
    '$',
    '\\d',
    '\\D',
    '\\s',
    '\\S',
    '\\w',
    '\\W',
    '\\b',
    '\\B',
    '[a-c]',
    '[^a\\s]',
    '[[:alpha:]_]',
    '[]a]',
  ],
  ...[
    '(a|b)',
    '(?:ab)',
    '(?P<x>b)',
    '*',
    '+?',
    '?',
    '{2}',
    '{1,}',
    '\\.',
    '\\-',
    '\\/',
    '/',
    '"',
    '{',
    '}',
    ']',
    '\\pL',
    '\\p{Greek}',
  ],
  ...['\\A', '\\z', '\\x41', '\\x{1F44D}', '|', '한', '👍', '\\n', '[\\w.-]', '[^/]', '\\t', '\n'],
);
const texts = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'c',
      'A',
      'B',
      '1',
      ' ',
      '\n',
      '\r',
      '\u2028',
      '\t',
      '\v',
      '.',
      '-',
      '/',
      '_',
      '"',
      '{',
      '}',
      ']',
      '한',
      '👍',
      'α',
      '\u00a0',
    ),
  )
  .map((letters) => letters.join(''));

test('a pattern finds in a script what it finds in the engine', () => {
  let compared = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('', '(?i)', '(?s)', '(?m)', '(?ms)'),
      fc.array(pieces, { minLength: 1, maxLength: 6 }),
      texts,
      (flags, parts, text) => {
        const pattern = flags + parts.join('');
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
      },
    ),
    { numRuns: 4_000, seed: 4 },
  );
  expect(compared).toBeGreaterThan(1_500);
});

test.each([
  ['a(?i:b)', 'flags inside a pattern, such as (?i:…)'],
  ['\\Qa.b\\E', '\\Q'],
  ['[\\D]', '\\D in brackets'],
  ['[[:^alpha:]]', '[:^alpha:]'],
  ['\\07', '\\07'],
])('%s has no counterpart', (pattern, error) => {
  expect(regexCode(pattern)).toEqual({ error });
});
