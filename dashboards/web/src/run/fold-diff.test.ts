import { describe, expect, test } from '@jest/globals';
import type { DiffLine } from '../../../../control/resources.ts';
import { foldDiff } from './fold-diff.ts';

const line = (change: DiffLine['change'], text: string, always_varies = false): DiffLine => ({
  change,
  text,
  always_varies,
});

describe('folding a diff', () => {
  test('changes stay with two lines around them, the rest folds', () => {
    const lines = ['a', 'b', 'c', 'd'].map((text) => line('same', text));
    const folded = foldDiff([...lines, line('removed', 'x'), line('added', 'y'), ...lines]);
    expect(folded.map((entry) => (entry.kind === 'line' ? entry.line.text : entry.lines.length))).toEqual([
      2,
      'c',
      'd',
      'x',
      'y',
      'a',
      'b',
      2,
    ]);
  });

  test('fields that vary in every run fold apart from those that are equal', () => {
    const folded = foldDiff([
      line('same', '{'),
      line('removed', 'id: 1', true),
      line('added', 'id: 2', true),
      line('same', '}'),
    ]);
    expect(folded.map((entry) => (entry.kind === 'fold' ? entry.why : entry.line.text))).toEqual(['{', 'varies', '}']);
  });

  test('no line is lost', () => {
    const lines = Array.from({ length: 50 }, (_, index) =>
      line(index % 7 === 0 ? 'added' : 'same', String(index), index % 14 === 0),
    );
    const kept = foldDiff(lines).flatMap((entry) => (entry.kind === 'line' ? [entry.line] : entry.lines));
    expect(kept).toEqual(lines);
  });
});
