import { expect, test } from '@jest/globals';
import { duration } from './syntax.ts';

test.each([
  [500, '500ms'],
  [90_000, '1m30s'],
  [3_900_000, '1h5m'],
  [86_400_000, '1d'],
  [7 * 86_400_000, '1w'],
  [8 * 86_400_000, '8d'],
  [25 * 3_600_000, '1d1h'],
])('%d ms are written as Prometheus writes them: %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
