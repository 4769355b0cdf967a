import { expect, test } from '@jest/globals';
import { readPng } from '../../core/testing/read-png.ts';
import { type PicturedRun, runPicture } from './run-picture.ts';

const WORDS: Record<string, string> = {
  '18,128,92': 'green',
  '217,45,32': 'red',
  '208,213,221': 'grey',
  '16,24,40': 'ink',
};

/** What stands in the column of a run, the newest being number 59: how many dots of which colour. */
function column(runs: readonly PicturedRun[], number: number): Record<string, number> {
  const { palette, dots } = readPng(runPicture(runs));
  const found: Record<string, number> = {};
  for (const row of dots.slice(0, 102))
    count(found, WORDS[String(palette[row[Math.round(6 + (number + 0.5) * 9.8)]!])]);
  for (const row of dots.slice(103)) count(found, WORDS[String(palette[row[Math.round(6 + (number + 0.5) * 9.8)]!])]);
  return found;
}

function count(found: Record<string, number>, word: string | undefined): void {
  if (word !== undefined) found[word] = (found[word] ?? 0) + 1;
}

const run = (status: PicturedRun['status'], duration_ms: number): PicturedRun => ({ status, duration_ms });

test('a bar is as high as its run took long, and one that failed has a mark besides its colour', () => {
  const runs = [run('passed', 100), run('passed', 50), run('skipped', 0), run('error', 50), run('failed', 100)];
  expect(column(runs, 55)).toEqual({ green: 96 });
  expect(column(runs, 56)).toEqual({ green: 48 });
  expect(column(runs, 57)).toEqual({ grey: 3 });
  expect(column(runs, 58)).toEqual({ red: 48, ink: 6 });
  expect(column(runs, 59)).toEqual({ red: 96, ink: 6 });
  expect(column(runs, 54)).toEqual({});
});

test('of many runs the newest sixty are shown; runs that took no time are seen, too', () => {
  const runs = [
    ...Array.from({ length: 40 }, () => run('failed', 9_000)),
    ...Array.from({ length: 60 }, () => run('passed', 0)),
  ];
  for (const number of [0, 30, 59]) expect(column(runs, number)).toEqual({ green: 3 });
});
