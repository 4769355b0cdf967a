import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonErrorOffset } from './json-error.ts';

test.each([
  ['', 0],
  ['{', 1],
  ['[1,]', 3],
  ['{"a": [,]}', 7],
  ['{"a" 1}', 5],
  ['{"a":1 "b":2}', 7],
  ['{"a":1,}', 7],
  ["{'a':1}", 1],
  ['[1] x', 4],
  ['"a\nb"', 2],
  ['"a\\x"', 2],
  ['"open', 5],
  ['[01]', 2],
  ['nul', 0],
  ['[}', 1],
  ['{"a":"\\u00g0"}', 6],
])('%j goes wrong at %i', (text, offset) => {
  expect(jsonErrorOffset(text)).toBe(offset);
});

test('all that the engine reads is JSON, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '"', '{', ']', '\\', '\u0001', ' ', '0'),
      (json, at, inserted) => {
        const position = at % (json.length + 1);
        const text = json.slice(0, position) + inserted + json.slice(position + (inserted === '' ? 1 : 0));
        expect(jsonErrorOffset(text) === -1).toBe(isJson(text));
        expect(jsonErrorOffset(json)).toBe(-1);
      },
    ),
    { numRuns: 1_000, seed: 6 },
  );
});

test('a megabyte of brackets or of text is judged at once', () => {
  expect(jsonErrorOffset('['.repeat(1_000_000))).toBe(1_000_000);
  expect(jsonErrorOffset(`"${'x'.repeat(1_000_000)}`)).toBe(1_000_001);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
