import type { Generators } from '../language/template.ts';

/**
 * Random numbers that are the same in every run with the same seed. Each place draws from a stream of its own, so that
 * neither timing nor the number of tries before it changes what comes out.
 * @param place such as `1/steps/3/0`
 */
export function seededGenerators(seed: number, place: string, now: () => number): Generators {
  let state = hash(`${seed}/${place}`);
  return {
    now,
    random() {
      // mulberry32
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state;
}
