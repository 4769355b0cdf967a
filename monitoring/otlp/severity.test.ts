import { expect, test } from '@jest/globals';
import { LEVELS, levelOf, severityOf } from './severity.ts';

test.each([
  [17, 'whatever', 'error'],
  [0, 'WARNING', 'warn'],
  [0, 'Critical', 'fatal'],
  [0, 'debug', 'debug'],
  [0, '', 'info'],
  [25, 'loud', 'info'],
])('the number %i and the word %j are of the level %s', (severityNumber, severityText, level) => {
  expect(levelOf(severityOf({ severityNumber, severityText }))).toBe(level);
});

test('every number belongs to a level, four to each', () => {
  const all = Array.from({ length: 24 }, (_, index) => levelOf(index + 1));
  expect(all).toEqual(LEVELS.flatMap((level) => [level, level, level, level]));
  expect([levelOf(0), levelOf(99)]).toEqual(['trace', 'fatal']);
});
