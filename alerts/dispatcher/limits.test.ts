import { describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../core/delivery.ts';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { failed, observe } from '../testing/observations.ts';
import { at, expectNothingElse, expectNotified, run, timeline, World } from '../testing/timeline.ts';

const LIMIT = 120;
const limit = { rateLimit: { key: 'pagerduty R0', per_minute: LIMIT } };

const policy = (id: string, priority: Policy['priority'], notify: string[], more: Partial<Policy> = {}): Policy => ({
  ...builtInPolicy,
  id,
  priority,
  rules: [],
  escalation: [{ after_ms: 0, notify, repeat_every_ms: null }],
  resolve: { after_passing: 1 },
  ...more,
});
const urgent = policy('urgent', 'P1', ['pager']);
const idle = policy('idle', 'P4', ['pager']);

interface Sent {
  atMs: number;
  channel: string;
  monitor: string;
}

/** Notes when each channel was told. */
function watch(world: World): Sent[] {
  const sent: Sent[] = [];
  for (const [name, channel] of world.channels) {
    channel.answer = ({ incident }) => {
      sent.push({ atMs: world.clock.monotonic(), channel: name, monitor: incident.monitors[0]! });
      return { status: 'accepted' };
    };
  }
  return sent;
}

const fail = (world: World, count: number, name: string, policyId: string) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      world.desk.observe({
        ...observe(`${name}-${index}@e${name}${index}`, failed, world.clock.now()),
        policy: policyId,
        environment: `e${name}${index}`,
      }),
    ),
  );
function mostInAMinute(sent: readonly Sent[]): number {
  return Math.max(
    0,
    ...sent.map(({ atMs }) => sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + 60_000).length),
  );
}

