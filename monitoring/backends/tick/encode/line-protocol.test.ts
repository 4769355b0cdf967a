import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Point, parseLines } from '../testing/parse-lines.ts';
import { cut, MAX_STRING_BYTES, measurement, quoted, tag, tagPart } from './line-protocol.ts';
import { measurementOf, metricOf, tagOf } from './metric-names.ts';

/** Texts made of what line protocol gives a meaning to. */
const hostile = fc.string({
  unit: fc.constantFrom('a', 'é', '💥', ',', '=', ' ', '"', '\\', '\n', '\r', '\t', '#', "'", '\u0000'),
  minLength: 1,
  maxLength: 12,
});

const one = (line: string): Point => {
  const read = parseLines(line);
  expect(read).toHaveLength(1);
  if ('error' in read[0]!) throw new Error(read[0].error);
  return read[0]!;
};

describe('line protocol', () => {
  test('whatever is written is read back as one point, its field as it was', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (name, key, value, field) => {
        const line = `${measurement(measurementOf(name))}${tag(tagPart(`k${key}`), value)} f=${quoted(field)},n=1i 12`;
        const point = one(line);
        expect(point.fields).toEqual(Object.assign(Object.create(null), { f: field, n: 1n }));
        expect(point.time).toBe(12n);
        expect(Object.keys(point.tags)).toHaveLength(1);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('names and tags come back, but for line ends, and backslashes where they would escape', () => {
    const kept = (text: string) =>
      text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/\\+(?=[,= "]|$)/g, (run) => '/'.repeat(run.length));
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, key, value) => {
        const point = one(`${measurement(`m${name}`)}${tag(tagPart(`k${key}`), value)} n=1i 12`);
        expect(point.measurement).toBe(kept(`m${name}`));
        expect(point.tags[kept(`k${key}`)]).toBe(kept(value));
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  test('an empty tag is left out', () => expect(tag('a', '')).toBe(''));

  test('a string of more than 64 KiB is cut between characters', () => {
    for (const text of ['x'.repeat(70_000), 'é'.repeat(40_000), `a${'💥'.repeat(20_000)}`]) {
      const short = cut(text, MAX_STRING_BYTES);
      expect(Buffer.byteLength(short)).toBeLessThanOrEqual(MAX_STRING_BYTES);
      expect(Buffer.byteLength(short)).toBeGreaterThan(MAX_STRING_BYTES - 20);
      expect(short).toMatch(/[xé💥]…\[cut\]$/u);
      expect(short).not.toContain('\ufffd');
    }
    expect(cut('é'.repeat(30_000), MAX_STRING_BYTES)).toBe('é'.repeat(30_000));
  });

  test('a long tag is cut, and not through a character', () => {
    const value = `${'a'.repeat(255)}💥`;
    expect(tagPart(value)).toBe('a'.repeat(255));
  });
});

describe('names of metrics', () => {
  test('no metric takes a measurement that is ours, and each finds its name again', () => {
    for (const name of [
      '',
      '#comment',
      '_x',
      'spans',
      'logs',
      'annotations',
      'versions',
      'metric.a',
      'orders',
      'a b',
    ]) {
      expect([name, metricOf(measurementOf(name))]).toEqual([name, name]);
    }
    for (const name of ['spans', 'logs', 'annotations', 'traces', 'versions', 'requests_1m']) {
      expect(metricOf(name)).toBeUndefined();
      expect(measurementOf(name)).not.toBe(name);
    }
    expect(measurementOf('#comment')).not.toMatch(/^#/);
  });

  test('what takes a value per request or person is no tag, and tags of ours are not overwritten', () => {
    for (const name of ['url.path', 'url.full', 'client.address', 'user.id', 'trace_id', 'exception.message', '']) {
      expect([name, tagOf(name)]).toEqual([name, undefined]);
    }
    expect(tagOf('http.route')).toBe('http.route');
    for (const name of ['time', 'value', 'metric_type', 'unit']) expect(tagOf(name)).toBe(`${name}_`);
  });
});
