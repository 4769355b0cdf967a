import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { timeZone } from '../../core/time-zone.ts';
import type { Schedule } from './on-call.ts';
import { shifts, whoIsOnCall } from './shifts.ts';
import { onCallOf } from './testing/written.ts';

const read = (name: string) => readFileSync(new URL(`./test-data/${name}`, import.meta.url), 'utf8');
const FROM = Date.UTC(2026, 0, 1);
const UNTIL = Date.UTC(2027, 0, 1);
const { schedules } = onCallOf(read('year.json'));
/** Found by test-data/walk.py, which knows neither this code nor its method. */
const golden = read('year.txt');

function told(schedule: Schedule): string {
  const zone = timeZone(schedule.timezone);
  const lines = [`== ${schedule.key}, ${schedule.timezone}`];
  let before: string | undefined;
  for (const { from, users } of shifts(schedule, FROM, UNTIL)) {
    const names = users.join(' ') || '-';
    if (names === before) continue;
    before = names;
    const shown = new Date(zone.toLocal(from));
    const day = shown.toUTCString().slice(0, 3);
    const iso = shown.toISOString();
    lines.push(
      `${new Date(from).toISOString().slice(0, 16)}Z ${day} ${iso.slice(5, 10)} ${iso.slice(11, 16)} ${names}`,
    );
  }
  return lines.join('\n');
}

test.each([...schedules.keys()])(
  '%s: a year over both clock changes is what a walk through its minutes finds',
  (key) => {
    const expected = golden.split(/\n(?===)/).find((part) => part.startsWith(`== ${key},`))!;
    expect(told(schedules.get(key)!)).toBe(expected.trimEnd());
  },
);

test('asked for one instant, it says who the walk found', () => {
  const random = seededRandom(6);
  for (const part of golden.trimEnd().split(/\n(?===)/)) {
    const [head, ...lines] = part.split('\n');
    const schedule = schedules.get(/^== ([a-z-]+)/.exec(head!)![1]!)!;
    const changes = lines.map((line) => {
      const [at, , , , ...users] = line.split(' ');
      return { at: Date.parse(at!), users: users.join(' ').replace('-', '') };
    });
    const wrong = changes.flatMap(({ at, users }, index) => {
      const end = changes[index + 1]?.at ?? UNTIL;
      return [at, end - 1, Math.floor(at + random() * (end - at))]
        .map((instant) => ({ instant, users, said: whoIsOnCall(schedule, instant).join(' ') }))
        .filter(({ said }) => said !== users);
    });
    expect({ key: schedule.key, changes: changes.length > 300, wrong }).toEqual({
      key: schedule.key,
      changes: true,
      wrong: [],
    });
  }
});

test('the golden year holds both clock changes of all three zones', () => {
  // Hand-overs at 02:30, which New York skips, and at 02:15 on Lord Howe, happen when the gap ends.
  expect(golden).toContain('2026-03-08T07:00Z Sun 03-08 03:00 ana');
  expect(golden).toContain('2026-10-03T15:30Z Sun 10-04 02:30 ana');
  // Of hourly turns in Berlin, the one at 02:00 never happens.
  expect(golden).toContain('2026-03-29T00:00Z Sun 03-29 01:00 bob\n2026-03-29T01:00Z Sun 03-29 03:00 ana');
  // Where 02:30 comes twice, an override in UTC covers the first alone.
  expect(golden).toContain('2026-10-24T23:30Z Sun 10-25 01:30 bob\n2026-10-25T01:30Z Sun 10-25 02:30 cai');
  // A turn on Lord Howe from 01:40 is half an hour longer.
  expect(golden).toContain('2026-04-04T14:40Z Sun 04-05 01:40 dee\n2026-04-04T21:10Z Sun 04-05 07:40 bob');
});
