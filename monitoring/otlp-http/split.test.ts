import { describe, expect, test } from '@jest/globals';
import { decodeMetrics, decodeTraces } from '../otlp/index.ts';
import { metricsRecord, spansRecord } from '../testing/payloads.ts';
import { double, fixed64, integer, message, text } from '../testing/protobuf.ts';
import { halve } from './split.ts';

const placed = { position: 0, receivedAt: 0 };
const span = (id: number, name = 'GET /') => ({
  traceId: 'ab'.repeat(16),
  spanId: id.toString(16).padStart(16, '0'),
  name,
  startNs: 1n,
  durationNs: 1n,
});

describe('a request is cut in two', () => {
  test('down to single items, which keep all that is told of them', () => {
    const whole = spansRecord(
      placed,
      [1, 2, 3, 4, 5].map((id) => span(id)),
      { 'service.name': 'shop' },
    ).bytes;
    const pieces: Uint8Array[] = [];
    const cut = (bytes: Uint8Array): void => {
      const halves = halve('traces', bytes);
      if (halves) halves.forEach(cut);
      else pieces.push(bytes);
    };
    cut(whole);
    expect(pieces).toHaveLength(5);
    expect(pieces.flatMap((piece) => decodeTraces(piece))).toEqual(decodeTraces(whole));
  });

  test('by size, not by number', () => {
    const spans = [span(1, 'x'.repeat(1_000)), ...[2, 3, 4, 5, 6, 7].map((id) => span(id))];
    const [first, second] = halve('traces', spansRecord(placed, spans, {}).bytes)!;
    expect(decodeTraces(first)).toHaveLength(1);
    expect(decodeTraces(second)).toHaveLength(6);
  });

  test('also between services', () => {
    const one = spansRecord(placed, [span(1)], { 'service.name': 'one' }).bytes;
    const other = spansRecord(placed, [span(2)], { 'service.name': 'other' }).bytes;
    const halves = halve('traces', Buffer.concat([one, other]))!;
    expect(halves.map((half) => decodeTraces(half)[0]!.resource['service.name'])).toEqual(['one', 'other']);
  });

  test('also between the points of one metric, whose name, unit and temporality both halves tell', () => {
    const point = (value: number) => message(1, fixed64(3, 7n), double(4, value));
    const sum = message(7, point(1), point(2), point(3), integer(2, 1), integer(3, 1));
    const bytes = message(1, message(2, message(2, text(1, 'orders'), text(3, '{order}'), sum)));
    const halves = halve('metrics', bytes)!;
    expect(halves.flatMap((half) => decodeMetrics(half))).toEqual(decodeMetrics(bytes));
    expect(halves.map((half) => decodeMetrics(half).length)).toEqual([1, 2]);
    expect(decodeMetrics(halves[1])[0]).toMatchObject({ name: 'orders', unit: '{order}', temporality: 'delta' });
  });

  test('unless it holds one item, or none', () => {
    expect(halve('traces', spansRecord(placed, [span(1)], {}).bytes)).toBeUndefined();
    expect(halve('traces', new Uint8Array())).toBeUndefined();
    const metric = metricsRecord(placed, [{ name: 'a', type: 'gauge', value: 1, timeNs: 1n }], {});
    expect(halve('metrics', metric.bytes)).toBeUndefined();
  });
});
