import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { nextFire } from './next-fire.ts';
import { walkedFires, wallWords } from './testing/wall-clock-walk.ts';

const HOUR_MS = 3_600_000;
const golden = new URL('./test-data/clock-changes.txt', import.meta.url);

/** Every clock change of 2026 and 2027, as instants (tz database). */
const CHANGES: [zone: string, at: string][] = [
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['America/New_York', '2027-03-14T07:00Z'],
  ['America/New_York', '2027-11-07T06:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Australia/Lord_Howe', '2027-04-03T15:00Z'],
  ['Australia/Lord_Howe', '2027-10-02T15:30Z'],
  ['America/Santiago', '2026-04-05T03:00Z'],
  ['America/Santiago', '2026-09-06T04:00Z'],
  ['America/Santiago', '2027-04-04T03:00Z'],
  ['America/Santiago', '2027-09-05T04:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['Europe/Berlin', '2027-03-28T01:00Z'],
  ['Europe/Berlin', '2027-10-31T01:00Z'],
];

/** A cron expression and how long around a change its fires are listed, in hours before and after. */
const CRONS: [cron: string, hoursBefore: number, hoursAfter: number][] = [
  ['*/30 * * * *', 1, 1.5],
  ['45 * * * *', 2, 2.5],
  ['0 */2 * * *', 4, 5],
  ['30 2 * * *', 26, 50],
  ['0,15,30 2 * * *', 6, 26],
  ['30 1 * * *', 26, 50],
  ['0 0 * * *', 26, 50],
  ['30 23 * * *', 30, 50],
  ['15 0-3 * * *', 5, 5],
  ['15 2 * * SUN', 30, 200],
];

function fires(cron: string, timezone: string, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = nextFire({ kind: 'cron', cron, timezone }, from - 1); at <= to; ) {
    found.push(at);
    at = nextFire({ kind: 'cron', cron, timezone }, at);
  }
  return found;
}

const windows = CHANGES.flatMap(([zone, at]) =>
  CRONS.map(([cron, before, after]) => {
    const change = Date.parse(at);
    return { zone, at, cron, from: change - before * HOUR_MS, to: change + after * HOUR_MS };
  }),
);

test('fires around every clock change are as the golden table says', () => {
  const sections = CHANGES.map(([zone, at]) => {
    const change = Date.parse(at);
    const head = `== ${zone}: ${wallWords(change - 60_000, zone)}, a minute later ${wallWords(change, zone)} (${at})`;
    const lines = windows
      .filter((window) => window.zone === zone && window.at === at)
      .map(({ cron, from, to }) => {
        const list = fires(cron, zone, from, to).map(
          (fire) => `    ${wallWords(fire, zone)} = ${new Date(fire).toISOString().slice(5, 16).replace('T', ' ')}Z`,
        );
        return [`  ${cron}`, ...list].join('\n');
      });
    return [head, ...lines].join('\n');
  });
  const actual = `Wildcard hours follow elapsed time. A fixed time in a gap fires at its end, in a repeated hour once.
Each line: what the zone's clocks show, and the same instant in UTC.

${sections.join('\n\n')}
`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, actual);
  expect(actual).toBe(readFileSync(golden, 'utf8'));
});

test('someone who walks through those days with a wall clock in hand finds the same fires', () => {
  for (const { zone, cron, from, to } of windows) {
    const plain = cron.replace('SUN', '0');
    expect({ zone, cron, fires: fires(cron, zone, from, to) }).toEqual({
      zone,
      cron,
      fires: walkedFires(plain, zone, from, to),
    });
  }
});

/** Zones that change their clocks at other hours, by other amounts, at other times of the year than the four above. */
const STRANGE_ZONES = [
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/Havana',
  'America/Nuuk',
  'America/St_Johns',
  'Antarctica/Troll',
  'Asia/Beirut',
  'Pacific/Chatham',
];

test('nor does anyone find other fires in zones with stranger changes, for expressions drawn at random', () => {
  const random = seededRandom(20_261_123);
  const below = (limit: number) => Math.floor(random() * limit);
  const minutes = () => ['*', '*/7', '*/30', `${below(60)}`, `${below(30)},${30 + below(30)}`][below(5)]!;
  const hours = () => ['*', '*/2', '*/5', `${below(24)}`, `0-${1 + below(5)}`, '22,23,0', '1-3'][below(7)]!;
  const days = () => ['* * *', '* * *', '* * 6,0', '1-15 * *', '1-10 * 5'][below(5)]!;
  let changes = 0;
  for (const zone of STRANGE_ZONES) {
    for (const change of changesOf(zone)) {
      changes++;
      const cron = `${minutes()} ${hours()} ${days()}`;
      const [from, to] = [change - 8 * HOUR_MS, change + 28 * HOUR_MS];
      const told = { zone, cron, at: new Date(change).toISOString() };
      expect({ ...told, fires: fires(cron, zone, from, to) }).toEqual({
        ...told,
        fires: walkedFires(cron, zone, from, to),
      });
    }
  }
  expect(changes).toBeGreaterThan(24);
});

/** To the hour before, in 2026 and 2027. */
function changesOf(zone: string): number[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const offset = (at: number) => format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value;
  const found: number[] = [];
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2028, 0, 1); at += HOUR_MS) {
    if (offset(at) !== offset(at + HOUR_MS)) found.push(at);
  }
  return found;
}
