import { expect, test } from '@jest/globals';
import { resolveTarget } from './targets.ts';
import { onCallOf } from './testing/written.ts';
import { nameRecipient } from './words.ts';

const written = onCallOf(`
users:
  kim: { name: Kim Minji, notify: [{ channel: call }] }
  minsu: { notify: [{ channel: push }] }
schedules:
  primary:
    timezone: Asia/Seoul
    rotations: [{ users: [kim, minsu], every: 1w, start: "2026-11-02T09:00" }]
    overrides: [{ user: minsu, from: "2026-11-20T18:00", to: "2026-11-21T08:00" }]
  months:
    timezone: America/New_York
    rotations: [{ users: [kim, minsu], every: 2w, start: "2026-11-02T09:00" }]
  always:
    timezone: UTC
    rotations: [{ users: [kim], every: 1w, start: "2026-11-02T09:00" }]
`);
const named = (target: string, at: string) =>
  resolveTarget(() => written)(target, 'P1', Date.parse(at)).map((recipient) =>
    nameRecipient(() => written)(recipient, Date.parse(at)),
  );

test('a channel is itself, a person has a name, and who is on call has a schedule and an end', () => {
  expect(named('pager', '2026-11-04T00:00Z')).toEqual(['pager']);
  expect(named('user:kim', '2026-11-04T00:00Z')).toEqual(['call of Kim Minji']);
  expect(named('on-call:primary', '2026-11-04T00:00Z')).toEqual([
    'call of Kim Minji (on call in primary until Mon 09:00 Asia/Seoul)',
  ]);
});

test('it ends with an override, too; a day that is more than a week away has a date, and without an end there is none', () => {
  expect(named('on-call:primary', '2026-11-20T12:00Z')).toEqual([
    'push of minsu (on call in primary until Sat 08:00 Asia/Seoul)',
  ]);
  expect(named('on-call:months', '2026-11-04T00:00Z')).toEqual([
    'call of Kim Minji (on call in months until Mon 16 Nov 09:00 America/New_York)',
  ]);
  expect(named('on-call:always', '2026-11-04T00:00Z')).toEqual(['call of Kim Minji (on call in always)']);
});

test('somebody who is gone is known by the key', () => {
  const recipient = { channel: 'call', delay_ms: 0, user: 'gone', schedule: 'gone' };
  expect(nameRecipient(() => written)(recipient, 0)).toBe('call of gone');
});
