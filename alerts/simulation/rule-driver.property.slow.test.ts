import { expect, test } from '@jest/globals';
import { compareTurns } from './testing/rule-turns.ts';

test('leaving evaluations out tells the desk what evaluating at every turn tells it, at the same times, sixty times over', async () => {
  const { told, looked } = await compareTurns(60);
  // Otherwise nothing was compared, or nothing left out.
  expect(told).toBeGreaterThan(5000);
  expect(looked).toBeLessThan(1);
}, 300_000);
