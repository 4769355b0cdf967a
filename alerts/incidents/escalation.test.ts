import { describe, expect, test } from '@jest/globals';
import type { ResolveTarget } from '../on-call/targets.ts';
import { builtInPolicy, type Policy, type Route } from '../policies/policy.ts';
import { failed, passed } from '../testing/observations.ts';
import {
  acknowledge,
  at,
  expectNothingElse,
  expectNotified,
  restart,
  run,
  timeline,
  World,
} from '../testing/timeline.ts';

const JOURNEY = 'post-journey@local';
const CHANNELS = ['pager', 'call-kim', 'push-kim', 'mail'];
const step = (after_ms: number, ...notify: string[]) => ({ after_ms, notify, repeat_every_ms: null });
const world = (policy: Partial<Policy>, resolveTarget?: ResolveTarget) =>
  new World([{ ...builtInPolicy, id: 'critical', ...policy }], CHANNELS, resolveTarget ? { resolveTarget } : {});

const MINUTE = 60_000;

/** Kim is pushed to at once and called after three minutes; nobody is on call by the schedule "nights". */
const onCall: ResolveTarget = (target, priority) => {
  if (target === 'user:kim' || target === 'on-call:days') {
    const push = { channel: 'push-kim', delay_ms: 0, user: 'kim' };
    const call = { channel: 'call-kim', delay_ms: 3 * MINUTE, user: 'kim' };
    return priority === 'P4' ? [push] : [push, call];
  }
  if (target === 'on-call:nights') return [];
  return [{ channel: target, delay_ms: 0, user: null }];
};

describe('a step that names people', () => {
  test('tells each of them in their own way and time', async () => {
    await timeline(world({ escalation: [step(0, 'user:kim', 'mail')] }, onCall), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('push-kim: triggered', 'mail: triggered')),
      at('3m', expectNotified('call-kim: escalated')),
      at('1h', expectNothingElse()),
    ]);
  });

  test('does not call whoever acknowledged before', async () => {
    await timeline(world({ escalation: [step(0, 'user:kim')] }, onCall), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('push-kim')),
      at('2m', acknowledge('kim')),
      at('2m', expectNotified('push-kim: acknowledged')),
      at('1h', expectNothingElse()),
    ]);
  });

  test('is explained with the names of people and the end of their turn, also what comes later', async () => {
    const nameRecipient = ({ channel, user }: { channel: string; user: string | null }) =>
      user === null ? channel : `${channel} of Kim (on call in days until Mon 09:00 UTC)`;
    const deps = { resolveTarget: onCall, nameRecipient };
    const played = new World([{ ...builtInPolicy, escalation: [step(0, 'on-call:days', 'mail')] }], CHANNELS, deps);
    await timeline(played, [
      at('0s', run(JOURNEY, failed)),
      at('1m', restart()),
      at('4m', ({ desk }) => {
        const words = desk.explain(desk.openIncidents()[0]!.id)!.filter(({ stage }) => stage === 'escalate');
        expect(words.map(({ why }) => why)).toEqual([
          'step 1 of 1: push-kim of Kim (on call in days until Mon 09:00 UTC), mail, call-kim of Kim (on call in days until Mon 09:00 UTC) in 3 min',
          'step 1 of 1: call-kim of Kim (on call in days until Mon 09:00 UTC)',
        ]);
      }),
    ]);
  });

  test('keeps its time over a restart', async () => {
    await timeline(world({ escalation: [step(0, 'user:kim')] }, onCall), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('push-kim')),
      at('2m', restart()),
      at('2m59s', expectNothingElse()),
      at('3m', expectNotified('call-kim')),
    ]);
  });

  test('asks who is on call when it is carried out', async () => {
    let who = 'call-kim';
    const changing: ResolveTarget = () => [{ channel: who, delay_ms: 0, user: 'somebody' }];
    await timeline(world({ escalation: [step(0, 'on-call:days'), step(5 * MINUTE, 'on-call:days')] }, changing), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('call-kim')),
      at('1m', () => {
        who = 'pager';
      }),
      at('5m', expectNotified('pager')),
    ]);
  });

  test('tells the others where nobody is on call', async () => {
    await timeline(world({ escalation: [step(0, 'on-call:nights', 'mail')] }, onCall), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('mail: triggered')),
    ]);
  });

  test('tells everyone where nobody is left, and says so', async () => {
    const played = await timeline(world({ escalation: [step(0, 'on-call:nights')] }, onCall), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified(...CHANNELS)),
    ]);
    expect([...played.store.events.values()].map(({ message }) => message)).toContain(
      'step 1 of 1 reaches nobody (on-call:nights), so everyone is told: pager, call-kim, push-kim, mail',
    );
  });

  test('goes on to the next way of a person whose first does not work', async () => {
    const played = world({ escalation: [step(0, 'user:kim'), step(10 * MINUTE, 'pager')] }, onCall);
    played.channel('push-kim').answer = () => ({ status: 'failure', error: new Error('no such device') });
    await timeline(played, [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('call-kim')),
      at('10m', expectNotified('pager')),
    ]);
  });
});

