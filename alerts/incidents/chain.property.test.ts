import { expect, test } from '@jest/globals';
import { live } from '../testing/random-life.ts';

test('lives drawn at random: nobody is told while something holds, everybody is afterwards, and counts are exact', async () => {
  let pages = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const life = await live(seed, { steps: 40, killAfterCommit: seed * 5, clockSteps: false, databaseFaults: false });
    expect(life.broken).toEqual([]);
    pages += life.pages;
  }
  expect(pages).toBeGreaterThan(50);
});
