import { expect, test } from '@jest/globals';
import { resolveTarget } from './targets.ts';
import { onCallOf } from './testing/written.ts';

const written = onCallOf(`
users:
  kim:
    notify:
      - { channel: push, priorities: [P1, P2] }
      - { channel: call, after: 3m, priorities: [P1] }
    otherwise: [{ channel: mail }]
  minsu: { notify: [{ channel: push }, { channel: mail, after: 1m }] }
  silent: { notify: [{ channel: push, priorities: [P1] }] }
schedules:
  primary:
    timezone: Asia/Seoul
    rotations: [{ users: [kim, minsu, [kim, minsu], silent], every: 1w, start: "2026-11-02T09:00" }]
`);
const resolve = resolveTarget(() => written);
const week = (number: number) => Date.parse('2026-11-02T00:00Z') + number * 7 * 86_400_000;
const told = (target: string, priority: 'P1' | 'P2' | 'P3', at = week(0)) =>
  resolve(target, priority, at).map(({ channel, delay_ms, user }) => `${channel} +${delay_ms / 1_000}s ${user}`);

test('a name is a channel', () => {
  expect(told('pager', 'P1')).toEqual(['pager +0s null']);
});

test('a schedule is whoever is on call at that moment, told as they want to be', () => {
  expect(told('on-call:primary', 'P1')).toEqual(['push +0s kim', 'call +180s kim']);
  expect(told('on-call:primary', 'P1', week(1) - 1)).toEqual(['push +0s kim', 'call +180s kim']);
  expect(told('on-call:primary', 'P1', week(1))).toEqual(['push +0s minsu', 'mail +60s minsu']);
});

test('priorities choose the rules; what none is for goes to the quieter ones', () => {
  expect(told('user:kim', 'P2')).toEqual(['push +0s kim']);
  expect(told('user:kim', 'P3')).toEqual(['mail +0s kim']);
  expect(told('user:silent', 'P2')).toEqual([]);
});

test('a channel that two share is told once at a time', () => {
  expect(told('on-call:primary', 'P1', week(2))).toEqual(['push +0s kim', 'call +180s kim', 'mail +60s minsu']);
});

test('nobody is told where nobody is on call, or the name is gone', () => {
  expect(told('on-call:primary', 'P1', week(0) - 1)).toEqual([]);
  expect(told('on-call:gone', 'P1')).toEqual([]);
  expect(told('user:gone', 'P1')).toEqual([]);
});
