import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { printYaml } from '../../../core/document/index.ts';
import type { OnCall } from '../on-call.ts';
import { whoIsOnCall } from '../shifts.ts';
import { parseWritten, words } from '../testing/written.ts';
import { importSchedule } from './import-schedule.ts';

const AT = Date.parse('2026-02-01T00:00Z');
const read = (name: string) => readFileSync(new URL(`./test-data/${name}`, import.meta.url), 'utf8');
const pagerduty = read('pagerduty-schedule.json');
const grafana = read('grafana-oncall.yaml');

/** As it would stand in a config that takes it. */
function imported(text: string) {
  const { imported: found, diagnostics } = importSchedule(text, 'schedule.json', { at: AT, channel: 'push' });
  if (!found) throw new Error(diagnostics.map(words).join('\n'));
  const parsed = parseWritten(printYaml(found.onCall));
  if (!parsed.onCall) throw new Error(parsed.diagnostics.map(words).join('\n'));
  const on = (schedule: string, at: string) => who(parsed.onCall!, schedule, at);
  return { on, ...found };
}

function who(onCall: OnCall, schedule: string, at: string): string {
  return whoIsOnCall(onCall.schedules.get(schedule)!, Date.parse(at)).join('+');
}

describe('a schedule of PagerDuty', () => {
  test('has its layers in our order, with turns, hours, starts and ends', () => {
    const { onCall } = imported(pagerduty);
    const { timezone, rotations, overrides } = onCall.schedules!['payments-primary']!;
    expect(timezone).toBe('America/New_York');
    expect(rotations).toEqual([
      {
        name: 'Weekly',
        users: ['ana-ruiz', 'bob-lee'],
        every: '1w',
        start: '2025-12-29T09:00',
        since: '2026-01-05T09:00',
      },
      {
        name: 'Weekend',
        users: ['cai-wu'],
        every: '2w',
        start: '2026-01-02T17:00',
        until: '2026-12-01T00:00',
        hours: { from: 'fri 17:00', to: 'mon 09:00' },
      },
      {
        // Turns were counted back from a virtual start after the start.
        name: 'Nights',
        users: ['bob-lee', 'cai-wu'],
        every: '1d',
        start: '2026-03-01T21:00',
        since: '2026-03-02T00:00',
        hours: { from: '21:00', to: '07:00' },
      },
    ]);
    // 01:30 comes twice that day, and this is the second.
    expect(overrides).toEqual([{ user: 'dee-kaur', from: '2026-11-01T06:30:00.000Z', to: '2026-11-01T12:00' }]);
  });

  test('has the same people on call', () => {
    const { on } = imported(pagerduty);
    const primary = (at: string) => on('payments-primary', at);
    expect(primary('2026-01-05T08:59:00-05:00')).toBe('cai-wu');
    expect(primary('2026-01-05T09:00:00-05:00')).toBe('bob-lee');
    expect(primary('2026-01-12T12:00:00-05:00')).toBe('ana-ruiz');
    expect(primary('2026-03-05T21:00:00-05:00')).toBe('bob-lee');
    expect(primary('2026-03-06T21:00:00-05:00')).toBe('cai-wu');
    expect(primary('2026-11-01T11:59:00-05:00')).toBe('dee-kaur');
  });

  test('says what it could not bring', () => {
    expect(imported(pagerduty).notCarried).toEqual([
      'Payments Primary: its escalation policies; a policy here names the schedule in `escalation`',
    ]);
    const odd = pagerduty.replace('"rotation_turn_length_seconds": 1209600', '"rotation_turn_length_seconds": 5400');
    const { notCarried, onCall } = imported(odd.replace('"America/New_York"', '"Europe/Berlin"'));
    expect(notCarried[0]).toBe('Payments Primary, Weekend: a turn of 5400 s; turns are whole hours here');
    expect(onCall.schedules!['payments-primary']!.rotations).toHaveLength(2);
    expect(imported(pagerduty.replace('"America/New_York"', '"Eastern"')).notCarried).toEqual([
      'Payments Primary: unknown time zone "Eastern"',
    ]);
  });

  test('takes overrides that were saved beside it, and several schedules at once', () => {
    const entry = {
      start: '2026-12-24T09:00:00-05:00',
      end: '2026-12-25T09:00:00-05:00',
      user: { id: 'PUSERD', summary: 'Dee' },
    };
    const schedule = JSON.parse(pagerduty).schedule;
    const { onCall } = imported(JSON.stringify({ schedule, overrides: [entry, entry] }));
    expect(onCall.schedules!['payments-primary']!.overrides).toEqual([
      { user: 'dee', from: '2026-12-24T09:00', to: '2026-12-25T09:00' },
    ]);
    const { onCall: two } = imported(JSON.stringify([{ schedule }, schedule]));
    expect(Object.keys(two.schedules!)).toEqual(['payments-primary', 'payments-primary-2']);
  });
});

