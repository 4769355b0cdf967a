import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeStatsd, MAX_LINE_LENGTH, parseStatsd, walkStatsd } from './index.ts';

describe('a StatsD line', () => {
  test.each([
    ['page.views:1|c', { name: 'page.views', type: 'counter', values: [1] }],
    ['page.views:1|c|@0.1', { type: 'counter', values: [1], sampleRate: 0.1 }],
    ['fuel:0.5|g', { type: 'gauge', values: [0.5], relative: false }],
    ['fuel:-4|g', { type: 'gauge', values: [-4], relative: true }],
    ['fuel:+4|g', { type: 'gauge', values: [4], relative: true }],
    ['song:240|ms', { type: 'timer', values: [240] }],
    ['song:240|h|@0.5', { type: 'histogram', sampleRate: 0.5 }],
    ['song:1:2:3.5|d', { type: 'distribution', values: [1, 2, 3.5] }],
    ['users:kim:1|s', { type: 'set', member: 'kim:1', values: [] }],
    ['a:1|c|#env:prod,flag,url:http://x', { tags: { env: 'prod', flag: '', url: 'http://x' } }],
    ['a:1|c|c:83c0a99c0a54', { containerId: '83c0a99c0a54' }],
    ['a:1|g|T1656581400', { timestamp: 1656581400 }],
    ['a:1|g|#x:y|c:ci-1|e:it-false|card:low', { tags: { x: 'y' }, containerId: 'ci-1' }],
    ['a:1e3|ms', { values: [1000] }],
  ])('%s is read', (line, expected) => {
    const { tags, ...rest } = parseStatsd(line)!;
    expect({ ...rest, tags: { ...tags } }).toMatchObject(expected);
  });

  test.each([
    '',
    'a',
    'a:1',
    ':1|c',
    'a:|c',
    'a:x|c',
    'a:1|q',
    'a:1|',
    'a:NaN|g',
    'a:Infinity|g',
    'a:1e999|g',
    'a:1|c|@0',
    'a:1|c|@2',
    'a:1|c|@x',
    'a:1|g|Tnow',
    'a:0x10|c',
    'a::1|c',
    '_e{5,4}:title|text',
    '_sc|name|0',
  ])('%s is malformed', (line) => {
    expect(parseStatsd(line)).toBeUndefined();
  });

  test('a line of more than 8 KiB is malformed', () => {
    expect(parseStatsd(`${'a'.repeat(MAX_LINE_LENGTH - 4)}:1|c`)).toBeDefined();
    expect(parseStatsd(`${'a'.repeat(MAX_LINE_LENGTH)}:1|c`)).toBeUndefined();
  });

  test('a tag named __proto__ is a tag', () => {
    expect(Object.keys(parseStatsd('a:1|c|#__proto__:x')!.tags)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('a packet', () => {
  test('packs lines; malformed ones are counted and do not spoil the others', () => {
    const packet = Buffer.from('a:1|c\nnonsense\r\n\nb:2|g|#k:v\r\n:|');
    const lines: string[] = [];
    expect(walkStatsd(packet, (start, end) => lines.push(packet.toString('utf8', start, end)))).toBe(2);
    expect(lines).toEqual(['a:1|c', 'b:2|g|#k:v']);
    expect(decodeStatsd(Buffer.from(lines.join('\n'))).map((metric) => metric.name)).toEqual(['a', 'b']);
  });

  test('the walker and the parser agree on every line', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      '|',
      '#',
      '@',
      '1',
      '-',
      '.',
      '+',
      'c',
      'ms',
      'g',
      's',
      'T',
      'e',
      '_',
      ',',
      'é',
      '0.5',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.boolean(), (pieces, prefixed) => {
        const line = (prefixed ? 'a:1|' : '') + pieces.join('');
        const packet = Buffer.from(line);
        let accepted = 0;
        walkStatsd(packet, () => accepted++);
        expect(accepted).toBe(parseStatsd(line) ? 1 : 0);
      }),
      { numRuns: 3000, seed: 7 },
    );
  });

  test('no bytes whatever make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        let accepted = 0;
        const malformed = walkStatsd(Buffer.from(bytes), () => accepted++);
        expect(malformed + accepted).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 11 },
    );
  });
});
