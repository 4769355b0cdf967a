import { expect, test } from '@jest/globals';
import { cut, onOneLine } from './plain-text.ts';

test('nothing breaks the line, steers a terminal or turns the writing around, and no half of a letter is left', () => {
  expect(onOneLine(' a\r\nb\u2028c\u001b[2Jd\u202ee\u2066f\ud83d ')).toBe('a b c [2Jd e f\ufffd');
});

test('what is too long ends in an ellipsis, and no letter is torn in two', () => {
  expect([cut('abcdef', 6), cut('abcdef', 4), cut('ab😀cd', 4)]).toEqual(['abcdef', 'abc…', 'ab…']);
});
