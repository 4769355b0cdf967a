import { expect, test } from '@jest/globals';
import { readNumbers } from './series-values.ts';

test('numbers, units and repeats are read', () => {
  expect(readNumbers(['600ms x2', '1.2s', null])).toEqual({ unit: 's', values: [0.6, 0.6, 1.2, null] });
  expect(readNumbers(12)).toEqual({ unit: null, values: [12] });
});

test('what is no number is told at its place', () => {
  expect(readNumbers([1, 'soon'])).toEqual({
    index: 1,
    message: '"soon" is no number, duration, size or percentage',
  });
  expect(readNumbers([1, '2 x100000'])).toMatchObject({ index: 1 });
});

test('a megabyte of blanks in the place of a number is refused at once', () => {
  const begun = performance.now();
  expect(readNumbers(`1${' '.repeat(1_000_000)}!`)).toEqual({
    index: 0,
    message: 'an entry has at most 64 characters',
  });
  expect(performance.now() - begun).toBeLessThan(5_000);
});
