import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shifts, whoIsOnCall } from './shifts.ts';
import { aMinute, aSchedule, aScheduleNear, MINUTE } from './testing/arbitrary.ts';
import { walk } from './testing/walk.ts';

const DAY = 1_440 * MINUTE;

test('shifts tile the time, and at every instant say who is on call', () => {
  fc.assert(
    fc.property(
      aSchedule(),
      aMinute,
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
          for (const instant of [shift.from, shift.until - 1])
            if (whoIsOnCall(one, instant).join() !== shift.users.join())
              throw new Error(`${new Date(instant).toISOString()}: ${whoIsOnCall(one, instant)}, not ${shift.users}`);
        }
        for (const place of places) {
          const instant = Math.floor(from + place * (until - from - 1));
          expect(found.find((shift) => shift.until > instant)!.users).toEqual(whoIsOnCall(one, instant));
        }
      },
    ),
    { seed: 6, numRuns: 150 },
  );
});

test('what is asked for in two parts is the whole, cut once', () => {
  fc.assert(
    fc.property(
      aSchedule(),
      aMinute,
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

/** Clock changes of 2026 by an hour or a half, at all hours of the day, with the instant. */
const CHANGES: [zone: string, at: string][] = [
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['America/Havana', '2026-03-08T05:00Z'],
  ['America/Havana', '2026-11-01T05:00Z'],
  ['Pacific/Chatham', '2026-04-04T14:00Z'],
  ['Pacific/Chatham', '2026-09-26T14:00Z'],
  ['Africa/Casablanca', '2026-02-15T02:00Z'],
  ['Africa/Casablanca', '2026-03-22T02:00Z'],
];

test('around every clock change, someone who walks through the minutes with a wall clock finds the same people', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CHANGES), aScheduleNear(), ([timezone, at], drawn) => {
      const change = Date.parse(at);
      const schedule = { ...drawn(change), timezone };
      const [from, until] = [change - DAY / 2, change + DAY / 2];
      const walked = walk(schedule, from, until);
      const found = shifts(schedule, from, until).flatMap(({ from, until, users }) =>
        Array.from({ length: (until - from) / MINUTE }, () => users.join('+')),
      );
      expect(found.join()).toBe(walked.join());
    }),
    { seed: 8, numRuns: 200 },
  );
});
