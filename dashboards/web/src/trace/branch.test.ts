import { expect, test } from '@jest/globals';
import type { SpanRow } from '../../../../control/resources.ts';
import { branchOf } from './branch.ts';
import { spanTree } from './span-tree.ts';

const span = (span_id: string, parent_span_id: string | null, ms: number) =>
  ({
    span_id,
    parent_span_id,
    start_time: `2026-11-23T12:00:00.0${ms}0Z`,
    duration_ms: 1,
    kind: 'internal',
    events: [],
  }) as unknown as SpanRow;
const tree = spanTree(
  [span('run', null, 1), span('a', 'run', 2), span('a1', 'a', 3), span('b', 'run', 4), span('b1', 'b', 5)],
  [],
);
const names = (root: string | null) => branchOf(tree, root).nodes.map((node) => node.span.span_id);

test('a branch is a span with everything below it', () => {
  expect(names('a')).toEqual(['a', 'a1']);
  expect(names('b')).toEqual(['b', 'b1']);
  expect(branchOf(tree, 'b')).toMatchObject({ depth: 1 });
  expect(Math.round(branchOf(tree, 'b').start_ms)).toBe(30);
});

test('an unknown root shows everything rather than nothing', () => {
  expect(names('gone')).toHaveLength(5);
  expect(names(null)).toHaveLength(5);
});
