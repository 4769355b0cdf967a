import { expect, test } from '@jest/globals';
import { oneLine } from './one-line.ts';

test('it is one line, and no longer than that', () => {
  expect(oneLine('a\r\nb\u202ecdef', 5)).toBe('a b …');
});
