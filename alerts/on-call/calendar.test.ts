import { expect, test } from '@jest/globals';
import ICAL from 'ical.js';
import { writeCalendar } from './calendar.ts';
import { onCallOf } from './testing/written.ts';

const at = (text: string) => Date.parse(text);
const onCall = onCallOf(`
users:
  kim: { name: "김민지, 당직; \\\\ 담당자", notify: [{ channel: push }] }
  minsu: { name: "Minsu\\nDTSTART:19700101T000000Z", notify: [{ channel: push }] }
schedules:
  primary:
    name: "결제 서비스의 첫 번째 당직 일정표이며 매주 월요일 아침에 바뀝니다"
    timezone: Asia/Seoul
    rotations: [{ name: weekly, users: [kim, minsu], every: 1w, start: "2026-11-02T09:00" }]
    overrides: [{ user: minsu, from: "2026-11-04T09:00", to: "2026-11-05T09:00" }]
  second:
    timezone: Europe/Berlin
    rotations: [{ name: office, users: [[kim, minsu]], every: 1w, start: "2026-10-19T00:00", hours: { from: "09:00", to: "17:00", days: [mon] } }]
`);
const primary = [onCall.schedules.get('primary')!];
const view = {
  title: 'On call',
  from: at('2026-11-03T00:00Z'),
  until: at('2026-11-12T00:00Z'),
  changedAt: at('2026-11-01T00:00Z'),
};

function events(text: string) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  return calendar.getAllSubcomponents('vevent').map((component) => {
    const event = new ICAL.Event(component);
    const iso = (time: InstanceType<typeof ICAL.Time>) => time.toJSDate().toISOString().slice(0, 16);
    return {
      uid: event.uid,
      from: iso(event.startDate),
      to: iso(event.endDate),
      summary: event.summary,
      about: event.description,
    };
  });
}

test('a parser of iCalendar reads the shifts as they are, names with every letter', () => {
  const name = '결제 서비스의 첫 번째 당직 일정표이며 매주 월요일 아침에 바뀝니다';
  const found = events(writeCalendar(onCall, primary, view));
  const minsu = 'Minsu\nDTSTART:19700101T000000Z';
  expect(found.map(({ from, to, summary }) => [from, to, summary])).toEqual([
    ['2026-11-02T00:00', '2026-11-04T00:00', `김민지, 당직; \\ 담당자 (${name})`],
    ['2026-11-04T00:00', '2026-11-05T00:00', `${minsu} (${name})`],
    ['2026-11-05T00:00', '2026-11-09T00:00', `김민지, 당직; \\ 담당자 (${name})`],
    ['2026-11-09T00:00', '2026-11-16T00:00', `${minsu} (${name})`],
  ]);
  expect(found.map(({ about }) => about.split('\n').at(-1))).toEqual([
    'Rotation: weekly',
    'Override, by ringdown.yaml',
    'Rotation: weekly',
    'Rotation: weekly',
  ]);
});

test('lines end with CRLF, have 75 octets at most, and are cut between characters', () => {
  const text = writeCalendar(onCall, primary, view);
  const lines = text.split('\r\n');
  expect(lines.at(-1)).toBe('');
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
  expect(lines.some((line) => line.startsWith(' '))).toBe(true);
  expect(text).not.toContain('\ufffd');
});

test('the same shift has the same UID, whenever and from whichever side it is looked at', () => {
  const first = events(writeCalendar(onCall, primary, view));
  const later = events(
    writeCalendar(onCall, primary, { ...view, from: at('2026-11-06T07:00Z'), until: at('2026-12-12T00:00Z') }),
  );
  const uids = new Map(first.map(({ from, uid }) => [from, uid]));
  expect(later[0]).toMatchObject({ from: '2026-11-05T00:00', uid: uids.get('2026-11-05T00:00') });
  expect(later[1]).toMatchObject({ from: '2026-11-09T00:00', uid: uids.get('2026-11-09T00:00') });
  expect(new Set([...first, ...later].map(({ uid }) => uid)).size).toBe(
    new Set([...first, ...later].map(({ from }) => from)).size,
  );
});

test('the calendar of a person has the shifts of that person over all schedules', () => {
  const all = [...onCall.schedules.values()];
  const found = events(
    writeCalendar(onCall, all, { ...view, from: at('2026-10-19T00:00Z'), until: at('2026-11-03T00:00Z'), user: 'kim' }),
  );
  // 09:00 in Berlin, before and after the clocks change on 25 October.
  expect(found.map(({ from, summary }) => `${from} ${summary.slice(0, 15)}`)).toEqual([
    '2026-11-02T00:00 On call: 결제 서비스',
    '2026-10-19T07:00 On call: second',
    '2026-10-26T08:00 On call: second',
    '2026-11-02T08:00 On call: second',
  ]);
});
