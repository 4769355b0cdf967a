import { expect, test } from '@jest/globals';
import { seededGenerators } from './repeatable.ts';

const draw = (seed: number, place: string, count = 4) => {
  const { random } = seededGenerators(seed, place, () => 0);
  return Array.from({ length: count }, random);
};

test('the same seed and place give the same numbers, any other of both gives others', () => {
  expect(draw(7, '1/steps/1/0')).toEqual(draw(7, '1/steps/1/0'));
  const others = [draw(8, '1/steps/1/0'), draw(7, '1/steps/2/0'), draw(7, '2/steps/1/0'), draw(-7, '1/steps/1/0')];
  for (const other of others) expect(other).not.toEqual(draw(7, '1/steps/1/0'));
});

test('no two places of many share their numbers', () => {
  const first = new Set<string>();
  for (let row = 1; row <= 1_000; row++) {
    for (let step = 0; step < 50; step++) first.add(draw(42, `1/steps/${row}/${step}`, 2).join());
  }
  expect(first.size).toBe(50_000);
});

test('numbers are spread evenly over [0, 1)', () => {
  const buckets = new Array<number>(10).fill(0);
  for (let place = 0; place < 5_000; place++) {
    for (const number of draw(1, String(place), 2)) buckets[Math.floor(number * 10)]!++;
  }
  for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(120);
});
