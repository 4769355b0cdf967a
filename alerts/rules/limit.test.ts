import { describe, expect, test } from '@jest/globals';
import { compileLimit, holds, limitIn, showLimit, showValue } from './limit.ts';

describe('a limit in the unit of the values', () => {
  test.each([
    ['500ms', 's', 0.5],
    ['500ms', 'ms', 500],
    ['2s', 'us', 2_000_000],
    ['1h', 'min', 60],
    ['10MB', 'By', 10_000_000],
    ['1KiB', 'By', 1_024],
    ['1GB', 'MBy', 1_000],
    ['5%', '1', 0.05],
    ['5%', null, 0.05],
    ['5%', '%', 5],
    ['-50%', '1', -0.5],
    [20, 's', 20],
    [20, null, 20],
    ['500ms', 'By', null],
    ['500ms', null, null],
    ['500ms', '1', null],
    ['500ms', 'constructor', null],
    ['10MB', 's', null],
    ['5%', 's', null],
  ])('%s of values in %s is %s', (written, unit, expected) => {
    expect(limitIn(compileLimit({ gt: written }), unit)).toBe(expected);
  });
});

test.each([
  ['gt', 2, 1, true],
  ['gt', 1, 1, false],
  ['gte', 1, 1, true],
  ['lt', 1, 1, false],
  ['lt', 0, 1, true],
  ['lte', 1, 1, true],
] as const)('%s: %d against %d is %s', (operator, value, limit, expected) => {
  expect(holds(operator, value, limit)).toBe(expected);
});

test.each([
  [2.1, 's', '2.1 s'],
  [0.0421, 's', '42 ms'],
  [-1, 's', '-1 s'],
  [12_500_000, 'By', '12.5 MB'],
  [3, 'KiBy', '3.07 KB'],
  [0.0512, 'share', '5.12%'],
  [5.2, '%', '5.2%'],
  [1_234_567.8, null, '1,234,568'],
  [0.123456, '1', '0.123'],
  [-1_234, '{request}', '-1,234'],
  [1e300, 's', '1.00e+300'],
])('%d %s is shown as %s', (value, unit, expected) => {
  expect(showValue(value, unit)).toBe(expected);
});

test('a bare number is shown in the unit of the values, any other as it is meant', () => {
  expect(showLimit(compileLimit({ gt: 2 }), 's')).toBe('more than 2 s');
  expect(showLimit(compileLimit({ lte: '90s' }), 'ms')).toBe('at most 2 min');
  expect(showLimit(compileLimit({ lt: '5%' }), '1')).toBe('less than 5%');
  expect(showLimit(compileLimit({ gte: '10MB' }), null)).toBe('at least 10MB');
});
