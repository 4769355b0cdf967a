import { describe, expect, test } from '@jest/globals';
import type { LogRow, SpanRow } from '../../../../control/resources.ts';
import { deepestExceptions, exceptionsOf, spanTree } from './span-tree.ts';

const span = (span_id: string, parent_span_id: string | null, at: number, duration_ms: number, kind = 'internal') =>
  ({
    span_id,
    parent_span_id,
    start_time: `2026-11-23T12:00:00.${String(at).padStart(3, '0')}000000Z`,
    duration_ms,
    kind,
    events: [],
  }) as unknown as SpanRow;
const log = (span_id: string | null) => ({ span_id, message: 'm' }) as unknown as LogRow;

describe('span tree', () => {
  test('children follow their parent, by time, with offsets from the first start', () => {
    const tree = spanTree([span('c', 'a', 30, 5), span('b', 'a', 10, 10), span('a', null, 5, 40)], []);
    expect(tree.nodes.map((node) => [node.span.span_id, node.depth, Math.round(node.offset_ms)])).toEqual([
      ['a', 0, 0],
      ['b', 1, 5],
      ['c', 1, 25],
    ]);
    expect(Math.round(tree.total_ms)).toBe(40);
  });

  test('a span whose parent has not arrived stands at the root and says so', () => {
    const [node] = spanTree([span('b', 'gone', 0, 1)], []).nodes;
    expect(node).toMatchObject({ depth: 0, orphan: true });
  });

  test('cycles and spans that are their own parent appear once', () => {
    const tree = spanTree([span('a', 'b', 0, 1), span('b', 'a', 0, 1), span('c', 'c', 0, 1)], []);
    expect(tree.nodes.map((node) => node.span.span_id).sort()).toEqual(['a', 'b', 'c']);
  });

  test('logs go to their span; those of unknown spans stay visible', () => {
    const tree = spanTree([span('a', null, 0, 1)], [log('a'), log('zz'), log(null)]);
    expect(tree.nodes[0]!.logs).toHaveLength(1);
    expect(tree.loose_logs).toHaveLength(2);
  });

  test('an exception that passes through its parents is told once, where it began', () => {
    const thrown = (id: string, parent: string | null, at: number): SpanRow => ({
      ...span(id, parent, at, 1),
      events: [{ time: '', name: 'exception', attributes: {} }],
    });
    const tree = spanTree([thrown('a', null, 0), thrown('b', 'a', 1), span('c', 'a', 2, 1), thrown('d', null, 3)], []);
    expect([...deepestExceptions(tree.nodes)].map((node) => node.span.span_id)).toEqual(['b', 'd']);
  });

  test('an exception event is read by its conventional names', () => {
    const events: SpanRow['events'] = [
      {
        time: '',
        name: 'exception',
        attributes: { 'exception.type': 'SqliteError', 'exception.message': 'no such column' },
      },
      { time: '', name: 'cache miss', attributes: {} },
    ];
    expect(exceptionsOf({ events })).toEqual([{ type: 'SqliteError', message: 'no such column', stacktrace: null }]);
  });
});
