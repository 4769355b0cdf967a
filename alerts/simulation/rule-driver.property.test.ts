import { expect, test } from '@jest/globals';
import { END_MS, everyTurn, whatMatters } from './testing/rule-turns.ts';

const SEEDS = 3;

test('leaving evaluations out tells the desk what evaluating at every turn tells it, at the same times', async () => {
  let told = 0;
  let looked = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const expected = await everyTurn(seed);
    const { heard, looks } = await whatMatters(seed);
    expect({ seed, heard: heard.sort() }).toEqual({ seed, heard: expected.sort() });
    told += heard.length;
    looked += looks;
  }
  // Otherwise nothing was compared, or nothing left out.
  expect(told).toBeGreaterThan(100);
  expect(looked).toBeLessThan((SEEDS * END_MS) / 15_000);
});
