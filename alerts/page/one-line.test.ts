import { expect, test } from '@jest/globals';
import { oneLine } from './one-line.ts';

test('nothing breaks the line, steers a terminal or turns the writing around', () => {
  expect(oneLine('a\r\nb\u2028c\u001b[2Jd\u202ee\u2066f', 100)).toBe('a b c [2Jd e f');
});

test('what is too long ends in an ellipsis, and no letter is torn in two', () => {
  expect(oneLine('abcdef', 4)).toBe('abc…');
  expect(oneLine('ab😀cd', 4)).toBe('ab…');
});
