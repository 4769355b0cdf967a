import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DecodedPoint, decodeTraces } from '../../otlp/index.ts';
import { spansRecord } from '../../testing/payloads.ts';
import { Deltas } from './deltas.ts';
import { fitToLimits } from './fit-to-limits.ts';
import { LIMITS } from './limits.ts';

const SEED = { seed: 5, numRuns: 60 };

test('whatever attributes come: all fit afterwards, what fitted before is untouched, and fitting again changes nothing', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc
      .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }), fc.integer({ min: 1_000, max: 3_000 }))
      .map(([unit, times]) => unit.repeat(times)),
  );
  const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 80 }));
  const name = fc.oneof(
    { weight: 9, arbitrary: fc.string({ minLength: 1, maxLength: 10 }) },
    { weight: 1, arbitrary: fc.constant('n'.repeat(300)) },
  );
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 12 }), (attributes) => {
      const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startNs: 1n, durationNs: 1n, attributes };
      const { bytes } = spansRecord({ position: 0, receivedAt: 0 }, [span], { 'service.name': 'shop' });
      const cuts = { values: 0, attributes: 0 };
      const fitted = fitToLimits('traces', bytes, cuts);
      const [before] = decodeTraces(bytes);
      const [after] = decodeTraces(fitted);
      expect({ ...after, attributes: {} }).toEqual({ ...before, attributes: {} });
      for (const [key, kept] of Object.entries(after!.attributes)) {
        const texts = Array.isArray(kept) ? kept : [kept];
        for (const one of texts)
          if (typeof one === 'string') expect(one.length).toBeLessThanOrEqual(LIMITS.attributeValue);
        expect(key.length).toBeLessThanOrEqual(LIMITS.attributeName);
        expect(texts.length).toBeLessThanOrEqual(LIMITS.arrayEntries);
      }
      if (cuts.values === 0 && cuts.attributes === 0) expect(fitted).toBe(bytes);
      expect(fitToLimits('traces', fitted, { values: 0, attributes: 0 })).toBe(fitted);
    }),
    SEED,
  );
});

test('what a counter grew by adds up to where it stands, through restarts of its sender', () => {
  const run = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), (runs) => {
      const deltas = new Deltas();
      let timeNs = 0n;
      let grown = 0;
      let counted = 0;
      let isFirst = true;
      for (const steps of runs) {
        const startNs = ++timeNs;
        let value = 0;
        for (const step of steps) {
          value += step;
          const point = deltas.of({
            type: 'sum',
            name: 'n',
            unit: '',
            description: '',
            timeNs: ++timeNs,
            startNs,
            attributes: {},
            resource: {},
            temporality: 'cumulative',
            monotonic: true,
            value,
          } satisfies DecodedPoint);
          // The very first point is the base line.
          if (!isFirst) grown += step;
          isFirst = false;
          if (point?.type === 'sum') counted += point.value!;
        }
      }
      expect(counted).toBe(grown);
    }),
    SEED,
  );
});
