import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Deframer, frame } from './framing.ts';

test('messages are the same however they are cut on the way', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(frame));
        const deframer = new Deframer(1_000, 10);
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const next = at + cuts[turn % cuts.length]!;
          expect(deframer.take(bytes.subarray(at, next), 'identity')).toBeNull();
          at = next;
        }
        expect(deframer.rest).toBe(0);
        expect(deframer.messages.map((one) => [...one])).toEqual(messages.map((one) => [...one]));
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('whatever bytes come, it takes no more than its limits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      fc.constantFrom('gzip', 'identity'),
      (chunks, encoding) => {
        const deframer = new Deframer(50, 3);
        for (const chunk of chunks) if (deframer.take(Buffer.from(chunk), encoding)) break;
        expect(deframer.messages.length).toBeLessThanOrEqual(3);
        expect(deframer.messages.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(50);
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});

test('a compressed message may not grow past the limit', () => {
  const compressed = (bytes: number) => {
    const framed = frame(gzipSync(Buffer.alloc(bytes)));
    framed[0] = 1;
    return framed;
  };
  expect(new Deframer(10_000, 1).take(compressed(10_000), 'gzip')).toBeNull();
  expect(new Deframer(10_000, 1).take(compressed(10_000_000), 'gzip')).toEqual({ kind: 'too_large' });
});
