import { expect, test } from '@jest/globals';
import { runSpanId, spanId, systemEntropy, traceId, uuidV7 } from './ids.ts';

test('a run has a UUID of version 7 that sorts by time, and a span of its own', () => {
  const id = uuidV7(Date.UTC(2026, 10, 23), systemEntropy);
  expect(id).toMatch(/^01[0-9a-f]{6}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidV7(Date.UTC(2026, 10, 23) + 1, () => '0'.repeat(19)) > id).toBe(true);
  expect(runSpanId(id)).toMatch(/^[89ab][0-9a-f]{15}$/);
});

test('no id is all zero, and none comes twice', () => {
  expect(traceId(() => '0'.repeat(32))).toBe(`${'0'.repeat(31)}1`);
  expect(spanId(() => '0'.repeat(16))).toBe(`${'0'.repeat(15)}1`);
  const ids = Array.from({ length: 5_000 }, () => spanId(systemEntropy));
  expect(new Set(ids).size).toBe(5_000);
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
});
