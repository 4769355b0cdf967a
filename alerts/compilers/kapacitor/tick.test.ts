import { expect, test } from '@jest/globals';
import { ofMonitors } from './sources.ts';
import { containing, float, identifier, literal, text } from './tick.ts';

test('texts cannot leave their quotes', () => {
  expect(text("it's")).toBe("'it\\'s'");
  // Between single quotes a backslash would escape the closing quote.
  expect(text('ends in \\')).toBe("'''ends in \\'''");
  expect(literal("it's \\")).toBe("'it\\'s \\\\'");
  expect(identifier('a "b"')).toBe('"a \\"b\\""');
});

test('a text that no quotes can hold is refused, and never goes on as script', () => {
  expect(() => text("a''' + evil() + '\\")).toThrow('no text that holds');
});

test('ids of monitors stay within their pattern', () => {
  const { lambda } = ofMonitors(['post-journey', 'a/ OR TRUE OR "x" =~ /', 'a.b|c', "'''"]);
  const pattern = lambda.slice('"monitor" =~ '.length);
  expect(pattern.slice(1, -1)).not.toMatch(/[/'"]/);
  expect(pattern).toContain('post-journey');
  // As Go reads it; \\x{2f} is written \\u{2f} here.
  const read = new RegExp(pattern.slice(1, -1).replaceAll('\\x{', '\\u{'), 'u');
  expect(['post-journey@local', 'a.b|c@local', "'''@local"].every((id) => read.test(id))).toBe(true);
  expect(['axb@local', 'c@local', 'post-journey-2@local'].some((id) => read.test(id))).toBe(false);
});

test('a pattern finds the text as it stands, and cannot end early', () => {
  const source = containing('a/b\\c (d)').slice(1, -1).replace('(?i)', '');
  expect(source).not.toContain('/');
  expect(new RegExp(source, 'i').test('x A/B\\C (D) y')).toBe(true);
  expect(new RegExp(source, 'i').test('a/b\\c d')).toBe(false);
});

test.each([
  [5, '5.0'],
  [0.05, '0.05'],
  [1e-7, '0.0000001'],
  [-3, '-3.0'],
])('%d is the float %s', (value, written) => {
  expect(float(value)).toBe(written);
});
