import { expect, test } from '@jest/globals';
import { groupLabels, groupName, groupValues, metricLabels } from './group-by.ts';

test('a group of one attribute has its value for a name, one of several a name that tells each value', () => {
  for (const [by, values] of [
    ['http.route', ['["a"]']],
    [['http.route'], ['/a']],
    [
      ['a', 'b'],
      ['x', null],
    ],
    [
      ['a', 'b'],
      ['["x"', '",'],
    ],
    [
      ['a', 'b'],
      [null, null],
    ],
    [undefined, []],
  ] as const) {
    expect(groupValues(by, groupName(values))).toEqual(values);
  }
  expect(groupName(['a', 'b'])).not.toBe(groupName(['b', 'a']));
});

test('labels leave out what is missing; of a metric it is empty', () => {
  const by = ['__proto__', 'b'];
  const name = groupName(['x', null]);
  expect(Object.entries(groupLabels(by, name))).toEqual([['__proto__', 'x']]);
  expect(Object.entries(metricLabels(by, name))).toEqual([
    ['__proto__', 'x'],
    ['b', ''],
  ]);
});
