import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rotation, Schedule } from './on-call.ts';
import { shifts, whoIsOnCall } from './shifts.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const YEAR = { min: Date.UTC(2026, 0, 1) / MINUTE, max: Date.UTC(2027, 0, 1) / MINUTE };
const ZONES = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Seoul',
  'America/Havana',
  'Pacific/Chatham',
  'Africa/Casablanca',
];

const minute = fc.integer(YEAR).map((minutes) => minutes * MINUTE);
const users = fc.uniqueArray(fc.constantFrom('ana', 'bob', 'cai', 'dee'), { minLength: 1, maxLength: 2 });
const window = fc
  .tuple(fc.nat(10_079), fc.integer({ min: 1, max: 5_000 }))
  .map(([from_minute, length]) => ({ from_minute, to_minute: from_minute + length }));

const rotation: fc.Arbitrary<Rotation> = fc.record({
  name: fc.constant('r'),
  turns: fc.array(users, { minLength: 1, maxLength: 4 }),
  every: fc.oneof(
    fc.record({ unit: fc.constant('hours' as const), count: fc.constantFrom(1, 5, 12, 24, 72, 168, 336) }),
    fc.record({ unit: fc.constant('months' as const), count: fc.integer({ min: 1, max: 5 }) }),
  ),
  start: minute,
  since: fc.option(minute),
  until: fc.option(minute),
  windows: fc.option(window).map((one) => (one ? [one] : [])),
});

const schedule: fc.Arbitrary<Schedule> = fc.record({
  key: fc.constant('s'),
  name: fc.constant('s'),
  timezone: fc.constantFrom(...ZONES),
  rotations: fc.array(rotation, { maxLength: 3 }),
  overrides: fc.array(
    fc.tuple(minute, fc.integer({ min: 1, max: 20_000 }), users, fc.uuid()).map(([from, minutes, who, id]) => ({
      id,
      users: who,
      from,
      until: from + minutes * MINUTE,
      source: 'api' as const,
      created_by: 'kim',
    })),
    { maxLength: 3 },
  ),
});

test('shifts tile the time, and at every instant say who is on call', () => {
  fc.assert(
    fc.property(
      schedule,
      minute,
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
      (one, from, days, places) => {
        const until = from + days * DAY;
        const found = shifts(one, from, until);
        expect(found[0]!.from).toBe(from);
        expect(found.at(-1)!.until).toBe(until);
        for (const [index, shift] of found.entries()) {
          expect(shift.from).toBeLessThan(shift.until);
          if (index > 0) expect(shift.from).toBe(found[index - 1]!.until);
          for (const instant of [shift.from, shift.until - 1]) expect(whoIsOnCall(one, instant)).toEqual(shift.users);
        }
        for (const place of places) {
          const instant = Math.floor(from + place * (until - from - 1));
          expect(found.find((shift) => shift.until > instant)!.users).toEqual(whoIsOnCall(one, instant));
        }
      },
    ),
    { seed: 6, numRuns: 300 },
  );
});

test('what is asked for in two parts is the whole, cut once', () => {
  fc.assert(
    fc.property(
      schedule,
      minute,
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1, max: 60_000 }),
      (one, from, first, second) => {
        const middle = from + first * MINUTE;
        const until = middle + second * MINUTE;
        const parts = [...shifts(one, from, middle), ...shifts(one, middle, until)];
        const whole = shifts(one, from, until).flatMap((shift) =>
          shift.from < middle && middle < shift.until
            ? [
                { ...shift, until: middle },
                { ...shift, from: middle },
              ]
            : [shift],
        );
        expect(parts).toEqual(whole);
      },
    ),
    { seed: 7, numRuns: 200 },
  );
});
