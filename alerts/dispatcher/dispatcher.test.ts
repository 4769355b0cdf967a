import { describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../core/delivery.ts';
import type { EarlierAttempt, Notification } from '../notifier.ts';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { failed, passed, unreachable } from '../testing/observations.ts';
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
const busy: Delivery = { status: 'retryable', error: new Error('status 503') };

const twoSteps: Policy = {
  ...builtInPolicy,
  id: 'critical',
  priority: 'P1',
  rules: [],
  escalation: [
    { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
    { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: null },
  ],
  resolve: { after_passing: 1 },
};
const onPolicy = { policy: 'critical' } as const;
const twoChannels = () => new World([twoSteps], ['pager', 'call-kim']);

const refuse = (channel: string, answer: Delivery) => (world: World) => {
  world.channel(channel).answer = () => answer;
};
const accept = (channel: string) => refuse(channel, { status: 'accepted' });

describe('a channel that does not take a page', () => {
  test('is tried again with growing pauses, and takes it in the end', async () => {
    const played = await timeline(new World([], ['pager']), [
      at('0s', refuse('pager', busy)),
      at('0s', run(JOURNEY, failed)),
      at('10m', expectNothingElse()),
      at('10m', accept('pager')),
      at('11m', expectNotified('pager: triggered')),
    ]);
    const { tried } = played.channel('pager');
    expect(tried.length).toBeGreaterThan(10);
    expect(tried.length).toBeLessThan(25);
    expect(new Set(tried.map(({ delivery_id }) => delivery_id)).size).toBe(1);
    expect([...played.store.deliveries.values()]).toMatchObject([{ status: 'accepted', attempts: tried.length }]);
  });

  test('is not asked again before the time it named', async () => {
    const wait: Delivery = { status: 'retryable', error: new Error('status 429'), retryAfterMs: 45_000 };
    const played = await timeline(new World([], ['pager']), [
      at('0s', refuse('pager', wait)),
      at('0s', run(JOURNEY, failed)),
      at('1s', accept('pager')),
      at('44s', expectNothingElse()),
      at('45s', expectNotified('pager')),
    ]);
    expect(played.channel('pager').tried).toHaveLength(2);
  });

  test('for good brings the next step forward at once', async () => {
    const played = await timeline(twoChannels(), [
      at('0s', refuse('pager', { status: 'failure', error: new Error('status 400: unknown routing key') })),
      at('0s', run(JOURNEY, { ...failed, ...onPolicy })),
      at('0s', expectNotified('call-kim: escalated')),
      at('1h', expectNothingElse()),
    ]);
    const events = [...played.store.events.values()].map(({ kind, message }) => `${kind}: ${message}`);
    expect(events).toContain('delivery_failed: pager did not take "triggered": status 400: unknown routing key');
  });

  test('for half a minute brings the next step forward, and still gets the page when it is back', async () => {
    await timeline(twoChannels(), [
      at('0s', refuse('pager', busy)),
      at('0s', run(JOURNEY, { ...failed, ...onPolicy })),
      at('25s', expectNothingElse()),
      at('1m', expectNotified('call-kim: escalated')),
      at('5m', accept('pager')),
      at('7m', expectNotified('pager: triggered')),
    ]);
  });

  test('and no step is left: everyone who was not told is told', async () => {
    const alone: Policy = { ...twoSteps, escalation: [twoSteps.escalation[0]!] };
    await timeline(new World([alone], ['pager', 'call-kim', 'team']), [
      at('0s', refuse('pager', { status: 'failure', error: new Error('gone') })),
      at('0s', run(JOURNEY, { ...failed, ...onPolicy })),
      at('0s', expectNotified('call-kim: escalated', 'team: escalated')),
    ]);
  });

  test('is given up after six hours, as a failure that is on record, where somebody has the incident', async () => {
    const played = await timeline(new World([], ['pager']), [
      at('0s', refuse('pager', busy)),
      at('0s', run(JOURNEY, failed)),
      at('1m', acknowledge('kim')),
      at('7h', expectNothingElse()),
    ]);
    expect([...played.store.deliveries.values()].map(({ status }) => status)).toContain('failed');
    expect([...played.store.deliveries.values()][0]!.last_error).toBe('given up after 6 h: status 503');
  });

  test('gets it after a night without a network, when nobody else could be told either', async () => {
    await timeline(new World([], ['pager']), [
      at('0s', refuse('pager', busy)),
      at('0s', run(JOURNEY, failed)),
      at('9h', accept('pager')),
      at('9h2m', expectNotified('pager: triggered')),
    ]);
  });

  test('does not hold up the others, though it never answers', async () => {
    const played = new World([], ['pager', 'team']);
    played.channel('pager').answer = () => new Promise(() => undefined);
    await timeline(played, [
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('team: triggered')),
      at('1s', run('other@staging', failed)),
      at('1s', expectNotified('team: triggered')),
      at('30s', run(JOURNEY, passed)),
      at('30s', expectNotified('team: resolved')),
    ]);
    expect(played.channel('pager').tried.length).toBeGreaterThan(1);
  });

  test('for longer than half a minute by its own word counts as down, also for what happens meanwhile', async () => {
    const wait: Delivery = { status: 'retryable', error: new Error('status 429'), retryAfterMs: 600_000 };
    await timeline(twoChannels(), [
      at('0s', refuse('pager', wait)),
      at('0s', run(JOURNEY, { ...failed, ...onPolicy })),
      at('29s', expectNothingElse()),
      at('30s', expectNotified('call-kim: escalated')),
      at('1m', run('other@staging', { ...failed, ...onPolicy })),
      at('89s', expectNothingElse()),
      at('90s', expectNotified('call-kim: escalated')),
    ]);
  });

  test('and names a day is asked again after a quarter of an hour', async () => {
    const wait: Delivery = { status: 'retryable', error: new Error('status 429'), retryAfterMs: 86_400_000 };
    await timeline(new World([], ['pager']), [
      at('0s', refuse('pager', wait)),
      at('0s', run(JOURNEY, failed)),
      at('1m', accept('pager')),
      at('16m', expectNotified('pager: triggered')),
    ]);
  });

  test('is not rung once for every repeat that it missed when it is back', async () => {
    const persistent: Policy = {
      ...twoSteps,
      escalation: [
        twoSteps.escalation[0]!,
        { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: 120_000 },
        { after_ms: 3_600_000, notify: ['call-lee'], repeat_every_ms: null },
      ],
    };
    const played = await timeline(new World([persistent], ['pager', 'call-kim', 'call-lee']), [
      at('0s', refuse('call-kim', busy)),
      at('0s', run(JOURNEY, { ...failed, ...onPolicy })),
      at('0s', expectNotified('pager: triggered')),
      at('29m30s', expectNotified('call-lee: escalated')),
      at('29m30s', accept('call-kim')),
      at('30m50s', expectNotified('call-kim: escalated')),
      at('31m30s', expectNotified('call-kim: escalated')),
    ]);
    const pending = [...played.store.deliveries.values()].filter(({ status }) => status === 'pending');
    expect(pending).toEqual([]);
  });

  test('hears of the end only after it has heard of the beginning', async () => {
    const played = await timeline(new World([], ['pager']), [
      at('0s', refuse('pager', busy)),
      at('0s', run(JOURNEY, failed)),
      at('20s', run(JOURNEY, passed)),
      at('30s', accept('pager')),
      at('2m', expectNotified('pager: triggered', 'pager: resolved')),
    ]);
    expect(played.channel('pager').accepted.map(({ event }) => event)).toEqual([
      'incident.triggered',
      'incident.resolved',
    ]);
  });

  test('is not called for an escalation that somebody has answered meanwhile', async () => {
    const played = await timeline(twoChannels(), [
      at('0s', refuse('call-kim', busy)),
      at('0s', run(JOURNEY, { ...failed, ...onPolicy })),
      at('0s', expectNotified('pager: triggered')),
      at('5m10s', accept('call-kim')),
      at('5m10s', acknowledge('kim')),
      at('5m10s', expectNotified('pager: acknowledged', 'call-kim: acknowledged')),
      at('1h', expectNothingElse()),
    ]);
    const escalated = [...played.store.deliveries.values()].find(({ event }) => event === 'incident.escalated');
    expect(escalated?.status).toBe('cancelled');
  });

  test('that throws is tried again like one that is down', async () => {
    const played = new World([], ['pager']);
    let calls = 0;
    played.channel('pager').answer = () => {
      if (++calls === 1) throw new TypeError('a bug');
      return { status: 'accepted' };
    };
    await timeline(played, [at('0s', run(JOURNEY, failed)), at('2s', expectNotified('pager'))]);
  });
});

describe('an answer that leaves open whether it arrived', () => {
  const unclear = (lookup: () => Promise<Delivery>): Delivery => ({
    status: 'ambiguous',
    error: new Error('connection reset after the request was sent'),
    lookup,
  });

  test('is looked up before another call is made, and no second call follows when it did arrive', async () => {
    const played = await timeline(new World([], ['call-kim']), [
      at(
        '0s',
        refuse(
          'call-kim',
          unclear(async () => ({ status: 'accepted', providerRef: 'CA123' })),
        ),
      ),
      at('0s', run(JOURNEY, failed)),
      at('10m', expectNothingElse()),
    ]);
    expect(played.channel('call-kim').tried).toHaveLength(1);
    expect([...played.store.deliveries.values()]).toMatchObject([
      { status: 'accepted', provider_ref: 'CA123', attempts: 1 },
    ]);
  });

  test('is followed by a second call when the vendor knows of none', async () => {
    const played = new World([], ['call-kim']);
    const answers: Delivery[] = [
      unclear(async () => ({ status: 'retryable', error: new Error('no such call') })),
      { status: 'accepted' },
    ];
    played.channel('call-kim').answer = () => answers.shift()!;
    await timeline(played, [at('0s', run(JOURNEY, failed)), at('5s', expectNotified('call-kim'))]);
    expect(played.channel('call-kim').tried).toHaveLength(2);
  });

  test('that stays unclear ends in a second call rather than in none', async () => {
    const played = new World([], ['call-kim']);
    const answers: Delivery[] = [unclear(async () => answers[0]!), { status: 'accepted' }];
    const asked = unclear(async () => asked);
    played.channel('call-kim').answer = () =>
      played.channel('call-kim').tried.length === 1 ? asked : { status: 'accepted' };
    await timeline(played, [at('0s', run(JOURNEY, failed)), at('1m', expectNotified('call-kim'))]);
  });

  test('a restart asks the vendor before it calls again', async () => {
    const played = new World([], ['call-kim']);
    const channel = played.channel('call-kim');
    const asked: Notification[] = [];
    channel.lookup = async (notification) => {
      asked.push(notification);
      return { status: 'accepted', providerRef: 'CA1' };
    };
    // The call is placed, and the process dies before it hears so.
    channel.answer = () => new Promise(() => undefined);
    await timeline(played, [at('0s', run(JOURNEY, failed)), at('1s', restart()), at('1m', expectNothingElse())]);
    expect(asked).toHaveLength(1);
    expect(channel.tried).toHaveLength(1);
    expect([...played.store.deliveries.values()]).toMatchObject([{ status: 'accepted', provider_ref: 'CA1' }]);
  });

  test('the vendor is asked about this very attempt: an earlier call is not taken for it', async () => {
    const twice: Policy = {
      ...twoSteps,
      escalation: [{ after_ms: 0, notify: ['call-kim'], repeat_every_ms: 420_000 }],
    };
    const played = new World([twice], ['call-kim']);
    const channel = played.channel('call-kim');
    const asked: EarlierAttempt[] = [];
    channel.lookup = async (_notification, attempt) => {
      asked.push(attempt);
      return { status: 'retryable', error: new Error('no such call') };
    };
    channel.answer = () => ({ status: 'accepted', providerRef: 'CA1' });
    await timeline(played, [
      at('0s', run(JOURNEY, { ...failed, ...onPolicy })),
      at('6m59s', expectNotified('call-kim: triggered')),
      at('6m59s', () => {
        channel.answer = () => new Promise(() => undefined);
      }),
      at('7m1s', () => {
        channel.answer = () => ({ status: 'accepted', providerRef: 'CA2' });
      }),
      at('7m1s', restart()),
      at('7m5s', expectNotified('call-kim: escalated')),
    ]);
    expect(asked.map(({ since }) => since)).toEqual([Date.UTC(2026, 10, 23, 3, 7)]);
    expect([...asked[0]!.others]).toContain('CA1');
  });
});

test('three thousand failures at once: one incident with the exact count, critical ones first', async () => {
  const played = new World([twoSteps], ['pager', 'call-kim']);
  let answer: (() => void)[] = [];
  played.channel('pager').answer = () => new Promise((resolve) => answer.push(() => resolve({ status: 'accepted' })));
  await played.desk.start();
  for (let index = 0; index < 20; index++) await played.run(`m${index}@e${index}`, failed);
  await played.run('urgent@production', { ...failed, ...onPolicy });
  for (let index = 0; index < 3_000; index++) {
    const observation = { ...unreachable, environment: 'production', service: 'billing' };
    void played.run(`b${index}@production`, observation);
  }
  await played.clock.advance(0);
  const inFlight = answer;
  answer = [];
  for (const release of inFlight) release();
  await played.clock.advance(0);
  const order = played.channel('pager').tried.map(({ incident }) => incident.monitors[0]);
  // Four were under way already when it came.
  expect(order.indexOf('urgent@production')).toBe(4);
  expect(played.desk.openIncidents().find(({ service }) => service === 'billing')?.monitors).toHaveLength(3_000);
}, 60_000);

test('updates that wait for a channel that is down are one, not one per change', async () => {
  const played = new World([], ['slack'], { events: ['incident.triggered', 'incident.updated', 'incident.resolved'] });
  await timeline(played, [at('0s', refuse('slack', busy)), at('0s', run(JOURNEY, unreachable))]);
  for (let index = 0; index < 50; index++) {
    await played.run(`m${index}@local`, unreachable);
    await played.clock.advance(5_000);
  }
  await accept('slack')(played);
  await played.clock.advance(120_000);
  expect(played.channel('slack').accepted.map(({ event }) => event)).toEqual([
    'incident.triggered',
    'incident.updated',
  ]);
  expect(played.channel('slack').accepted[1]?.incident.monitors).toHaveLength(51);
  expect([...played.store.deliveries.values()].filter(({ status }) => status === 'pending')).toEqual([]);
});
