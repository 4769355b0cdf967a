import { describe, expect, test } from '@jest/globals';
import { readDocument } from '../../core/document/index.ts';
import { onCallTargets, parseOnCall } from './parse.ts';
import { onCallOf, parseWritten, words } from './testing/written.ts';

const AT = Date.parse('2026-11-23T00:00Z');
const wrong = (text: string) => parseWritten(text, ['push', 'call'], AT).diagnostics.map(words);
const noted = (text: string) => parseWritten(text, ['push', 'call'], AT).notes.map(words);

const USERS = 'users: { kim: { notify: [{ channel: push }] }, minsu: { notify: [{ channel: push }] } }\n';
const rotation = (entry: string) =>
  `${USERS}schedules: { primary: { timezone: Asia/Seoul, rotations: [{ ${entry} }] } }`;
const overrides = (entries: string) =>
  `${USERS}schedules:\n  primary:\n    timezone: Asia/Seoul\n    rotations: []\n    overrides:\n${entries}`;

test('a section is read with its defaults', () => {
  const { users, schedules } = onCallOf(`
users:
  kim: { name: Kim Minji, timezone: Asia/Seoul, language: ko-KR, contacts: { slack: U024BE7LH }, notify: [{ channel: push }, { channel: call, after: 3m, priorities: [P1, P2] }] }
  guest: {}
schedules:
  primary:
    timezone: Asia/Seoul
    rotations: [{ users: [kim, [kim]], every: 2w, start: 2026-11-02T09:00, hours: { from: "09:00", to: "18:00", days: [fri-mon] } }]
`);
  expect(users.get('kim')).toEqual({
    key: 'kim',
    name: 'Kim Minji',
    timezone: 'Asia/Seoul',
    language: 'ko-KR',
    contacts: { slack: 'U024BE7LH' },
    notify: [
      { channel: 'push', after_ms: 0, priorities: [] },
      { channel: 'call', after_ms: 180_000, priorities: ['P1', 'P2'] },
    ],
    otherwise: [],
  });
  expect(users.get('guest')).toMatchObject({ name: 'guest', timezone: null, notify: [] });
  const [only] = schedules.get('primary')!.rotations;
  expect(only).toEqual({
    name: 'rotation 1',
    turns: [['kim'], ['kim']],
    every: { unit: 'hours', count: 336 },
    start: Date.UTC(2026, 10, 2, 9),
    since: null,
    until: null,
    windows: [0, 4, 5, 6].map((day) => ({ from_minute: day * 1440 + 540, to_minute: day * 1440 + 1080 })),
  });
});

test('escalation steps may name its schedules and users', () => {
  const onCall = onCallOf(rotation('users: [kim], every: 1w, start: 2026-11-02T09:00'));
  expect(onCallTargets(onCall)).toEqual(['on-call:primary', 'user:kim', 'user:minsu']);
});

