import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { type DecodedPoint, decodeMetrics, encodeMetrics, inspect } from '../../otlp/index.ts';
import { foreignMetrics } from '../../otlp/testing/foreign-payloads.ts';
import { walkStatsd } from '../../statsd/index.ts';
import type { Attributes } from '../../telemetry.ts';
import { CardinalityGuard } from './cardinality.ts';
import { mayKeepTags } from './limit-line.ts';
import { limitPoints } from './limit-points.ts';

const HOUR = 3_600_000;

function guard(options: { maxTagSets?: number; maxInAll?: number } = {}) {
  const clock = new VirtualClock();
  const made = new CardinalityGuard({ clock, maxTagSets: 3, ...options });
  const admits = (line: string) => {
    const packet = Buffer.from(line);
    let kept: boolean | undefined;
    walkStatsd(packet, (start, end, tagsAt) => {
      kept = tagsAt < 0 || mayKeepTags(made, packet, start, end, tagsAt);
    });
    return kept;
  };
  return { clock, made, admits };
}

describe('tag sets of a metric', () => {
  test('up to the limit are kept, known ones for ever, and each metric has its own limit', () => {
    const { made, admits } = guard();
    const sets = (metric: string) => [1, 2, 3, 4, 5].map((user) => admits(`${metric}:1|c|#user:${user}`));
    expect(sets('a')).toEqual([true, true, true, false, false]);
    expect(sets('a')).toEqual([true, true, true, false, false]);
    expect(sets('b')).toEqual([true, true, true, false, false]);
    expect(admits('a:1|c')).toBe(true);
    // The value, the rate and the type are no part of it.
    expect(admits('a:17|ms|@0.5|#user:1|T1656581400')).toBe(true);
    expect(made.overflowed).toBe(6);
    expect(made.worst()).toEqual([
      { metric: 'a', items: 4 },
      { metric: 'b', items: 2 },
    ]);
  });

  test('that are seen no more make room within two hours, those that go on stay', async () => {
    const { clock, made, admits } = guard();
    const kept = (users: number[]) => users.filter((user) => admits(`a:1|c|#user:${user}`));
    expect(kept([1, 2, 3, 4])).toEqual([1, 2, 3]);
    for (let hour = 0; hour < 2; hour++) {
      await clock.advance(HOUR);
      made.advance();
      expect(kept([1])).toEqual([1]);
      if (hour === 0) expect(kept([4])).toEqual([]);
    }
    expect(kept([4, 5, 6])).toEqual([4, 5]);
    expect(made.worst()).toEqual([{ metric: 'a', items: 3 }]);
    for (let hour = 0; hour < 3; hour++) {
      await clock.advance(HOUR);
      made.advance();
    }
    expect(made.worst()).toEqual([]);
    expect(kept([7, 8, 9, 10])).toEqual([7, 8, 9]);
  });

  test('of all metrics together are bounded, and so are the names', () => {
    const { made, admits } = guard({ maxInAll: 10 });
    const kept = Array.from({ length: 20 }, (_, index) => admits(`metric.${index}:1|c|#k:v`));
    expect(kept.filter(Boolean)).toHaveLength(10);
    expect(made.worst()).toHaveLength(10);
    const names = guard({ maxTagSets: 5 });
    let admitted = 0;
    for (let index = 0; index < 60_000; index++) if (names.admits(`metric.${index}:1|c|#k:v`)) admitted++;
    // The last 10,000 share one name and its five sets.
    expect(admitted).toBe(50_005);
    expect(names.made.worst()).toEqual([{ metric: 'all other metrics', items: 9_995 }]);
  });
});

describe('data points of a request', () => {
  const OVERFLOW = { 'otel.metric.overflow': true };
  const resource = { 'service.name': 'shop' };
  const base = { unit: 'ms', description: 'd', timeNs: 5n, startNs: 4n, resource };
  const buckets = { offset: -1, counts: [1, 2] };
  const totals = { count: 3, sum: 4, min: 1, max: 2, temporality: 'delta' as const };
  function onePerKind(attributes: Attributes): DecodedPoint[] {
    return [
      { ...base, name: 'g', attributes, type: 'gauge', value: 1 },
      { ...base, name: 's', attributes, type: 'sum', temporality: 'delta', monotonic: true, value: 1 },
      { ...base, name: 'h', attributes, type: 'histogram', ...totals, bounds: [1], bucketCounts: [1, 2] },
      {
        ...base,
        name: 'e',
        attributes,
        type: 'exponential_histogram',
        ...totals,
        scale: 3,
        zeroCount: 0,
        zeroThreshold: 0,
        positive: buckets,
        negative: { offset: 0, counts: [] },
      },
      { ...base, name: 'q', attributes, type: 'summary', count: 2, sum: 3, quantiles: [{ quantile: 0.5, value: 1 }] },
    ];
  }

  test('of every kind keep everything but their attributes', () => {
    const { made } = guard({ maxTagSets: 1 });
    const first = encodeMetrics(onePerKind({ user: 'kim', shop: 1 }));
    expect(limitPoints(first, made)).toBe(first);
    expect(limitPoints(first, made)).toBe(first);
    const second = encodeMetrics([
      ...onePerKind({ user: 'lee', shop: 1 }),
      ...onePerKind({}),
      ...onePerKind({ user: 'kim', shop: 1 }),
    ]);
    const limited = limitPoints(second, made);
    expect(inspect('metrics', limited)).toMatchObject({ items: 15, invalid: 0 });
    expect(decodeMetrics(limited)).toEqual([
      ...onePerKind(OVERFLOW),
      ...onePerKind({}),
      ...onePerKind({ user: 'kim', shop: 1 }),
    ]);
    expect(made.overflowed).toBe(5);
    expect(
      made
        .worst()
        .map(({ metric }) => metric)
        .sort(),
    ).toEqual(['e', 'g', 'h', 'q', 's']);
  });

  test('written by OpenTelemetry are told apart by their attributes alone, not by resource or value', () => {
    const { made } = guard({ maxTagSets: 2 });
    const request = (host: string, indexes: number[]) =>
      foreignMetrics(
        [
          {
            descriptor: { name: 'requests', unit: '1', description: '', valueType: 0, advice: {} },
            dataPointType: 3,
            aggregationTemporality: 1,
            isMonotonic: true,
            dataPoints: indexes.map((index) => ({
              startTime: [1_700_000_000, 0],
              endTime: [1_700_000_001, index],
              attributes: { index },
              value: index,
            })),
          },
        ],
        { 'host.name': host },
      ).protobuf;
    const attributes = (bytes: Uint8Array) => decodeMetrics(limitPoints(bytes, made)).map((point) => point.attributes);
    expect(attributes(request('a', [1, 2]))).toEqual([{ index: 1 }, { index: 2 }]);
    expect(attributes(request('b', [2, 3, 1]))).toEqual([{ index: 2 }, OVERFLOW, { index: 1 }]);
  });
});
