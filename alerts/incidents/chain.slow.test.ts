import { expect, test } from '@jest/globals';
import { live } from '../testing/random-life.ts';

/** More of them for a long run: a hundred of each take two minutes. */
const SEEDS = Number(process.env.RINGDOWN_CHAIN_SEEDS ?? 110);

test.each([
  ['killed right after a commit', { clockSteps: false, databaseFaults: false }],
  ['with a database that fails, and a clock that is set', { clockSteps: true, databaseFaults: true }],
])(
  `${SEEDS} lives drawn at random, %s: nothing is lost, nobody is told while something holds, counts are exact`,
  async (_name, faults) => {
    let [pages, restarts] = [0, 0];
    const broken: string[] = [];
    for (let seed = 1_000; seed < 1_000 + SEEDS; seed++) {
      const life = await live(seed, { steps: 60, killAfterCommit: 1 + (seed % 60), ...faults });
      broken.push(...life.broken);
      pages += life.pages;
      restarts += life.restarts;
    }
    expect(broken).toEqual([]);
    process.stdout.write(`${SEEDS} lives, ${restarts} restarts, ${pages} attempts to page, nothing broken\n`);
  },
);
