import { expect, test } from '@jest/globals';
import { at, firstText, text, texts, time } from './fields.ts';
import { priorityOf } from './severity.ts';

test('only own properties are found', () => {
  const value = { a: [{ b: 1 }], 'x.y': 2 };
  expect(at(value, 'a', 0, 'b')).toBe(1);
  expect(at(value, 'a', '0', 'b')).toBe(1);
  expect(at(value, 'x.y')).toBe(2);
  for (const path of [
    ['constructor'],
    ['a', 'length', 'x'],
    ['a', 'map'],
    ['__proto__'],
    ['a', 1],
    ['a', 0, 'b', 'c'],
  ]) {
    expect(at(value, ...path)).toBeUndefined();
  }
  expect(at('text', 'length')).toBeUndefined();
  expect(at(null, 'a')).toBeUndefined();
});

test('what is not a text is none', () => {
  expect([' a ', 0, false, '', ' ', null, {}, []].map(text)).toEqual(['a', '0', 'false', null, null, null, null, null]);
  expect(firstText(null, {}, '', 'b')).toBe('b');
  expect(texts({ a: 'x', b: 1, c: { d: 1 }, e: null })).toEqual({ a: 'x', b: '1' });
  expect(texts(['x'])).toEqual({});
});

test.each([
  ['2026-11-23T03:04:05Z', '2026-11-23T03:04:05.000Z'],
  ['2026-11-23T12:04:05.123456789+09:00', '2026-11-23T03:04:05.123Z'],
  ['2026-11-23T03:04:05.123+0000', '2026-11-23T03:04:05.123Z'],
  [1_795_403_045, '2026-11-23T03:04:05.000Z'],
  [1_795_403_045_123, '2026-11-23T03:04:05.123Z'],
  ['0001-01-01T00:00:00Z', null],
  ['2026-11-23 03:04:05', '2026-11-23T03:04:05.000Z'],
  ['2026-11-23T03:04Z', '2026-11-23T03:04:00.000Z'],
  ['soon', null],
  ['23 Nov 2026', null],
  ['2026-13-45T00:00:00Z', null],
  [{}, null],
  ['', null],
  [1e300, null],
  [-5, null],
])('%j as a time is %j', (value, expected) => {
  expect(time(value)).toBe(expected);
});

test.each([
  ['critical', 'P1'],
  ['HIGH', 'P2'],
  ['Warning', 'P3'],
  ['info', 'P4'],
  ['P2', 'P2'],
  ['whatever', null],
  [null, null],
] as const)('severity %s is %s', (severity, expected) => {
  expect(priorityOf(severity)).toBe(expected);
});

test('a source’s own severities stand over the usual words, in any case of letters', () => {
  expect(priorityOf('CRITICAL', { critical: 'P3' })).toBe('P3');
  expect(priorityOf('constructor', {})).toBeNull();
});