describe('routes', () => {
  const routes: Route[] = [
    { match: { service: 'billing' }, escalation: [step(0, 'mail')] },
    { match: { team: 'posts', environment: 'local' }, escalation: [step(0, 'call-kim')] },
  ];

  test.each([
    ['billing', {}, 'mail'],
    ['reference-api', { team: 'posts' }, 'call-kim'],
    ['reference-api', {}, 'pager'],
  ])('the first that fits decides: %s with %o goes to %s', async (service, labels, channel) => {
    await timeline(world({ routes, labels: labels as Record<string, string>, escalation: [step(0, 'pager')] }), [
      at('0s', run(JOURNEY, { ...failed, service })),
      at('0s', expectNotified(channel)),
    ]);
  });
});

test('the whole chain begins again while nobody acknowledges, so many times', async () => {
  const escalation = [step(0, 'pager'), step(5 * MINUTE, 'call-kim')];
  await timeline(world({ escalation, escalation_loop: { times: 2, every_ms: 30 * MINUTE } }), [
    at('0s', run(JOURNEY, failed)),
    at('0s', expectNotified('pager: triggered')),
    at('5m', expectNotified('call-kim: escalated')),
    at('30m', expectNotified('pager: escalated')),
    at('35m', expectNotified('call-kim: escalated')),
    at('60m', expectNotified('pager: escalated')),
    at('65m', expectNotified('call-kim: escalated')),
    at('6h', expectNothingElse()),
  ]);
});

test('a loop replaces the repeats of the time before instead of adding to them', async () => {
  const escalation = [{ after_ms: 0, notify: ['pager'], repeat_every_ms: 10 * MINUTE }];
  await timeline(world({ escalation, escalation_loop: { times: 1, every_ms: 25 * MINUTE } }), [
    at('0s', run(JOURNEY, failed)),
    at('0s', expectNotified('pager')),
    at('10m', expectNotified('pager')),
    at('20m', expectNotified('pager')),
    at('25m', expectNotified('pager')),
    at('34m', expectNothingElse()),
    at('35m', expectNotified('pager')),
  ]);
});

describe('what stays open', () => {
  const renotify = { triggered_every_ms: 4 * 60 * MINUTE, acknowledged_every_ms: 24 * 60 * MINUTE };

  test('is told again, more seldom once somebody has it, and no more when it is over', async () => {
    const played = await timeline(world({ escalation: [step(0, 'pager')], renotify }), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('4h', expectNotified('pager: escalated')),
      at('5h', acknowledge('kim')),
      at('5h', expectNotified('pager: acknowledged')),
      at('28h', expectNothingElse()),
      at('29h', expectNotified('pager: escalated')),
      at('29h', run(JOURNEY, passed)),
      at('29h', expectNotified('pager: resolved')),
      at('90h', expectNothingElse()),
    ]);
    expect(played.channel('pager').accepted.at(-2)!.page.headline).toContain('acknowledged by kim');
    const kinds = [...played.store.events.values()].filter(({ kind }) => kind === 'renotified');
    expect(kinds).toHaveLength(2);
  });

  test('is not told again without the policy saying so', async () => {
    await timeline(world({ escalation: [step(0, 'pager')] }), [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager')),
      at('99h', expectNothingElse()),
    ]);
  });
});
