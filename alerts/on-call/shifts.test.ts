import { describe, expect, test } from '@jest/globals';
import { next, nowAndNext, shifts, whoIsOnCall } from './shifts.ts';
import { scheduleOf } from './testing/written.ts';

const at = (text: string) => Date.parse(text);
const iso = (instant: number) => new Date(instant).toISOString().slice(0, 16);

function listed(schedule: string, from: string, until: string): string[] {
  return shifts(scheduleOf(schedule), at(from), at(until)).map(
    ({ from, until, users, rotation, override }) =>
      `${iso(from)} ${iso(until)} ${users.join('+') || 'nobody'} ${rotation ?? override ?? '-'}`,
  );
}

const WEEKLY = `{ timezone: Asia/Seoul, rotations: [{ name: weekly, users: [ana, bob], every: 1w, start: "2026-11-02T09:00" }] }`;

describe('a rotation', () => {
  test('hands over on the wall clock, and begins with its start', () => {
    expect(listed(WEEKLY, '2026-11-01T00:00Z', '2026-11-17T00:00Z')).toEqual([
      '2026-11-01T00:00 2026-11-02T00:00 nobody -',
      '2026-11-02T00:00 2026-11-09T00:00 ana weekly',
      '2026-11-09T00:00 2026-11-16T00:00 bob weekly',
      '2026-11-16T00:00 2026-11-17T00:00 ana weekly',
    ]);
  });

  test('by the month begins on its day, on the last where the month is shorter', () => {
    const monthly = `{ timezone: UTC, rotations: [{ name: m, users: [ana, bob], every: month, start: "2026-01-31T08:00" }] }`;
    expect(listed(monthly, '2026-01-31T08:00Z', '2026-05-01T00:00Z')).toEqual([
      '2026-01-31T08:00 2026-02-28T08:00 ana m',
      '2026-02-28T08:00 2026-03-31T08:00 bob m',
      '2026-03-31T08:00 2026-04-30T08:00 ana m',
      '2026-04-30T08:00 2026-05-01T00:00 bob m',
    ]);
  });

  test('of several months keeps its day over the end of years', () => {
    const seasons = `{ timezone: UTC, rotations: [{ users: [ana, bob], every: 3 months, start: "2025-11-30T00:00" }] }`;
    expect(listed(seasons, '2025-12-01T00:00Z', '2026-09-01T00:00Z').map((line) => line.slice(0, 16))).toEqual([
      '2025-12-01T00:00',
      '2026-02-28T00:00',
      '2026-05-30T00:00',
      '2026-08-30T00:00',
    ]);
  });

  test('has no turn that lies within a gap of the clocks, and a long one where an hour repeats', () => {
    const hourly = (start: string) =>
      `{ timezone: Europe/Berlin, rotations: [{ name: h, users: [ana, bob, cai], every: 1h, start: "${start}" }] }`;
    expect(listed(hourly('2026-03-29T01:00'), '2026-03-29T00:00Z', '2026-03-29T02:00Z')).toEqual([
      '2026-03-29T00:00 2026-03-29T01:00 ana h',
      '2026-03-29T01:00 2026-03-29T02:00 cai h',
    ]);
    expect(listed(hourly('2026-10-25T01:00'), '2026-10-24T23:00Z', '2026-10-25T03:00Z')).toEqual([
      '2026-10-24T23:00 2026-10-25T00:00 ana h',
      '2026-10-25T00:00 2026-10-25T02:00 bob h',
      '2026-10-25T02:00 2026-10-25T03:00 cai h',
    ]);
  });

  test('stands over those before it, within its hours, since and until', () => {
    const layered = `{ timezone: UTC, rotations: [
      { name: all, users: [ana], every: 1w, start: "2026-11-02T00:00" },
      { name: office, users: [[bob, cai]], every: 1w, start: "2026-11-02T00:00", since: "2026-11-03T12:00", until: "2026-11-05T00:00",
        hours: { from: "09:00", to: "18:00", days: [mon-fri] } } ] }`;
    expect(listed(layered, '2026-11-02T00:00Z', '2026-11-06T00:00Z')).toEqual([
      '2026-11-02T00:00 2026-11-03T12:00 ana all',
      '2026-11-03T12:00 2026-11-03T18:00 bob+cai office',
      '2026-11-03T18:00 2026-11-04T09:00 ana all',
      '2026-11-04T09:00 2026-11-04T18:00 bob+cai office',
      '2026-11-04T18:00 2026-11-06T00:00 ana all',
    ]);
  });

  test('has hours over midnight and over the end of the week', () => {
    const nights = (hours: string) =>
      `{ timezone: UTC, rotations: [{ name: n, users: [ana], every: 4w, start: "2026-11-02T00:00", hours: ${hours} }] }`;
    const on = (hours: string) =>
      listed(nights(hours), '2026-11-06T00:00Z', '2026-11-10T00:00Z').filter((line) => line.includes('ana'));
    expect(on('{ from: "22:00", to: "06:00", days: [fri-sun] }')).toEqual([
      '2026-11-06T22:00 2026-11-07T06:00 ana n',
      '2026-11-07T22:00 2026-11-08T06:00 ana n',
      '2026-11-08T22:00 2026-11-09T06:00 ana n',
    ]);
    expect(on('{ from: "fri 18:00", to: "mon 09:00" }')).toEqual(['2026-11-06T18:00 2026-11-09T09:00 ana n']);
    // Entries that touch are one.
    expect(on('[{ from: "20:00", to: "24:00", days: [sun] }, { from: "00:00", to: "08:00", days: [mon] }]')).toEqual([
      '2026-11-08T20:00 2026-11-09T08:00 ana n',
    ]);
    expect(on('{ from: "09:00", to: "09:00" }')).toEqual(['2026-11-06T00:00 2026-11-10T00:00 ana n']);
  });
});

