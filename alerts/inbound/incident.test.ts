import { beforeEach, expect, test } from '@jest/globals';
import { builtInPolicy } from '../policies/policy.ts';
import { World } from '../testing/timeline.ts';
import { inbound as alertmanager } from './alertmanager/index.ts';
import { createReceiver, type Receiver } from './receiver.ts';
import { requestOf, TOKEN } from './testing/desk.ts';
import { MemoryInboundStore } from './testing/memory-inbound-store.ts';

const MINUTE = 60_000;
const store = new MemoryInboundStore();
let world: World;
let receiver: Receiver;

async function startReceiver(): Promise<void> {
  const silent = () => {};
  receiver = createReceiver({
    kinds: new Map([['alertmanager', alertmanager]]),
    sources: [{ name: 'am', type: 'alertmanager', token: TOKEN, policy: 'outside' }],
    observe: (observation) => world.desk.observe(observation),
    written: () => world.desk.written(),
    fails: (monitor) => world.desk.monitorState(monitor)?.state === 'failing',
    store,
    confirm: async () => {},
    clock: world.clock,
    log: { info: silent, warn: silent, error: silent },
  });
  await receiver.start();
}

beforeEach(async () => {
  store.alerts.clear();
  const escalation = [
    { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
    { after_ms: 5 * MINUTE, notify: ['call'], repeat_every_ms: null },
  ];
  world = new World([{ ...builtInPolicy, id: 'outside', priority: 'P3', rules: [], escalation }], ['pager', 'call']);
  await world.start();
  await startReceiver();
});

const iso = (ms: number) => new Date(ms).toISOString();
function alert(fingerprint: string, status: 'firing' | 'resolved', startsAt: number) {
  return {
    status,
    fingerprint,
    startsAt: iso(startsAt),
    endsAt: iso(world.clock.now()),
    labels: { alertname: 'HighErrorRate', service: 'billing', environment: 'production', instance: fingerprint },
    annotations: { summary: `Errors at ${fingerprint}`, description: '12% of requests fail' },
    generatorURL: 'https://prometheus.example.com/graph',
  };
}
async function say(...alerts: object[]): Promise<void> {
  await receiver.receive('am', requestOf({ alerts }));
  await world.clock.advance(0);
}
const told = () => world.news().map(({ channel, notification }) => `${channel} ${notification.event}`);

test('an alert of another system is an incident of its policy, with its words and the way back', async () => {
  await say(alert('a', 'firing', world.clock.now() - MINUTE));
  const [incident] = world.desk.openIncidents();
  expect(incident).toMatchObject({
    source: 'inbound',
    policy: 'outside',
    priority: 'P3',
    service: 'billing',
    environment: 'production',
    title: expect.stringContaining('Errors at a'),
    labels: { alertname: 'HighErrorRate', source: 'am', monitor: 'inbound:am/a' },
    cause: { source_url: 'https://prometheus.example.com/graph', failing_since: iso(world.clock.now() - MINUTE) },
  });
  expect(told()).toEqual(['pager incident.triggered']);
  await world.clock.advance(5 * MINUTE);
  expect(told()).toEqual(['call incident.escalated']);
  await say(alert('a', 'resolved', world.clock.now() - 6 * MINUTE));
  expect(told()).toEqual(['pager incident.resolved', 'call incident.resolved']);
  expect(world.desk.openIncidents()).toEqual([]);
});

test('a restart in between loses neither the incident nor its end', async () => {
  const began = world.clock.now();
  await say(alert('a', 'firing', began));
  told();
  await world.restart();
  await startReceiver();
  await say(alert('a', 'firing', began));
  expect(told()).toEqual([]);
  await say(alert('a', 'resolved', began));
  expect(told()).toEqual(['pager incident.resolved']);
});

test('resolved here by a person, it stays quiet while the other system repeats itself, and rings when it comes back', async () => {
  const began = world.clock.now();
  await say(alert('a', 'firing', began));
  const [incident] = world.desk.openIncidents();
  await world.desk.resolve(incident!.id, { by: 'kim', via: 'web' });
  told();
  await world.clock.advance(60 * MINUTE);
  await say(alert('a', 'firing', began));
  expect(told()).toEqual([]);
  await say(alert('a', 'resolved', began));
  await world.clock.advance(MINUTE);
  await say(alert('a', 'firing', world.clock.now()));
  expect(told()).toEqual(['pager incident.triggered']);
});
