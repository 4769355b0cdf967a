import { expect, test } from '@jest/globals';
import { unexplained } from './ledger.ts';

const row = {
  backend: 'elk',
  type: 'elasticsearch',
  signal: 'traces' as const,
  received: 10,
  delivered: 5,
  pending: 2,
  rejected: 1,
  dropped: 1,
  filtered: 1,
};

test('a ledger that holds leaves nothing unexplained', () => {
  expect(unexplained(row)).toBe(0);
  expect(unexplained({ ...row, delivered: 3 })).toBe(2);
});
