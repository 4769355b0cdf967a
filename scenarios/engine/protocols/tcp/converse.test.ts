import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VirtualClock } from '../../../../core/testing/virtual-clock.ts';
import { converse } from './converse.ts';
import type { Wanted } from './spec.ts';

/** A connection that hands over its bytes in the given pieces, and then no more. */
function saying(text: string, cuts: readonly number[]): Socket {
  const duplex = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const next = at + cuts[turn % cuts.length]!;
    duplex.push(text.slice(at, next));
    at = next;
  }
  duplex.push(null);
  return duplex as unknown as Socket;
}

const limits = (limitBytes: number) => ({ abort: new AbortController().signal, clock: new VirtualClock(), limitBytes });
const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });

test('an answer is the same however it is cut on the way', async () => {
  const wishes: [Wanted, (text: string) => string | null][] = [
    [{ kind: 'until', text: 'ab' }, (text) => (text.includes('ab') ? text.slice(0, text.indexOf('ab') + 2) : null)],
    [{ kind: 'until', text: 'aab' }, (text) => (text.includes('aab') ? text.slice(0, text.indexOf('aab') + 3) : null)],
    [{ kind: 'bytes', count: 5 }, (text) => (text.length >= 5 ? text.slice(0, 5) : null)],
    [{ kind: 'close' }, (text) => text],
  ];
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(letters, cuts, fc.constantFrom(...wishes), async (text, pieces, [wanted, answer]) => {
      const { bytes, ended } = await converse(saying(text, pieces), null, wanted, limits(1_000));
      const enough = answer(text);
      expect([ended, String(bytes)]).toEqual(enough === null ? ['closed', text] : ['enough', enough]);
    }),
    { seed: 3, numRuns: 400 },
  );
});

test('never more than the limit is kept', async () => {
  await fc.assert(
    fc.asyncProperty(cuts, async (pieces) => {
      const { bytes, ended } = await converse(saying('x'.repeat(20), pieces), null, { kind: 'close' }, limits(7));
      expect([ended, bytes.length]).toEqual(['too_large', 7]);
    }),
    { seed: 4, numRuns: 50 },
  );
});
