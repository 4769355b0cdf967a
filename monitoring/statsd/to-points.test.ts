import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DecodedPoint, decodeMetrics, type ExponentialHistogramPoint, encodeMetrics } from '../otlp/index.ts';
import { statsdRecord } from '../testing/payloads.ts';
import { countStatsd, GaugeState, parseStatsd, statsdToPoints } from './index.ts';

const RECEIVED_AT = 1_790_000_000_123;
const points = (lines: string[], state = new GaugeState(), position = 0) =>
  statsdToPoints(statsdRecord({ position, receivedAt: RECEIVED_AT }, lines), state);
const gauges = (found: DecodedPoint[]) => found.map((point) => (point.type === 'gauge' ? point.value : undefined));

test('lines are summed by type, name and tags, whatever the order of the tags', () => {
  const found = points([
    'orders:2|c|#shop:a,env:prod',
    'orders:3|c|@0.5|#env:prod,shop:a',
    'orders:1|c|#env:prod,shop:b',
    'orders:7|g',
    'nonsense',
  ]);
  const base = { unit: '', description: '', timeNs: 1_790_000_000_123_000_000n, startNs: 0n, resource: {} };
  const sum = { ...base, type: 'sum', name: 'orders', temporality: 'delta', monotonic: true };
  expect(found).toEqual([
    { ...sum, attributes: { env: 'prod', shop: 'a' }, value: 8 },
    { ...sum, attributes: { env: 'prod', shop: 'b' }, value: 1 },
    { ...base, type: 'gauge', name: 'orders', attributes: {}, value: 7 },
  ]);
  expect(Object.keys(found[0]!.attributes)).toEqual(['env', 'shop']);
  expect(countStatsd(Buffer.from('orders:2|c\nnonsense\norders:3|c'))).toBe(2);
});

test('a set is the number of its distinct members; a counter that fell is not monotonic; a line may bring its time', () => {
  expect(
    points(['users:kim|s', 'users:lee|s', 'users:kim|s', 'stock:-4|c', 'old:1|c|T1656581400', 'old:1|c']),
  ).toMatchObject([
    { type: 'gauge', name: 'users', value: 2 },
    { type: 'sum', name: 'stock', monotonic: false, value: -4 },
    { name: 'old', timeNs: 1_656_581_400_000_000_000n },
    { name: 'old', timeNs: 1_790_000_000_123_000_000n },
  ]);
  expect(points(['far:1|c|T999999999999'])[0]!.timeNs).toBeLessThan(2n ** 64n);
});

describe('a gauge with a sign', () => {
  test('changes what earlier records left', () => {
    const state = new GaugeState();
    expect(gauges(points(['fuel:10|g', 'fuel:-4|g'], state, 0))).toEqual([6]);
    expect(gauges(points(['fuel:+1|g', 'fuel:+1|g|T5', 'other:-1|g'], state, 1))).toEqual([7, 8, -1]);
    expect(gauges(points(['fuel:2|g'], state, 2))).toEqual([2]);
    expect(gauges(points(['fuel:+1|g'], state, 3))).toEqual([3]);
  });

  test('comes out the same when its record comes again, alone or among later ones', () => {
    const state = new GaugeState();
    const all = () => [0, 1, 2].flatMap((position) => gauges(points(['fuel:+1|g'], state, position)));
    expect(all()).toEqual([1, 2, 3]);
    expect(all()).toEqual([1, 2, 3]);
    expect(gauges(points(['fuel:+1|g'], state, 1))).toEqual([2]);
    expect(gauges(points(['fuel:+1|g'], state, 3))).toEqual([4]);
  });

  test('remembers a bounded number of levels, the last one of each gauge last of all', () => {
    const state = new GaugeState();
    for (let position = 0; position < 400_010; position++) state.setLevel(`${position % 10}`, position, position);
    expect(state.levelBefore('3', 400_010)).toBe(400_003);
    expect(state.levelBefore('3', 5)).toBe(0);
    for (let gauge = 0; gauge < 60_000; gauge++) state.setLevel(`new ${gauge}`, 1, 1);
    expect(state.levelBefore('3', 400_010)).toBe(0);
    expect(state.levelBefore('new 59999', 2)).toBe(1);
  });
});

