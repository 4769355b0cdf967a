import { expect, test } from '@jest/globals';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { failed, passed, unreachable, wrongBody } from '../testing/observations.ts';
import {
  acknowledge,
  at,
  expectHeld,
  expectNothingElse,
  expectNotified,
  run,
  silence,
  timeline,
  World,
} from '../testing/timeline.ts';

const KIM = { by: 'kim', via: 'web' };
const JOURNEY = 'post-journey@local';
const DATABASE = 'database@local';

const twoSteps: Policy = {
  ...builtInPolicy,
  id: 'two-steps',
  escalation: [
    { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
    { after_ms: 300_000, notify: ['call-kim'], repeat_every_ms: null },
  ],
};
/** 03:00 UTC, when worlds begin, is night. */
const night: Policy = {
  ...twoSteps,
  id: 'night',
  priority: 'P3',
  quiet_hours: [{ priority: 'P3', from_minute: 22 * 60, to_minute: 6 * 60, timezone: 'UTC', days: [] }],
};
const CHANNELS = ['pager', 'call-kim'];

test('a step that fell due as a dependency began to hold it back is carried out when that lets go', async () => {
  await timeline(new World([twoSteps], CHANNELS), [
    at('1m', run(JOURNEY, { ...failed, depends_on: [DATABASE] })),
    at('1m', expectNotified('pager')),
    at('4m', run(DATABASE, { ...failed, service: 'database' })),
    at('4m', expectNotified('pager')),
    at('6m', heldBy('dependency')),
    at('7m', run(DATABASE, { ...passed, service: 'database' })),
    at('7m', expectNotified('pager')),
    at('8m', run(JOURNEY, { ...failed, depends_on: [DATABASE] })),
    at('9m', expectNotified('call-kim')),
  ]);
});

test('what depends on something that waits for the end of quiet hours rings', async () => {
  await timeline(new World([night, { ...twoSteps, priority: 'P1' }], CHANNELS), [
    at('1m', run(DATABASE, { ...failed, service: 'database', policy: 'night' })),
    at('1m', expectHeld('quiet_hours')),
    at('2m', run(JOURNEY, { ...failed, depends_on: [DATABASE], policy: 'two-steps' })),
    at('2m', expectNotified('pager')),
  ]);
});

test('what depends on something that rang before the quiet hours began does not ring when they do', async () => {
  const from: Policy = { ...night, quiet_hours: [{ ...night.quiet_hours[0]!, from_minute: 3 * 60 + 30 }] };
  await timeline(new World([from, { ...twoSteps, priority: 'P1' }], CHANNELS), [
    at('1m', run(DATABASE, { ...failed, service: 'database', policy: 'night' })),
    at('2m', run(JOURNEY, { ...failed, depends_on: [DATABASE], policy: 'two-steps' })),
    at('29m', expectNotified('pager', 'call-kim')),
    at('31m', run(DATABASE, { ...failed, service: 'database', policy: 'night' })),
    at('32m', run(JOURNEY, { ...failed, depends_on: [DATABASE], policy: 'two-steps' })),
    at('33m', expectNothingElse()),
  ]);
});

test('a service that is gone, which is held, does not leave behind an incident that nothing could end', async () => {
  await timeline(new World([night, { ...twoSteps, priority: 'P1' }], CHANNELS), [
    at('1m', run('b@local', { ...failed, policy: 'two-steps' })),
    at('2m', run('a@local', { ...failed, policy: 'night' })),
    at('2m', expectNotified('pager')),
    at('3m', run('b@local', { ...passed, policy: 'two-steps' })),
    at('10m', run('a@local', { ...unreachable, policy: 'night' })),
    at('11m', run('a@local', { ...passed, policy: 'night' })),
    at('12m', ({ desk }) => expect(desk.openIncidents()).toEqual([])),
  ]);
});

test('a page of a run has a picture of runs, one of a rule has none, nor where no vendor could fetch it', async () => {
  const pictureOf = async (source: 'run' | 'rule', link: string | null) => {
    const world = new World([twoSteps], CHANNELS, { pictureLink: (id, channel) => link && `${link}/${id}/${channel}` });
    await timeline(world, [at('1m', run(JOURNEY, { ...failed, source }))]);
    const [told] = world.channel('pager').accepted;
    return told!.picture?.url.replace(told!.incident.id, 'ID') ?? null;
  };
  expect(await pictureOf('run', 'https://x.example/p')).toBe('https://x.example/p/ID/pager');
  expect(await pictureOf('rule', 'https://x.example/p')).toBeNull();
  expect(await pictureOf('run', null)).toBeNull();
});

test('each channel is given its own message again, over a restart, and none of another incident', async () => {
  const world = new World([twoSteps], CHANNELS);
  for (const [name, { tried }] of world.channels) {
    world.channel(name).answer = () => ({ status: 'accepted', messageRef: `${name} ${tried.length}` });
  }
  await timeline(world, [
    at('1m', run(JOURNEY, failed)),
    at('2m', async ({ desk }) => void (await desk.acknowledge(desk.openIncidents()[0]!.id, { by: 'kim', via: 'web' }))),
    at('3m', () => world.restart()),
    at('4m', run(JOURNEY, passed)),
    at('5m', run(JOURNEY, failed)),
  ]);
  const told = [...world.channels].filter(([, { accepted }]) => accepted.length > 0);
  expect(told).not.toEqual([]);
  for (const [name, { accepted }] of told) {
    expect(accepted.map(({ message_ref }) => message_ref)).toEqual([null, `${name} 1`, `${name} 2`, null]);
  }
});

test('a page that was on its way when a silence and the process ended does not say that it is silenced', async () => {
  const world = new World([twoSteps], CHANNELS);
  const call = world.channel('call-kim');
  call.answer = () => ({ status: 'retryable', error: new Error('status 503') });
  await timeline(world, [
    at('1m', run(JOURNEY, failed)),
    at('6m', silence({ service: 'reference-api' }, '10m')),
    at('6m', async ({ store }) => {
      store.mode = 'hangs';
      call.answer = () => ({ status: 'accepted' });
      await world.restart();
    }),
    at('20m', ({ store }) => store.recover()),
  ]);
  await world.clock.advance(60_000);
  expect(call.accepted).not.toEqual([]);
  for (const { incident } of call.accepted) expect(incident.held).toBeNull();
});

test('a database that was slow at the start is told of when it has told all, though nothing was to be written', async () => {
  let recalled = 0;
  const world = new World([twoSteps], CHANNELS, { onRecalled: () => recalled++ });
  world.store.mode = 'hangs';
  await timeline(world, [
    at('3s', () => expect(recalled).toBe(0)),
    at('4s', ({ store }) => store.recover()),
    at('5s', () => expect(recalled).toBe(1)),
  ]);
});

test('nor does one that was merged into an incident of another service', async () => {
  await timeline(new World([twoSteps], CHANNELS), [
    at('1m', run(DATABASE, { ...failed, service: 'database' })),
    at('2m', run(JOURNEY, failed)),
    at('3m', async ({ desk }) => {
      const [database, api] = desk.openIncidents();
      await desk.merge(api!.id, database!.id, KIM);
    }),
    at('4m', run(DATABASE, { ...passed, service: 'database' })),
    at('10m', run(JOURNEY, unreachable)),
    at('11m', ({ desk }) => expect(desk.openIncidents()).toMatchObject([{ failing_count: 1 }])),
    at('12m', run(JOURNEY, passed)),
    at('12m', ({ desk }) => expect(desk.openIncidents()).toEqual([])),
  ]);
});

test('whoever asked for help is followed by the whole chain again where nobody takes it', async () => {
  const again: Policy = {
    ...twoSteps,
    escalation_loop: { times: 1, every_ms: 1_800_000 },
    renotify: { triggered_every_ms: 3_600_000, acknowledged_every_ms: null },
  };
  await timeline(new World([again], CHANNELS), [
    at('1m', run(JOURNEY, failed)),
    at('1m', expectNotified('pager')),
    at('2m', acknowledge('kim')),
    at('2m', expectNotified('pager: acknowledged')),
    at('3m', async ({ desk, incident }) => void (await desk.escalate(incident.id, KIM))),
    at('3m', expectNotified('call-kim: escalated')),
    at('33m', expectNotified('pager: escalated')),
    at('38m', expectNotified('call-kim: escalated')),
    at('63m', expectNotified('pager: escalated', 'call-kim: escalated')),
  ]);
});

test('somebody whose own way is gone after a restart is not the only one who was to be told', async () => {
  const onlyKim: Policy = { ...twoSteps, escalation: [{ after_ms: 0, notify: ['user:kim'], repeat_every_ms: null }] };
  const deps = {
    resolveTarget: (target: string) =>
      target === 'user:kim' ? [{ channel: 'call-kim', delay_ms: 300_000, user: 'kim' }] : [],
  };
  const world = new World([onlyKim], ['call-kim'], deps);
  await timeline(world, [at('1m', run(JOURNEY, failed)), at('2m', expectNothingElse())]);
  const next = new World([onlyKim], ['pager'], { ...deps, store: world.store, clock: world.clock } as never);
  await world.desk.shutdown(AbortSignal.timeout(1));
  await next.start();
  await world.clock.advance(600_000);
  expect(next.channel('pager').accepted.map(({ event }) => event)).toEqual(['incident.triggered']);
});

test('policies that are read anew end nothing that the watcher itself has just seen', async () => {
  await timeline(new World([twoSteps], CHANNELS), [
    at('0s', ({ desk }) => desk.retain([JOURNEY])),
    at('1m', run('relay@watcher', { ...wrongBody(), service: 'ringdown', environment: 'watcher' })),
    at('1m', expectNotified('pager')),
    at('2m', (world) => world.reload([{ ...twoSteps }])),
    at('2m', expectNothingElse()),
    at('2m', ({ desk }) => expect(desk.openIncidents()).toHaveLength(1)),
  ]);
});

test('quiet hours end by the wall clock, also when that was set while they held', async () => {
  await timeline(new World([night], CHANNELS), [
    at('1m', run(JOURNEY, failed)),
    at('1m', expectHeld('quiet_hours')),
    at('2m', ({ clock }) => clock.step(3_600_000)),
    at('2h2m', expectNotified('pager')),
  ]);
});

test('what rules and other systems no longer speak of is forgotten after a day', async () => {
  const world = new World([twoSteps], CHANNELS);
  await timeline(world, []);
  for (let pod = 0; pod < 50; pod++) {
    const alert = { source: 'inbound' as const, labels: { alertname: 'PodDown' } };
    await world.run(`inbound:am/pod-${pod}`, { ...failed, ...alert });
    await world.run(`inbound:am/pod-${pod}`, { ...passed, ...alert });
    await world.clock.advance(3_600_000);
  }
  await world.clock.advance(3_600_000);
  expect(world.store.state.monitors.size).toBeLessThan(30);
});

test('a phone that could not be reached does not ring for what somebody has meanwhile; who hears of the end is told', async () => {
  const everyone: Policy = { ...twoSteps, escalation: [{ after_ms: 0, notify: ['pager'], repeat_every_ms: null }] };
  const rings = ['incident.triggered', 'incident.escalated'] as const;
  const story = [...rings, 'incident.acknowledged', 'incident.resolved'] as const;
  for (const events of [rings, story]) {
    const world = new World([everyone], ['pager'], { events });
    world.channel('pager').answer = () => ({ status: 'retryable', error: new Error('status 503') });
    await timeline(world, [
      at('1m', run(JOURNEY, failed)),
      at('1m10s', acknowledge('kim')),
      at('1m20s', () => {
        world.channel('pager').answer = () => ({ status: 'accepted' });
      }),
    ]);
    await world.clock.advance(3_600_000);
    const told = world.channel('pager').accepted.map(({ event }) => event);
    expect(told).toEqual(events === rings ? [] : ['incident.triggered', 'incident.acknowledged']);
  }
});

function heldBy(stage: string) {
  return ({ desk }: World) => {
    const held = desk.openIncidents().find(({ service }) => service !== 'database')?.held?.stage;
    if (held !== stage) throw new Error(`held by ${held}`);
  };
}

test('monitors that are run again while the others are let go keep their incidents', async () => {
  const world = new World([], ['pager']);
  const monitors = Array.from({ length: 60 }, (_, number) => `m${number}@local`);
  await timeline(world, [
    ...monitors.map((monitor) => at('0s', run(monitor, wrongBody()))),
    at('1s', async ({ desk, clock }) => {
      const elapsed = clock.monotonic();
      let slow = 0;
      // Whatever is done takes longer than one turn may.
      clock.monotonic = () => elapsed + 20 * slow++;
      const emptied = desk.retain([]);
      const filled = desk.retain(monitors);
      Reflect.deleteProperty(clock, 'monotonic');
      await clock.advance(10);
      await Promise.all([emptied, filled]);
    }),
  ]);
  // Those of the first turn.
  expect(world.desk.openIncidents()).toHaveLength(10);
});

test('an incident whose members cannot be read stays open, rings nobody again, and ends when they pass', async () => {
  const world = new World([twoSteps], CHANNELS);
  await timeline(world, [
    at('0s', run(JOURNEY, failed)),
    at('0s', expectNotified('pager')),
    at('1s', async (played) => {
      played.store.state.monitors.delete(JOURNEY);
      await played.restart();
    }),
    at('2s', expectNothingElse()),
    at('3s', run(JOURNEY, failed)),
    at('3s', expectNothingElse()),
    at('4s', ({ desk }) => expect(desk.openIncidents()).toMatchObject([{ failing_count: 1, monitors: [JOURNEY] }])),
    at('5s', run(JOURNEY, passed)),
    at('5s', expectNotified('pager: resolved')),
  ]);
  expect(world.desk.openIncidents()).toEqual([]);
});
