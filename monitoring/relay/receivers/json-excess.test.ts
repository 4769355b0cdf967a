import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeJson } from '../../otlp/index.ts';
import { excessOf } from './json-excess.ts';

const MOST = { depth: 320, containers: 1_000 };

function measure(value: unknown): { depth: number; containers: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, containers: 0 };
  const inner = Object.values(value).map(measure);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    containers: 1 + inner.reduce((sum, { containers }) => sum + containers, 0),
  };
}

test('depth and number are those of the parsed text, whatever its strings hold', () => {
  const json = fc.jsonValue({ stringUnit: fc.constantFrom('[', ']', '{', '}', '"', '\\', 'é', ',') });
  fc.assert(
    fc.property(json, fc.boolean(), (value, isSpaced) => {
      const text = Buffer.from(JSON.stringify(value, null, isSpaced ? 2 : 0));
      const { depth, containers } = measure(value);
      expect(excessOf(text, { depth, containers })).toBeUndefined();
      if (containers === 0) return;
      expect(excessOf(text, { depth: depth - 1, containers })).toBe('is nested too deep');
      expect(excessOf(text, { depth, containers: containers - 1 })).toContain('objects and arrays');
    }),
    { seed: 4, numRuns: 500 },
  );
});

test('8 MB of brackets are refused at the first one too many', () => {
  expect(excessOf(Buffer.alloc(8 << 20, '['), MOST)).toBe('is nested too deep');
  expect(excessOf(Buffer.alloc(8 << 20, '[],'), MOST)).toBe('has more than 1000 objects and arrays');
});

test('every value that the protocol lets through is shallow enough', () => {
  const request = (levels: number) => {
    let value: unknown = { intValue: 1 };
    for (let level = 0; level < levels; level++) value = { kvlistValue: { values: [{ key: 'a', value }] } };
    return { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value }] }] }] };
  };
  let levels = 1;
  const isTaken = (json: unknown) => {
    try {
      encodeJson('logs', json);
      return true;
    } catch {
      return false;
    }
  };
  while (isTaken(request(levels + 1))) levels++;
  expect(levels).toBeGreaterThan(50);
  expect(excessOf(Buffer.from(JSON.stringify(request(levels))), MOST)).toBeUndefined();
  expect(isTaken(request(levels + 1))).toBe(false);
});