describe('a timer', () => {
  const histogram = (lines: string[]) => points(lines)[0] as ExponentialHistogramPoint;
  /** Every value is within its bucket's bounds; bounds are 2^(2^-scale) apart. */
  function valuesOf({ scale, zeroCount, positive, negative }: ExponentialHistogramPoint): number[] {
    const bound = (index: number) => 2 ** (index / 2 ** scale);
    const spread = ({ offset, counts }: { offset: number; counts: number[] }, sign: number) =>
      counts.flatMap((count, index) => Array<number>(count).fill(sign * bound(offset + index + 0.5)));
    return [...spread(negative, -1), ...Array<number>(zeroCount).fill(0), ...spread(positive, 1)].sort((a, b) => a - b);
  }

  test('becomes an exponential histogram that keeps each value within 0.55 %', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 }), (values) => {
        const found = histogram(values.map((value) => `t:${value / 100}|ms`));
        const sorted = values.map((value) => value / 100).sort((a, b) => a - b);
        expect(found).toMatchObject({ scale: 6, unit: 'ms', count: values.length, min: sorted[0], max: sorted.at(-1) });
        if (sorted[0]! < 0) expect(found.sum).toBeNull();
        else
          expect(found.sum).toBeCloseTo(
            sorted.reduce((sum, value) => sum + value, 0),
            5,
          );
        for (const [index, value] of valuesOf(found).entries()) {
          expect(Math.abs(value - sorted[index]!)).toBeLessThanOrEqual(Math.abs(sorted[index]!) * 0.0055);
        }
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test('ends its bucket at a power of two, weighs what was sampled, and rounds to whole numbers', () => {
    expect(histogram(['t:1|ms', 't:2|ms', 't:2|ms'])).toMatchObject({
      count: 3,
      positive: { offset: -1, counts: [1, ...Array<number>(63).fill(0), 2] },
    });
    expect(histogram(['t:0|h|@0.3', 't:8|h|@0.3'])).toMatchObject({ count: 6, zeroCount: 3, unit: '' });
    expect(histogram(['t:1:2:4|d'])).toMatchObject({ count: 3, sum: 7 });
  });

  test('that spreads over every magnitude gets wider buckets, not more of them', () => {
    const found = histogram(['t:1e-300|ms', 't:1|ms', 't:1e300|ms', 't:-1e300|ms']);
    expect(found.positive.counts.length).toBeLessThanOrEqual(4_096);
    expect(found.count).toBe(4);
    expect(found.scale).toBeLessThan(6);
    expect(found).toMatchObject({ sum: null, min: -1e300, max: 1e300 });
  });
});

test('every well-formed line is in a point that OTLP can carry', () => {
  const line = fc
    .tuple(
      fc.constantFrom('a', 'b.c', '__proto__'),
      fc.constantFrom('1', '-3', '+2', '0', '1e308', '0.5', '4:5', 'kim'),
      fc.constantFrom('c', 'g', 'ms', 'h', 'd', 's'),
      fc.constantFrom('', '|@0.1', '|#k:v', '|#__proto__:x,b', '|T1656581400'),
    )
    .map(([name, value, type, rest]) => `${name}:${value}|${type}${rest}`);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const found = points(lines);
      expect(found.length === 0).toBe(!lines.some((one) => parseStatsd(one)));
      for (const point of found) {
        if ('value' in point) expect(Number.isFinite(point.value)).toBe(true);
        if ('count' in point) expect(Number.isSafeInteger(point.count)).toBe(true);
      }
      expect(decodeMetrics(encodeMetrics(found))).toEqual(found);
    }),
    { seed: 9, numRuns: 300 },
  );
});
