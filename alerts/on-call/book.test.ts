import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { createOnCall } from './book.ts';
import type { Override } from './on-call.ts';
import { MemoryOverrides } from './testing/memory-overrides.ts';
import { onCallOf } from './testing/written.ts';

const HOUR_MS = 3_600_000;
const written = onCallOf(`
users: { kim: { notify: [{ channel: push }] }, minsu: { notify: [{ channel: call }] }, guest: {} }
schedules:
  primary:
    timezone: Asia/Seoul
    rotations: [{ users: [kim], every: 1w, start: "2026-11-02T09:00" }]
    overrides: [{ user: minsu, from: "2026-12-24T09:00", to: "2026-12-25T09:00" }]
`);
const at = (text: string) => Date.parse(text);

async function book(store = new MemoryOverrides(), on = written) {
  const clock = new VirtualClock(at('2026-11-23T00:00Z'));
  const onCall = createOnCall(on, clock, store);
  await onCall.load();
  const told = () => onCall.resolve('on-call:primary', 'P1', clock.now()).map(({ user }) => user);
  const add = async (entry: object) => {
    const added = await onCall.addOverride('primary', {
      users: ['minsu'],
      created_by: 'kim',
      from: '',
      to: '',
      ...entry,
    });
    if ('refused' in added) throw new Error(added.reason);
    return added;
  };
  return { clock, onCall, store, told, add };
}

describe('an override that people add', () => {
  test('counts from its first minute to its last, and after a restart', async () => {
    const { clock, told, add, store } = await book();
    await add({ from: '2026-11-23T10:00', to: '2026-11-23T11:00' });
    expect(told()).toEqual(['kim']);
    await clock.advance(HOUR_MS);
    expect(told()).toEqual(['minsu']);
    const again = await book(store);
    await again.clock.advance(HOUR_MS);
    expect(again.told()).toEqual(['minsu']);
    await again.clock.advance(HOUR_MS);
    expect(again.told()).toEqual(['kim']);
  });

  test('stands over those that were added before, and over those of the config', async () => {
    const { onCall, add } = await book();
    await add({ users: ['kim'], from: '2026-12-24T12:00', to: '2026-12-24T14:00' });
    const [schedule] = [...onCall.onCall().schedules.values()];
    const found = onCall.shifts(schedule!, at('2026-12-24T00:00Z'), at('2026-12-25T00:00Z'));
    expect(found.map(({ users }) => users.join())).toEqual(['minsu', 'kim', 'minsu']);
  });

  test('is not there when it could not be kept', async () => {
    const { onCall, add, store, told, clock } = await book();
    store.broken = new Error('disk full');
    await expect(add({ from: '2026-11-23T10:00', to: '2026-11-23T11:00' })).rejects.toThrow('disk full');
    await clock.advance(HOUR_MS);
    expect(told()).toEqual(['kim']);
    expect(onCall.onCall().schedules.get('primary')!.overrides).toHaveLength(1);
  });

  test('is not forgotten when the others are read only later', async () => {
    const store = new MemoryOverrides();
    const early = await book(store);
    await early.add({ from: '2026-11-23T10:00', to: '2026-11-23T11:00' });
    const { onCall, add } = await book(store);
    const reading = store.list('');
    store.list = () => reading;
    await add({ from: '2026-11-25T10:00', to: '2026-11-25T11:00' });
    await onCall.load();
    expect(onCall.onCall().schedules.get('primary')!.overrides).toHaveLength(3);
  });

  test('by people who are gone leaves no gap', async () => {
    const { add, store } = await book();
    await add({ from: '2026-11-23T10:00', to: '2026-11-23T11:00' });
    const without = { ...written, users: new Map([...written.users].filter(([key]) => key !== 'minsu')) };
    const again = await book(store, without);
    await again.clock.advance(HOUR_MS);
    expect(again.told()).toEqual(['kim']);
  });
});

describe('taking an override back', () => {
  test('removes one that is to come, and ends one that has begun', async () => {
    const { clock, onCall, add, told, store } = await book();
    const coming = await add({ from: '2026-11-24T10:00', to: '2026-11-24T11:00' });
    expect(await onCall.removeOverride('primary', coming.id)).toEqual(coming);
    expect(store.rows).toEqual([]);

    const running = await add({ from: '2026-11-23T10:00', to: '2026-11-23T15:00' });
    await clock.advance(2 * HOUR_MS);
    expect(told()).toEqual(['minsu']);
    const ended = (await onCall.removeOverride('primary', running.id)) as Override;
    expect(ended).toMatchObject({ from: at('2026-11-23T01:00Z'), until: at('2026-11-23T02:00Z') });
    expect(told()).toEqual(['kim']);
    // Who was on call then stays known.
    expect(store.rows).toMatchObject([{ ends_at: '2026-11-23T02:00:00.000Z' }]);
    expect(await onCall.removeOverride('primary', running.id)).toMatchObject({ refused: 'invalid' });
  });

  test('is refused for those of the config and those that do not exist', async () => {
    const { onCall } = await book();
    expect(await onCall.removeOverride('primary', 'config-primary-1')).toMatchObject({ refused: 'not_ours' });
    expect(await onCall.removeOverride('primary', 'x')).toMatchObject({ refused: 'unknown_override' });
    expect(await onCall.removeOverride('primry', 'x')).toEqual({
      refused: 'unknown_schedule',
      reason: 'there is no schedule "primry"; did you mean "primary"?',
    });
  });
});

test.each([
  [{ users: ['kmi'] }, 'unknown user "kmi"; did you mean "kim"?'],
  [{ users: [] }, 'it names nobody'],
  [{ users: ['guest'] }, 'guest could not be told: ringdown.yaml has no `notify` for this user'],
  [{ from: '2026-02-30T09:00' }, 'from must be a time such as 2026-12-24T09:00 (Asia/Seoul) or 2026-12-24T09:00:00Z'],
  [{ to: 'tomorrow' }, 'to must be a time such as 2026-12-24T09:00 (Asia/Seoul) or 2026-12-24T09:00:00Z'],
  [{ to: '2026-11-24T09:00' }, 'it must end after it begins'],
  [{ from: '2026-11-20T09:00', to: '2026-11-21T09:00' }, 'it lies in the past'],
  [{ to: '2028-11-21T09:00' }, 'it is longer than a year: that is a rotation, in ringdown.yaml'],
])('an override %j is refused, and why is said', async (entry, reason) => {
  const { add, store } = await book();
  await expect(add({ from: '2026-11-24T09:00', to: '2026-11-25T09:00', ...entry })).rejects.toThrow(reason);
  expect(store.rows).toEqual([]);
});

test('the calendar has the overrides that were added, and tells when it changed', async () => {
  const { clock, onCall, add } = await book();
  const before = onCall.calendarOf('primary')!;
  await clock.advance(60_000);
  expect(onCall.calendarOf('primary')).toBe(before);
  await add({ from: '2026-11-24T10:00', to: '2026-11-24T11:00' });
  const after = onCall.calendarOf('primary')!;
  expect(after).toContain('Override\\, by kim');
  expect(after).toContain('DTSTAMP:20261123T000100Z');
  expect(onCall.calendarOfUser('minsu')).toContain('SUMMARY:On call: primary');
  expect(onCall.calendarOf('x')).toBeUndefined();
  expect(onCall.calendarOfUser('x')).toBeUndefined();
});
