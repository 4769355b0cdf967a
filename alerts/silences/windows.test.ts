import { describe, expect, test } from '@jest/globals';
import { nextChange, windowAt } from './windows.ts';

const HOUR = 3_600_000;
const window = (cron: string, timezone: string, hours: number) => ({
  schedule: { cron, timezone, duration_ms: hours * HOUR },
});
const shown = (stretch: { from: number; until: number } | null) =>
  stretch && [stretch.from, stretch.until].map((at) => new Date(at).toISOString().slice(0, 16)).join('/');

describe('a maintenance window', () => {
  const nightly = window('0 2 * * *', 'Europe/Berlin', 2);

  test.each<[string, string, string | null]>([
    ['before', '2026-11-23T00:59:59Z', null],
    ['at its begin', '2026-11-23T01:00:00Z', '2026-11-23T01:00/2026-11-23T03:00'],
    ['within', '2026-11-23T02:30:00Z', '2026-11-23T01:00/2026-11-23T03:00'],
    ['at its end', '2026-11-23T03:00:00Z', null],
    // 02:00 does not exist on this day: it begins where the gap ends.
    ['in the spring gap', '2026-03-29T01:30:00Z', '2026-03-29T01:00/2026-03-29T03:00'],
    // 02:00 is shown twice on this day: it begins the first time, and lasts two hours all the same.
    ['in the autumn hour that comes twice', '2026-10-25T00:30:00Z', '2026-10-25T00:00/2026-10-25T02:00'],
    ['after the autumn hour', '2026-10-25T02:00:00Z', null],
  ])('%s', (_name, at, expected) => {
    expect(shown(windowAt(nightly, Date.parse(at)))).toBe(expected);
  });

  test('of which one begins before the other ends is one stretch', () => {
    expect(shown(windowAt(window('0 2,3 * * *', 'UTC', 2), Date.parse('2026-11-23T02:30:00Z')))).toBe(
      '2026-11-23T02:00/2026-11-23T05:00',
    );
  });

  test('once', () => {
    const once = { schedule: { starts_at: '2026-11-23T02:00:00Z', ends_at: '2026-11-23T04:00:00Z' } };
    expect(windowAt(once, Date.parse('2026-11-23T01:59:59Z'))).toBeNull();
    expect(shown(windowAt(once, Date.parse('2026-11-23T03:00:00Z')))).toBe('2026-11-23T02:00/2026-11-23T04:00');
    expect(nextChange(once, Date.parse('2026-11-23T01:00:00Z'))).toBe(Date.parse('2026-11-23T02:00:00Z'));
    expect(nextChange(once, Date.parse('2026-11-23T02:00:00Z'))).toBe(Date.parse('2026-11-23T04:00:00Z'));
    expect(nextChange(once, Date.parse('2026-11-23T04:00:00Z'))).toBe(Number.POSITIVE_INFINITY);
  });

  test('says when it next begins or ends', () => {
    expect(nextChange(nightly, Date.parse('2026-11-23T00:00:00Z'))).toBe(Date.parse('2026-11-23T01:00:00Z'));
    expect(nextChange(nightly, Date.parse('2026-11-23T01:00:00Z'))).toBe(Date.parse('2026-11-23T03:00:00Z'));
    expect(nextChange(nightly, Date.parse('2026-11-23T03:00:00Z'))).toBe(Date.parse('2026-11-24T01:00:00Z'));
  });
});

test('through a year in three zones it holds exactly as long as it was planned', () => {
  for (const timezone of ['Asia/Seoul', 'Europe/Berlin', 'America/New_York']) {
    const nightly = window('30 2 * * *', timezone, 1);
    let held = 0;
    const end = Date.UTC(2027, 0, 1);
    for (let at = Date.UTC(2026, 0, 1); at < end; at += 10 * 60_000) if (windowAt(nightly, at)) held++;
    expect(held).toBe(365 * 6);
  }
});
