import { expect, test } from '@jest/globals';
import type { OnCallShift } from '../../../../control/resources.ts';
import { dayStarts, weeksOf } from './weeks.ts';

const shift = (from: string, to: string): OnCallShift => ({ from, to, users: [], rotation: null, override: null });
const hours = (starts: number[], day: number) => (starts[day + 1]! - starts[day]!) / 3_600_000;

test('four weeks begin on the Monday of the zone, which is another day elsewhere', () => {
  // Sunday evening in New York is Monday in Seoul.
  const now = Date.parse('2026-11-22T23:00:00Z');
  expect(new Date(dayStarts(now, 'Asia/Seoul')[0]!).toISOString()).toBe('2026-11-22T15:00:00.000Z');
  expect(new Date(dayStarts(now, 'America/New_York')[0]!).toISOString()).toBe('2026-11-16T05:00:00.000Z');
  expect(dayStarts(now, 'UTC')).toHaveLength(29);
});

test('days around a clock change are 23 or 25 hours long', () => {
  const autumn = dayStarts(Date.parse('2026-10-28T12:00:00Z'), 'America/New_York');
  expect([hours(autumn, 5), hours(autumn, 6), hours(autumn, 7)]).toEqual([24, 25, 24]);
  const spring = dayStarts(Date.parse('2026-03-25T12:00:00Z'), 'Europe/Berlin');
  expect([hours(spring, 5), hours(spring, 6), hours(spring, 7)]).toEqual([24, 23, 24]);
});

test('a midnight that does not exist is the moment at which the clock was set', () => {
  // Beirut: 2026-03-29 begins at 01:00.
  const starts = dayStarts(Date.parse('2026-03-25T12:00:00Z'), 'Asia/Beirut');
  expect(starts.slice(5, 8).map((start) => new Date(start).toISOString())).toEqual([
    '2026-03-27T22:00:00.000Z',
    '2026-03-28T22:00:00.000Z',
    '2026-03-29T21:00:00.000Z',
  ]);
});

test('a shift over the end of a week is in both, and fills every week without gap', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  const starts = dayStarts(now, 'UTC');
  const shifts = [
    shift('2026-11-23T00:00:00Z', '2026-11-28T12:00:00Z'),
    shift('2026-11-28T12:00:00Z', '2026-12-21T00:00:00Z'),
  ];
  const weeks = weeksOf(shifts, starts, now);
  expect(weeks[0]!.pieces.map(({ from, to }) => [from, to])).toEqual([
    [0, 5.5 / 7],
    [5.5 / 7, 1],
  ]);
  expect(weeks.slice(1).map(({ pieces }) => pieces.map(({ from, to }) => [from, to]))).toEqual([
    [[0, 1]],
    [[0, 1]],
    [[0, 1]],
  ]);
  expect(weeks.map((week) => week.now)).toEqual([2.5 / 7, null, null, null]);
});
