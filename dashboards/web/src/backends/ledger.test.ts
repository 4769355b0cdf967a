import { expect, test } from '@jest/globals';
import { healthOf, totalOf, unexplained } from './ledger.ts';

const row = { received: 10, delivered: 5, pending: 2, rejected: 1, dropped: 1, filtered: 1 };

test('a ledger that holds leaves nothing unexplained', () => {
  expect(unexplained(row)).toBe(0);
  expect(unexplained({ ...row, delivered: 3 })).toBe(2);
});

test('what the rows leave unexplained, their total does', () => {
  const rows = [row, { ...row, delivered: 4 }];
  expect(totalOf(rows)).toEqual({ received: 20, delivered: 9, pending: 4, rejected: 2, dropped: 2, filtered: 2 });
  expect(unexplained(totalOf(rows))).toBe(1);
  expect(unexplained(totalOf([]))).toBe(0);
});

test('an open circuit is told apart from a failure that is tried again at once', () => {
  expect(healthOf({ healthy: true, circuit: 'closed' }).tone).toBe('passing');
  expect(healthOf({ healthy: false, circuit: 'closed' }).words).toBe('not delivering');
  expect(healthOf({ healthy: false, circuit: 'open' }).words).toContain('failed too often');
  expect(healthOf({ healthy: false, circuit: 'half_open' })).toEqual({
    tone: 'degraded',
    words: 'being tried with one batch',
  });
});
