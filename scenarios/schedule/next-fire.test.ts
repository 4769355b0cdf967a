import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hash01, nextFire } from './next-fire.ts';

/** Fires of a cron expression from a time on, as UTC. */
function fires(cron: string, timezone: string, from: string, count: number): string[] {
  const found: string[] = [];
  let at = Date.parse(from);
  for (let index = 0; index < count; index++) {
    at = nextFire({ kind: 'cron', cron, timezone }, at);
    found.push(new Date(at).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

describe('clock changes', () => {
  // [what, cron, zone, asked from, the fires that follow]
  const golden: [string, string, string, string, string[]][] = [
    [
      'New York spring: 02:30 does not exist on 8 March, so it fires when the gap ends',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T00:00Z',
      ['2026-03-07T07:30Z', '2026-03-08T07:00Z', '2026-03-09T06:30Z'],
    ],
    [
      'New York spring: half hours follow elapsed time',
      '*/30 * * * *',
      'America/New_York',
      '2026-03-08T06:00Z',
      ['2026-03-08T06:30Z', '2026-03-08T07:00Z', '2026-03-08T07:30Z', '2026-03-08T08:00Z'],
    ],
    [
      'New York spring: several times in the gap fire once at its end',
      '0,15,30 2 * * *',
      'America/New_York',
      '2026-03-08T06:00Z',
      ['2026-03-08T07:00Z', '2026-03-09T06:00Z'],
    ],
    [
      'New York autumn: 01:30 comes twice and fires the first time',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'New York autumn: half hours follow elapsed time through the repeated hour',
      '*/30 * * * *',
      'America/New_York',
      '2026-11-01T05:00Z',
      ['2026-11-01T05:30Z', '2026-11-01T06:00Z', '2026-11-01T06:30Z', '2026-11-01T07:00Z'],
    ],
    [
      'New York autumn: an hourly job fires in both of the repeated hours',
      '15 * * * *',
      'America/New_York',
      '2026-11-01T04:30Z',
      ['2026-11-01T05:15Z', '2026-11-01T06:15Z', '2026-11-01T07:15Z'],
    ],
    [
      'Lord Howe spring: half an hour is skipped from 02:00, so 02:15 fires at 02:30',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-02T16:00Z',
      ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
    ],
    [
      'Lord Howe spring: quarter hours follow elapsed time',
      '*/15 * * * *',
      'Australia/Lord_Howe',
      '2026-10-03T15:00Z',
      ['2026-10-03T15:15Z', '2026-10-03T15:30Z', '2026-10-03T15:45Z', '2026-10-03T16:00Z'],
    ],
    [
      'Lord Howe autumn: 01:45 comes twice and fires the first time',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T00:00Z',
      ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    [
      'Lord Howe autumn: an hourly job at :45 fires again after half an hour',
      '45 * * * *',
      'Australia/Lord_Howe',
      '2026-04-04T14:00Z',
      ['2026-04-04T14:45Z', '2026-04-04T15:15Z', '2026-04-04T16:15Z'],
    ],
    [
      'Santiago spring: midnight itself is skipped',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T00:00Z',
      ['2026-09-05T04:00Z', '2026-09-06T04:00Z', '2026-09-07T03:00Z'],
    ],
    [
      'Santiago autumn: 23:30 comes twice on Saturday and fires the first time',
      '30 23 * * *',
      'America/Santiago',
      '2026-04-04T00:00Z',
      ['2026-04-04T02:30Z', '2026-04-05T02:30Z', '2026-04-06T03:30Z'],
    ],
    [
      'Santiago autumn: the day of week is that of the local day',
      '30 23 * * SAT',
      'America/Santiago',
      '2026-04-03T12:00Z',
      ['2026-04-05T02:30Z', '2026-04-12T03:30Z'],
    ],
    [
      'Berlin spring: 02:30 fires when the gap ends',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'Berlin autumn: 02:00 comes twice and fires the first time',
      '0 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:00Z', '2026-10-26T01:00Z'],
    ],
    [
      'Berlin autumn: every two hours follows elapsed time, local 02:00 twice',
      '0 */2 * * *',
      'Europe/Berlin',
      '2026-10-24T22:30Z',
      ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T03:00Z'],
    ],
  ];
  test.each(golden)('%s', (_what, cron, zone, from, expected) => {
    expect(fires(cron, zone, from, expected.length)).toEqual(expected);
  });
});

describe('cron', () => {
  test('ordinary days, ranges, names and steps', () => {
    expect(fires('*/20 9-10 * * MON-FRI', 'Asia/Seoul', '2026-11-20T01:10Z', 4)).toEqual([
      '2026-11-20T01:20Z',
      '2026-11-20T01:40Z',
      '2026-11-23T00:00Z',
      '2026-11-23T00:20Z',
    ]);
  });

  test('day of month and day of week are alternatives when both are restricted', () => {
    expect(fires('0 0 13 * FRI', 'UTC', '2026-11-10T00:00Z', 3)).toEqual([
      '2026-11-13T00:00Z',
      '2026-11-20T00:00Z',
      '2026-11-27T00:00Z',
    ]);
  });

  test('last day, nearest weekday, last and nth weekday', () => {
    expect(fires('0 0 L * *', 'UTC', '2026-01-31T12:00Z', 2)).toEqual(['2026-02-28T00:00Z', '2026-03-31T00:00Z']);
    expect(fires('0 0 15W * *', 'UTC', '2026-11-01T00:00Z', 1)).toEqual(['2026-11-16T00:00Z']);
    expect(fires('0 0 * * 5L', 'UTC', '2026-11-01T00:00Z', 1)).toEqual(['2026-11-27T00:00Z']);
    expect(fires('0 0 * * 5#2', 'UTC', '2026-11-01T00:00Z', 1)).toEqual(['2026-11-13T00:00Z']);
  });

  test('29 February waits for the leap year', () => {
    expect(fires('0 0 29 2 *', 'UTC', '2026-03-01T00:00Z', 1)).toEqual(['2028-02-29T00:00Z']);
  });

  test('seconds are the first of six fields', () => {
    expect(fires('*/20 * * * * *', 'UTC', '2026-01-01T00:00:05Z', 2)).toEqual([
      '2026-01-01T00:00:20.000Z',
      '2026-01-01T00:00:40.000Z',
    ]);
  });

  test('jitter moves a slot later but never past the next one', () => {
    const schedule = { kind: 'cron', cron: '*/5 * * * *', timezone: 'UTC', jitter: 0.5 } as const;
    let at = Date.UTC(2026, 0, 1);
    for (let slot = 0; slot < 50; slot++) {
      const next = nextFire(schedule, at, { key: 'a@b' });
      expect(next).toBeGreaterThan(at);
      const shift = next % 300_000;
      expect(shift).toBeLessThan(150_000);
      at = next;
    }
    expect(at).toBeLessThan(Date.UTC(2026, 0, 1, 4, 20));
    expect(at).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 1, 4, 0));
  });

  test('every fire lies after the question and no fire lies between', () => {
    const zone = fc.constantFrom('America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Europe/Berlin');
    const cron = fc.constantFrom('*/7 * * * *', '30 2 * * *', '0,30 0-3 * * *', '10 */3 * * *', '15 23 * * SUN');
    const year = Date.UTC(2026, 0, 1);
    fc.assert(
      fc.property(zone, cron, fc.integer({ min: 0, max: 365 * 86_400 }), (timezone, expression, second) => {
        const schedule = { kind: 'cron', cron: expression, timezone } as const;
        const after = year + second * 1_000;
        const next = nextFire(schedule, after);
        expect(next).toBeGreaterThan(after);
        expect(nextFire(schedule, (after + next) / 2)).toBe(next);
        expect(nextFire(schedule, next - 1)).toBe(next);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('intervals', () => {
  test('slots are anchored, so they do not drift however late one asks', () => {
    const schedule = { kind: 'every', everyMs: 30_000 } as const;
    const place = { key: 'post-journey@local' };
    const first = nextFire(schedule, 1_000_000, place);
    expect(nextFire(schedule, first, place)).toBe(first + 30_000);
    expect(nextFire(schedule, first + 29_999, place)).toBe(first + 30_000);
    expect(nextFire(schedule, first + 95_000, place)).toBe(first + 120_000);
  });

  test('jitter is the same after a restart, differs from slot to slot, and stays within its share', () => {
    const schedule = { kind: 'every', everyMs: 10_000, jitter: 0.1 } as const;
    const place = { key: 'a@b', anchor: 0 };
    const shifts = Array.from(
      { length: 40 },
      (_, slot) => nextFire(schedule, slot * 10_000 - 1, place) - slot * 10_000,
    );
    expect(new Set(shifts).size).toBeGreaterThan(20);
    expect(Math.max(...shifts)).toBeLessThan(1_000);
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(0);
    expect(nextFire(schedule, 199_999, place)).toBe(200_000 + shifts[20]!);
  });

  test('a failing monitor follows its own interval from its anchor', () => {
    const schedule = { kind: 'every', everyMs: 60_000, whileFailingMs: 5_000 } as const;
    expect(nextFire(schedule, 1_000, { key: 'a@b', failing: true, anchor: 1_000 })).toBe(6_000);
  });

  test('equal intervals are spread evenly over time', () => {
    const buckets = new Array(10).fill(0);
    for (let index = 0; index < 10_000; index++) buckets[Math.floor(hash01(`monitor-${index}@prod`) * 10)]++;
    expect(Math.min(...buckets)).toBeGreaterThan(900);
    expect(Math.max(...buckets)).toBeLessThan(1_100);
  });
});