describe('what is wrong is told at its place', () => {
  test.each([
    ['users: [kmi], every: 1w, start: 2026-11-02T09:00', '2:69 unknown user "kmi" (did you mean "kim"?)'],
    ['users: [[kim, guest]], every: 1w, start: 2026-11-02T09:00', '2:75 unknown user "guest" (known: kim, minsu)'],
    ['users: [kim], every: 1w, start: 2026-02-30T09:00', '2:93 there is no 2026-02-30 09:00'],
    [
      'users: [kim], every: 1y, start: 2026-11-02T09:00',
      'every must be a length such as 12h, 1d, 1w, month or 2 months',
    ],
    ['users: [kim], every: 60w, start: 2026-11-02T09:00', '2:82 a turn is a year at most'],
    ['users: [kim], every: 13 months, start: 2026-11-02T09:00', 'a turn is a year at most'],
    ['users: [kim], every: 1w, start: 9am', 'start must be a local time such as 2026-11-02T09:00'],
    ['users: [kim], every: 1w, start: 2026-11-02T09:00Z', 'start must be a local time such as 2026-11-02T09:00'],
    ['users: [kim], every: 1w, start: 2026-11-02T09:00, until: 2026-11-02T09:00', 'it must end after it begins'],
    [
      'users: [kim], every: 1w, start: 2026-11-02T09:00, hours: { from: "9:00", to: "18:00" }',
      'from must be a time of day such as 09:00',
    ],
    [
      'users: [kim], every: 1w, start: 2026-11-02T09:00, hours: { from: fri 18:00, to: "09:00" }',
      'from and to both name a day of the week',
    ],
    [
      'users: [kim], every: 1w, start: 2026-11-02T09:00, hours: { from: "24:00", to: "09:00" }',
      'it begins at 00:00 of the day after',
    ],
    [
      'users: [kim], every: 1w, start: 2026-11-02T09:00, hours: [{ from: fri 18:00, to: mon 09:00, days: [sat] }]',
      'from and to say the day already',
    ],
    [
      'users: [kim], every: 1w, start: 2026-11-02T09:00, hours: { from: "09:00", to: "18:00", days: [monday] }',
      'must be days such as mon or mon-fri',
    ],
    ['users: [], every: 1w, start: 2026-11-02T09:00', 'users must not be empty'],
    ['user: [kim], every: 1w, start: 2026-11-02T09:00', 'unknown key "user" in rotations[0] (did you mean "users"?)'],
  ])('%s', (entry, expected) => {
    expect(wrong(rotation(entry)).join('\n')).toContain(expected);
  });

  test('of people: channels, zones, and who could not be told', () => {
    expect(
      wrong(`users:
  kim: { timezone: Asia/Seol, notify: [{ channel: psh }, { channel: call, priorities: [P5] }] }
  guest: {}
`),
    ).toEqual(['2:88 priorities[0] must be one of P1, P2, P3, P4, found the text "P5" (did you mean "P1"?)']);
    expect(
      wrong(`users:
  kim: { timezone: Asia/Seol, notify: [{ channel: psh }] }
  guest: {}
schedules:
  primary: { timezone: "+09:00", rotations: [{ users: [guest, guest], every: 1w, start: 2026-11-02T09:00 }] }
`),
    ).toEqual([
      '2:20 unknown time zone "Asia/Seol" (did you mean "Asia/Seoul"?)',
      '2:51 unknown channel "psh" (did you mean "push"?)',
      '5:24 unknown time zone "+09:00" (for example: Asia/Seoul)',
      '5:56 guest is on call and could not be told (give users.guest a list `notify`)',
    ]);
  });

  test('of overrides: who, when, and one over another', () => {
    expect(
      wrong(
        overrides(`      - { user: kim, from: 2026-12-24T09:00, to: 2026-12-25T09:00 }
      - { user: minsu, from: 2026-12-25T08:00, to: 2026-12-26T09:00 }
      - { user: minsu, from: 2026-12-26T09:00, to: 2026-12-26T09:00 }
      - { from: 2026-12-27T09:00, to: 2026-12-28T09:00 }
      - { user: kim, users: [minsu], from: 2026-12-29T09:00+09:00, to: 2026-12-32T09:00 }
`),
      ),
    ).toEqual([
      '8:30 it overlaps the override in line 7 (end one where the other begins)',
      '9:52 it must end after it begins',
      '10:9 an override names its user',
      '11:9 user and users exclude each other',
      '11:72 there is no 2026-12-32 09:00',
    ]);
    const gap = overrides('      - { user: kim, from: 2026-03-29T02:10, to: 2026-03-29T02:50 }\n').replace(
      'Asia/Seoul',
      'Europe/Berlin',
    );
    expect(wrong(gap)).toEqual(['7:50 it lasts no time: the clocks skip it']);
  });

  test('two rotations of one name', () => {
    const text = `${USERS}schedules: { primary: { timezone: UTC, rotations: [
  { name: a, users: [kim], every: 1w, start: 2026-11-02T09:00 },
  { name: a, users: [kim], every: 1w, start: 2026-11-02T09:00 } ] } }`;
    expect(wrong(text)).toEqual(['4:11 the name "a" is used twice in primary']);
  });
});

describe('what is right, but perhaps not what is wanted, is noted', () => {
  test('hours in which nobody is on call', () => {
    const office =
      'users: [kim], every: 1w, start: 2026-11-02T09:00, hours: { from: "09:00", to: "18:00", days: [mon-fri] }';
    expect(noted(rotation(office))).toEqual([
      '2:14 nobody is on call in primary for 21 d of four weeks, first from 2026-11-23 18:00 to 2026-11-24 09:00 (Asia/Seoul)',
    ]);
    expect(noted(rotation('users: [kim], every: 1w, start: 2026-11-02T09:00'))).toEqual([]);
    // A plan for later is judged from when it stands.
    expect(noted(rotation('users: [kim], every: 1w, start: 2027-11-02T09:00'))).toEqual([]);
    expect(noted(overrides('      - { user: kim, from: 2020-12-24T09:00, to: 2020-12-25T09:00 }\n'))).toEqual([
      '3:3 nobody is ever on call in primary',
    ]);
  });

  test('priorities of which somebody hears nothing', () => {
    expect(noted('users: { kim: { notify: [{ channel: push, priorities: [P1, P2] }] } }')).toEqual([
      '1:10 kim is not told of P3, P4 (`otherwise` takes quieter channels for them)',
    ]);
    const covered = 'users: { kim: { notify: [{ channel: push, priorities: [P1] }], otherwise: [{ channel: call }] } }';
    expect(noted(covered)).toEqual([]);
  });
});

test('what stands for a value that is not known yet is not judged', () => {
  const text = rotation('users: [kim], every: 1w, start: "${START}"').replace('Asia/Seoul', '"${ZONE}"');
  const doc = readDocument(text, 'ringdown.yaml');
  const around = { path: [], channels: ['push'], at: AT, open: (value: string) => value.startsWith('${') };
  expect(parseOnCall(doc, doc.value, around)).toEqual({ onCall: null, diagnostics: [], notes: [] });
});
