import { expect, test } from '@jest/globals';
import { lineEndOf, replacement, spanOf } from './places.ts';

test('a mistake is marked where it stands', () => {
  const lines = ['version: 1', 'nam: x', ''];
  const marked = (line: number, column: number, end_column: number | null = null) => {
    const { from, to } = spanOf({ line, column, end_column }, lines);
    return lines.join('\n').slice(from, to);
  };
  expect(marked(2, 1, 4)).toBe('nam');
  expect(marked(1, 10)).toBe('1');
  expect(marked(2, 6, 99)).toBe('x');
  expect(spanOf({ line: 9, column: 4, end_column: 5 }, lines)).toEqual({ from: 18, to: 18 });
  expect(spanOf({ line: 1, column: 1, end_column: 2 }, ['\ufeffversion: 1'])).toEqual({ from: 1, to: 2 });
});

test('the line ends of a file stay as they are', () => {
  expect(lineEndOf('a\nb\n')).toBe('\n');
  expect(lineEndOf('a\r\nb\r\n')).toBe('\r\n');
  expect(lineEndOf('a\r\nb\n')).toBe('\n');
  expect(lineEndOf('a\rb\r\n')).toBe('\n');
  expect(lineEndOf('a')).toBe('\n');
});

test('what differs between two texts is one stretch', () => {
  for (const [before, after] of [
    ['name: Shop\n', 'name: Bazaar\n'],
    ['aaa', 'aa'],
    ['', 'x'],
    ['same', 'same'],
    ['abab', 'ababab'],
  ] as const) {
    const { from, to, insert } = replacement(before, after);
    expect(before.slice(0, from) + insert + before.slice(to)).toBe(after);
  }
  expect(replacement('name: Shop\n', 'name: Ship\n')).toEqual({ from: 8, to: 9, insert: 'i' });
});
