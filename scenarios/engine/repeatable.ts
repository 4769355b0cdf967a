import type { Generators } from '../language/template.ts';

/**
 * Random numbers that are the same in every run with the same seed. Each place draws from a stream of its own, so that
 * neither timing nor the number of tries before it changes what comes out. With 128 bits of state no two of the thousands
 * of places of a run share a stream: rows of data must not get each other's UUIDs.
 * @param place such as `1/steps/3/0`
 */
export function seededGenerators(seed: number, place: string, now: () => number): Generators {
  const text = `${seed}/${place}`;
  let a = hash(text, 0x811c9dc5);
  let b = hash(text, 0x01234567);
  let c = hash(text, 0x89abcdef);
  let counter = hash(text, 0x5bd1e995);
  // sfc32 (Chris Doty-Humphrey, PractRand).
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // What the hashes still have in common is mixed away.
  for (let round = 0; round < 12; round++) next();
  return { now, random: () => next() / 2 ** 32 };
}

/** FNV-1a with another offset basis for each of the four. */
function hash(text: string, basis: number): number {
  let state = basis;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
    state ^= state >>> 15;
  }
  return state | 0;
}