describe('what a vendor takes', () => {
  test('is never exceeded over all channels of the account, and each incident is told of once', async () => {
    const both = policy('both', 'P2', ['pager', 'second']);
    const world = new World([both], ['pager', 'second'], { bounds: { pager: limit, second: limit } });
    const sent = watch(world);
    await world.start();
    await fail(world, 200, 'm', 'both');
    await world.clock.advance(300_000);
    expect(mostInAMinute(sent)).toBeLessThanOrEqual(LIMIT);
    expect(mostInAMinute(sent)).toBeGreaterThan(LIMIT * 0.85);
    expect(sent).toHaveLength(400);
    expect(new Set(sent.map(({ channel, monitor }) => `${channel} ${monitor}`)).size).toBe(400);
  });

  test('goes to the most urgent first, whichever channel it is for', async () => {
    const other = policy('other', 'P1', ['second']);
    const world = new World([urgent, idle, other], ['pager', 'second'], { bounds: { pager: limit, second: limit } });
    const sent = watch(world);
    await world.start();
    await fail(world, 300, 'idle', 'idle');
    await world.clock.advance(10_000);
    await fail(world, 10, 'urgent', 'urgent');
    await fail(world, 10, 'other', 'other');
    await world.clock.advance(30_000);
    const later = sent.filter(({ atMs }) => atMs > 10_000).slice(0, 20);
    expect(later.every(({ monitor }) => !monitor.startsWith('idle'))).toBe(true);
  });

  test('leaves a tenth to those that have waited longest, so nobody is held for good', async () => {
    const world = new World([urgent, idle], ['pager'], { bounds: { pager: limit } });
    const sent = watch(world);
    await world.start();
    await fail(world, 5, 'idle', 'idle');
    for (let minute = 0; minute < 5; minute++) {
      await fail(world, 150, `u${minute}`, 'urgent');
      await world.clock.advance(60_000);
    }
    const told = sent.filter(({ monitor }) => monitor.startsWith('idle'));
    expect(told).toHaveLength(5);
    expect(told.at(-1)!.atMs).toBeLessThan(120_000);
    expect(mostInAMinute(sent)).toBeLessThanOrEqual(LIMIT);
  });

  test('goes to first pages before repeats of the same priority', async () => {
    const repeating = policy('repeating', 'P2', ['pager'], {
      escalation: [{ after_ms: 0, notify: ['pager'], repeat_every_ms: 60_000 }],
    });
    const calm = policy('calm', 'P2', ['pager']);
    const world = new World([repeating, calm], ['pager'], { bounds: { pager: limit } });
    const sent = watch(world);
    await world.start();
    await fail(world, 20, 'repeating', 'repeating');
    await world.clock.advance(59_000);
    // Its turns for a minute are taken, so that the repeats have to wait.
    await fail(world, 60, 'calm', 'calm');
    await world.clock.advance(61_000);
    const order = sent.slice(20).map(({ monitor }) => monitor.split('-')[0]);
    expect(order.filter((name) => name === 'calm')).toHaveLength(60);
    expect(order.indexOf('repeating')).toBeGreaterThanOrEqual(60);
  });

  test('lets pages wait that are not in vain: the next step is not called though they wait for minutes', async () => {
    const steps = policy('steps', 'P3', ['pager'], {
      escalation: [
        { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
        { after_ms: 3_600_000, notify: ['call-kim'], repeat_every_ms: null },
      ],
    });
    const world = new World([steps], ['pager', 'call-kim'], { bounds: { pager: limit } });
    const sent = watch(world);
    await world.start();
    await fail(world, 300, 'm', 'steps');
    await world.clock.advance(240_000);
    expect(sent.filter(({ channel }) => channel === 'pager')).toHaveLength(300);
    expect(sent.filter(({ channel }) => channel === 'call-kim')).toEqual([]);
  });

  test('is asked no sooner than it says on any channel of the account, and then the flow goes on', async () => {
    const second = policy('second', 'P2', ['second']);
    const world = new World([idle, second], ['pager', 'second'], { bounds: { pager: limit, second: limit } });
    const sent = watch(world);
    await world.start();
    const wait: Delivery = { status: 'retryable', error: new Error('status 429'), retryAfterMs: 20_000 };
    world.channel('pager').answer = () => wait;
    await fail(world, 1, 'idle', 'idle');
    await world.clock.advance(1_000);
    await fail(world, 3, 'other', 'second');
    await world.clock.advance(18_000);
    expect(sent).toEqual([]);
    await world.clock.advance(6_000);
    expect(sent.map(({ channel }) => channel)).toEqual(['second', 'second', 'second']);
    expect(sent[0]!.atMs).toBeGreaterThanOrEqual(20_000);
  });
});

describe('a channel where nobody listens', () => {
  const two = policy('two', 'P1', ['pager'], {
    escalation: [
      { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
      { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: null },
    ],
  });
  const refused: Delivery = { status: 'retryable', error: new Error('ECONNREFUSED'), unreachable: true };

  test('brings the next step forward when it refuses a second time, a second later', async () => {
    const world = new World([two], ['pager', 'call-kim']);
    world.channel('pager').answer = () => refused;
    await timeline(world, [
      at('0s', run('post-journey@local', { ...failed, policy: 'two' })),
      at('500ms', expectNothingElse()),
      at('2s', expectNotified('call-kim: escalated')),
      at('1h', expectNothingElse()),
    ]);
  });

  test('only for a moment calls nobody else', async () => {
    const world = new World([two], ['pager', 'call-kim']);
    world.channel('pager').answer = () =>
      world.channel('pager').tried.length === 1 ? refused : { status: 'accepted' };
    await timeline(world, [
      at('0s', run('post-journey@local', { ...failed, policy: 'two' })),
      at('2s', expectNotified('pager: triggered')),
      at('4m', expectNothingElse()),
    ]);
  });

  test('has a deadline of its own where it is given one', async () => {
    const world = new World([two], ['pager', 'call-kim'], { bounds: { pager: { deadlineMs: 5_000 } } });
    world.channel('pager').answer = () => new Promise(() => undefined);
    await timeline(world, [
      at('0s', run('post-journey@local', { ...failed, policy: 'two' })),
      at('4s', expectNothingElse()),
      at('5s', expectNotified('call-kim: escalated')),
    ]);
  });
});

test('the health of a channel says how long the oldest has been tried in vain, and why', async () => {
  const world = new World([], ['pager', 'team']);
  world.channel('pager').answer = () => ({ status: 'retryable', error: new Error('status 503') });
  await timeline(world, [at('0s', run('post-journey@local', failed))]);
  await world.clock.advance(60_000);
  expect(world.desk.channelHealth()).toEqual([
    { name: 'pager', waiting: 1, waitingMs: 60_000, lastError: 'status 503' },
    { name: 'team', waiting: 0, waitingMs: 0, lastError: null },
  ]);
  world.channel('pager').answer = () => ({ status: 'accepted' });
  await world.clock.advance(60_000);
  expect(world.desk.channelHealth()[0]).toEqual({ name: 'pager', waiting: 0, waitingMs: 0, lastError: null });
});

test('a channel that refuses for good is not well either, until it takes something or an hour has passed', async () => {
  const world = new World([], ['pager']);
  world.channel('pager').answer = () => ({ status: 'failure', error: new Error('status 400: unknown key') });
  await timeline(world, [at('0s', run('post-journey@local', failed))]);
  await world.clock.advance(59 * 60_000);
  const refused = { name: 'pager', waiting: 0, waitingMs: 59 * 60_000, lastError: 'status 400: unknown key' };
  expect(world.desk.channelHealth()).toEqual([refused]);
  await world.clock.advance(60_000);
  expect(world.desk.channelHealth()).toEqual([{ ...refused, waitingMs: 0 }]);
});
