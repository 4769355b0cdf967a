import { expect, test } from '@jest/globals';
import { compareTurns } from './testing/rule-turns.ts';

test('leaving evaluations out tells the desk what evaluating at every turn tells it, at the same times', async () => {
  const { told, looked } = await compareTurns(3);
  // Otherwise nothing was compared, or nothing left out.
  expect(told).toBeGreaterThan(100);
  expect(looked).toBeLessThan(1);
});
