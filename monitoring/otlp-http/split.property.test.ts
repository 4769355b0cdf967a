import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeMetrics } from '../otlp/encode-metrics.ts';
import type { DecodedPoint } from '../otlp/index.ts';
import { countItems, decodeMetrics, decodeTraces } from '../otlp/index.ts';
import { spansRecord } from '../testing/payloads.ts';
import { halve } from './split.ts';

const SEED = { seed: 11, numRuns: 100 };

test('the two halves of any request hold its items, once each and in order', () => {
  const groups = fc.array(fc.array(fc.string({ maxLength: 300 }), { maxLength: 6 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(groups, (names) => {
      let id = 1;
      const bytes = Buffer.concat(
        names.map((group, service) => {
          const spans = group.map((name) => ({
            traceId: 'ab'.repeat(16),
            spanId: (id++).toString(16).padStart(16, '0'),
            name,
            startNs: 1n,
            durationNs: 1n,
          }));
          return spansRecord({ position: 0, receivedAt: 0 }, spans, { 'service.name': `s${service}` }).bytes;
        }),
      );
      const halves = halve('traces', bytes);
      const items = countItems('traces', bytes);
      // A lone group beside an empty one is a half as well; what is never cut is a single item.
      if (!halves) return expect(items).toBeLessThan(2);
      expect(halves.flatMap((half) => decodeTraces(half))).toEqual(decodeTraces(bytes));
    }),
    SEED,
  );
});

test('points of metrics likewise', () => {
  const point = fc.record({ name: fc.constantFrom('a', 'b'), value: fc.integer(), service: fc.constantFrom('x', 'y') });
  fc.assert(
    fc.property(fc.array(point, { minLength: 2, maxLength: 30 }), (seeds) => {
      const resources = { x: { 'service.name': 'x' }, y: { 'service.name': 'y' } };
      const points = seeds.map(({ name, value, service }): DecodedPoint => {
        const base = { name, unit: '', description: '', timeNs: 1n, startNs: 0n, attributes: {} };
        return { type: 'gauge', ...base, value, resource: resources[service as 'x' | 'y'] };
      });
      const bytes = encodeMetrics(points);
      const halves = halve('metrics', bytes)!;
      expect(halves.flatMap((half) => decodeMetrics(half))).toEqual(decodeMetrics(bytes));
      expect(halves.every((half) => countItems('metrics', half) > 0)).toBe(true);
    }),
    SEED,
  );
});

test('bytes that are no request end in an error or in nothing, never in a hang', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        halve('logs', bytes);
      } catch (error) {
        expect((error as Error).name).toBe('OtlpDecodeError');
      }
    }),
    SEED,
  );
});