describe('an override', () => {
  const overridden = `{ timezone: UTC, rotations: [{ name: w, users: [ana, bob], every: 1w, start: "2026-11-02T00:00" }],
    overrides: [{ user: cai, from: "2026-11-08T12:00", to: "2026-11-09T12:00" }, { users: [bob, dee], from: "2026-11-04T00:00Z", to: "2026-11-05T00:00+00:00" }] }`;

  test('stands over all rotations, over a hand-over too', () => {
    expect(listed(overridden, '2026-11-02T00:00Z', '2026-11-10T00:00Z')).toEqual([
      '2026-11-02T00:00 2026-11-04T00:00 ana w',
      '2026-11-04T00:00 2026-11-05T00:00 bob+dee config-primary-2',
      '2026-11-05T00:00 2026-11-08T12:00 ana w',
      '2026-11-08T12:00 2026-11-09T12:00 cai config-primary-1',
      '2026-11-09T12:00 2026-11-10T00:00 bob w',
    ]);
  });

  test('of two for the same time, the later one counts', () => {
    const schedule = scheduleOf(overridden);
    const [first] = schedule.overrides;
    const later = { ...first!, id: 'x', users: ['dee'], from: at('2026-11-08T18:00Z'), until: at('2026-11-08T20:00Z') };
    const both = { ...schedule, overrides: [...schedule.overrides, later] };
    expect(whoIsOnCall(both, at('2026-11-08T19:00Z'))).toEqual(['dee']);
    expect(whoIsOnCall(both, at('2026-11-08T20:00Z'))).toEqual(['cai']);
    const found = shifts(both, at('2026-11-08T00:00Z'), at('2026-11-09T00:00Z'));
    expect(found.map(({ users }) => users.join())).toEqual(['ana', 'cai', 'dee', 'cai']);
  });
});

describe('who is next', () => {
  test('is the next shift of somebody else, whole', () => {
    const schedule = scheduleOf(WEEKLY);
    expect(nowAndNext(schedule, at('2026-11-04T00:00Z'))).toMatchObject({
      users: ['ana'],
      until: at('2026-11-09T00:00Z'),
      next: { users: ['bob'], from: at('2026-11-09T00:00Z'), until: at('2026-11-16T00:00Z') },
    });
  });

  test('is somebody after a gap; until says when the gap begins', () => {
    const office = `{ timezone: UTC, rotations: [{ users: [ana], every: 1w, start: "2026-11-02T00:00", hours: { from: "09:00", to: "18:00", days: [mon-fri] } }] }`;
    const schedule = scheduleOf(office);
    expect(nowAndNext(schedule, at('2026-11-06T12:00Z'))).toMatchObject({
      users: ['ana'],
      until: at('2026-11-06T18:00Z'),
      next: { users: ['ana'], from: at('2026-11-09T09:00Z'), until: at('2026-11-09T18:00Z') },
    });
    expect(nowAndNext(schedule, at('2026-11-07T12:00Z'))).toMatchObject({ users: [], until: at('2026-11-09T09:00Z') });
  });

  test('is nobody where it is always the same person, or nobody ever', () => {
    const alone = `{ timezone: UTC, rotations: [{ users: [ana], every: 1w, start: "2026-11-02T00:00" }] }`;
    expect(nowAndNext(scheduleOf(alone), at('2026-11-04T00:00Z'))).toEqual({ users: ['ana'], until: null, next: null });
    expect(next(scheduleOf('{ timezone: UTC, rotations: [] }'), at('2026-11-04T00:00Z'))).toBeNull();
  });

  test('is found months ahead', () => {
    const long = `{ timezone: UTC, rotations: [{ users: [ana, bob], every: 6 months, start: "2026-11-02T00:00" }] }`;
    expect(next(scheduleOf(long), at('2026-11-04T00:00Z'))).toMatchObject({
      users: ['bob'],
      from: at('2027-05-02T00:00Z'),
      until: at('2027-11-02T00:00Z'),
    });
  });
});