describe('a schedule of Grafana OnCall', () => {
  test('has its shifts as rotations, by level, and its overrides', () => {
    const { onCall } = imported(grafana);
    expect(onCall.schedules!.platform).toEqual({
      name: 'Platform',
      timezone: 'Europe/Berlin',
      rotations: [
        { name: 'Weekly', users: [['bob', 'u3'], 'ana'], every: '1w', start: '2026-01-05T09:00' },
        {
          name: 'Office',
          users: ['u3', 'ana'],
          every: '1w',
          start: '2026-01-05T10:00',
          since: '2026-01-07T10:00',
          until: '2026-12-24T00:00',
          hours: { from: '10:00', to: '18:00', days: ['mon', 'wed', 'fri'] },
        },
        {
          name: 'Lunch',
          users: ['bob'],
          every: '1d',
          start: '2026-01-05T12:00',
          hours: { from: '12:00', to: '13:00' },
        },
      ],
      overrides: [{ users: ['u3'], from: '2026-12-24T09:00', to: '2026-12-25T09:00' }],
    });
  });

  test('has the same people on call', () => {
    const { on } = imported(grafana);
    expect(on('platform', '2026-02-03T11:00:00+01:00')).toBe('bob+u3');
    expect(on('platform', '2026-02-04T11:00:00+01:00')).toBe('u3');
    expect(on('platform', '2026-02-04T12:30:00+01:00')).toBe('bob');
    expect(on('platform', '2026-02-11T11:00:00+01:00')).toBe('ana');
    expect(on('platform', '2026-12-24T10:00:00+01:00')).toBe('u3');
  });

  test('says what it could not bring', () => {
    expect(imported(grafana).notCarried).toEqual([
      'Platform: shift OGONE, which the document does not have',
      'Platform, First of month: it repeats by the month, for a part of it; rotations by the month cover all of it here',
      'Platform, Elsewhere: its time zone Asia/Seoul is not that of the schedule, Europe/Berlin',
      'Platform: where Office and Lunch both apply, only the latter is on call here',
    ]);
  });
});

test('users without a way to be told are named as work that is left', () => {
  const { imported: found } = importSchedule(pagerduty, 'schedule.json', { at: AT });
  expect(found!.notCarried).toContain('how people are told: give each user a list `notify`');
  expect(found!.onCall.users!['ana-ruiz']).toEqual({ name: 'Ana Ruiz', contacts: { pagerduty: 'PUSERA' }, notify: [] });
});

test.each([
  ['{}', '1:1 there are no schedules that can be read'],
  ['[1, 2]', '1:1 there are no schedules that can be read'],
  ['{ "schedule": { "schedule_layers": [{}] } }', 'missing key "name"'],
  ['{ "schedule": {', 'is never closed'],
  [
    pagerduty.replace('"2026-03-02T00:00:00-05:00"', '"soon"'),
    '16:18 start must be an RFC 3339 time, found the text "soon"',
  ],
  [grafana.replace('duration: 3600,', 'duration: "1h",'), 'duration must be'],
])('a document that is none is told apart, at its place (%#)', (text, expected) => {
  const { diagnostics } = importSchedule(text, 'schedule.json', { at: AT });
  expect(diagnostics.map(words).join('\n')).toContain(expected);
});
