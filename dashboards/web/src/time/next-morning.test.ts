import { expect, test } from '@jest/globals';
import { instantOfField, localField, nextMorning } from './next-morning.ts';

test('the next morning is tomorrow at nine, also after midnight and at the end of a year', () => {
  for (const now of ['2026-11-23T14:00', '2026-11-23T00:01', '2026-11-23T23:59'])
    expect(localField(nextMorning(Date.parse(now)))).toBe('2026-11-24T09:00');
  expect(localField(nextMorning(Date.parse('2026-12-31T12:00')))).toBe('2027-01-01T09:00');
});

test('a field and an instant are one another', () => {
  const at = instantOfField('2026-11-24T09:05')!;
  expect(localField(new Date(at))).toBe('2026-11-24T09:05');
  expect(instantOfField('')).toBe(null);
});
