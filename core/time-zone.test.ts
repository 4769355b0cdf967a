import { expect, test } from '@jest/globals';
import { isTimeZone, timeZone } from './time-zone.ts';

const instant = (zone: string, local: string) =>
  new Date(timeZone(zone).instantOf(Date.parse(`${local}Z`))).toISOString();

test('a local time is the instant at which the clocks show it', () => {
  expect(instant('Asia/Seoul', '2026-11-02T09:00')).toBe('2026-11-02T00:00:00.000Z');
  expect(instant('America/New_York', '2026-07-01T00:30')).toBe('2026-07-01T04:30:00.000Z');
});

test('one that the clocks skip is the end of the gap', () => {
  for (const local of ['2026-03-29T02:00', '2026-03-29T02:30', '2026-03-29T03:00'])
    expect(instant('Europe/Berlin', local)).toBe('2026-03-29T01:00:00.000Z');
  expect(instant('Europe/Berlin', '2026-03-29T03:10')).toBe('2026-03-29T01:10:00.000Z');
  // Half an hour, and at 2:00.
  expect(instant('Australia/Lord_Howe', '2026-10-04T02:15')).toBe('2026-10-03T15:30:00.000Z');
});

test('one that the clocks repeat is its first showing', () => {
  expect(instant('Europe/Berlin', '2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z');
  expect(instant('Europe/Berlin', '2026-10-25T03:00')).toBe('2026-10-25T02:00:00.000Z');
  expect(instant('Australia/Lord_Howe', '2026-04-05T01:45')).toBe('2026-04-04T14:45:00.000Z');
});

test('later local times never give earlier instants, in zones that change at midnight too', () => {
  for (const zone of ['America/Havana', 'Africa/Cairo', 'Asia/Beirut', 'Pacific/Chatham', 'America/Nuuk']) {
    const backwards: string[] = [];
    let last = Number.NEGATIVE_INFINITY;
    for (let local = Date.UTC(2026, 0, 1); local < Date.UTC(2027, 0, 1); local += 1_800_000) {
      const at = timeZone(zone).instantOf(local);
      if (at < last) backwards.push(new Date(local).toISOString());
      last = at;
    }
    expect({ zone, backwards }).toEqual({ zone, backwards: [] });
  }
});

test('names of zones are told from offsets and from what is no zone', () => {
  expect(['Asia/Seoul', 'UTC', 'Europe/Kyiv'].map(isTimeZone)).toEqual([true, true, true]);
  expect(['+09:00', 'Mars/Base', '', 'Asia'].map(isTimeZone)).toEqual([false, false, false, false]);
});
