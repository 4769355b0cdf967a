import fc from 'fast-check';
import type { Instant } from '../../../core/clock.ts';
import type { Rotation, Schedule } from '../on-call.ts';

export const MINUTE = 60_000;
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

/** An instant, or a local time, of 2026. */
export const aMinute = fc.integer(YEAR).map((minutes) => minutes * MINUTE);

const users = fc.uniqueArray(fc.constantFrom('ana', 'bob', 'cai', 'dee'), { minLength: 1, maxLength: 2 });
const window = fc
  .tuple(fc.nat(10_079), fc.integer({ min: 1, max: 5_000 }))
  .map(([from_minute, length]) => ({ from_minute, to_minute: from_minute + length }));

const rotation = (time: fc.Arbitrary<number>): fc.Arbitrary<Rotation> =>
  fc.record({
    name: fc.constant('r'),
    turns: fc.array(users, { minLength: 1, maxLength: 4 }),
    every: fc.oneof(
      fc.record({ unit: fc.constant('hours' as const), count: fc.constantFrom(1, 5, 12, 24, 72, 168, 336) }),
      fc.record({ unit: fc.constant('months' as const), count: fc.integer({ min: 1, max: 5 }) }),
    ),
    start: time,
    since: fc.option(time),
    until: fc.option(time),
    windows: fc.option(window).map((one) => (one ? [one] : [])),
  });

const schedule = (time: fc.Arbitrary<number>): fc.Arbitrary<Schedule> =>
  fc.record({
    key: fc.constant('s'),
    name: fc.constant('s'),
    timezone: fc.constantFrom(...ZONES),
    rotations: fc.array(rotation(time), { maxLength: 3 }),
    overrides: fc.array(
      fc.tuple(time, fc.integer({ min: 1, max: 20_000 }), users, fc.uuid()).map(([from, minutes, who, id]) => ({
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

/** A schedule whose times lie anywhere in 2026. */
export const aSchedule = (): fc.Arbitrary<Schedule> => schedule(aMinute);

/** A schedule whose times lie within some days of an instant, which is given later. */
export const aScheduleNear = (): fc.Arbitrary<(instant: Instant) => Schedule> => {
  const around = fc.integer({ min: -5 * 1_440, max: 2 * 1_440 }).map((minutes) => minutes * MINUTE);
  return schedule(around).map((drawn) => (instant) => ({
    ...drawn,
    rotations: drawn.rotations.map((one) => ({
      ...one,
      start: instant + one.start,
      since: one.since === null ? null : instant + one.since,
      until: one.until === null ? null : instant + one.until,
    })),
    overrides: drawn.overrides.map((one) => ({ ...one, from: instant + one.from, until: instant + one.until })),
  }));
};
