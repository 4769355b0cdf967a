import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type PagerLog, pagerDutyPeer } from '../../alerts/testing/peers/pagerduty.ts';
import {
  type Mood,
  RETRY_AFTER_SECONDS,
  type VendorServer,
  vendorServer,
} from '../../alerts/testing/peers/vendor-server.ts';
import type { Incident, IncidentDetail, List } from '../../control/resources.ts';
import { alertSource, tellOf } from '../support/alert-source.ts';
import { MachineClock } from '../support/machine-clock.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';
import { Timeline } from '../support/timeline.ts';

/**
 * Faults that last for minutes and hours, on a real watcher whose clock runs faster: each second that this machine is busy
 * is many of the watcher's, so these tests have it to themselves.
 */
const SOON_MS = 60_000;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let clock: MachineClock;
let watcher: Running;
let seen: Timeline;

beforeEach(async () => {
  seen = new Timeline();
  folder = temporaryFolder();
  receiver = await Receiver.start();
  clock = MachineClock.thatRuns(folder.path);
});

afterEach(async () => {
  await watcher?.stop();
  await receiver.close();
  folder.remove();
});

const until = (what: string, holds: () => boolean | Promise<boolean>, withinMs = SOON_MS) =>
  seen.until(what, holds, withinMs, watcher.output);
/** What time it is for the watcher; to the second. */
async function now(): Promise<number> {
  const response = await fetch(`${watcher.ready.url}/healthz`);
  await response.body?.cancel();
  return Date.parse(response.headers.get('date')!);
}
const hook = () => `{ name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }`;
const told = (event: string) =>
  receiver.deliveries
    .filter((page) => page.event === event && page.incident.environment !== 'watcher')
    .map(({ dedup_key }) => dedup_key)
    .toSorted();

test('channels that answer 429, 500, late, half or not at all for ten minutes get everything later, in order; the healthy one hears each once', async () => {
  const PACE = 12;
  const TEN_MINUTES_MS = 600_000;
  const MOODS: Mood[] = ['rate_limited', 'failing', 'hanging', 'resetting', 'dripping'];
  const WAVES = 4;
  const channelOf = (mood: Mood) => mood.replace('_', '-');
  const peers = new Map<Mood, { vendor: VendorServer; log: PagerLog }>();
  for (const mood of MOODS) {
    const log: PagerLog = { accepted: [], violations: 0, mostInAMinute: 0 };
    // It counts in time of this process, in which the watcher may send more.
    const vendor = await vendorServer(pagerDutyPeer(log, 120 * PACE));
    vendor.mood = mood;
    peers.set(mood, { vendor, log });
  }
  try {
    const pagers = MOODS.map((mood) => {
      const { vendor } = peers.get(mood)!;
      return `  - { name: ${channelOf(mood)}, type: pagerduty, routing_key: ${mood}, url: "${vendor.url}/v2/enqueue" }\n`;
    });
    writeFileSync(
      join(folder.path, 'insistent.policy.yaml'),
      `version: 1
id: insistent
name: Again and again
priority: P1
rules: [{ scenario: { ids: [nothing] }, failing: { consecutive: 1 } }]
escalation:
  - { after: 0s, notify: [all] }
  - { after: 1m, notify: [${MOODS.map(channelOf).join(', ')}], repeat: { every: 30s, until: acknowledged } }
resolve: { after_passing: 1, notify: same }
`,
    );
    watcher = await Running.start({
      command: 'serve',
      folder: folder.path,
      config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:9" } }
scenarios: []
policies: ["*.policy.yaml"]
channels:
${pagers.join('')}  - ${hook()}
${alertSource('insistent')}`,
      env: clock.env,
    });
    clock.runFaster(PACE);
    const beganAt = await now();
    const services: string[] = [];
    for (let wave = 0; wave < WAVES; wave++) {
      const fresh = [`stays-${wave}`, `ends-${wave}`];
      services.push(...fresh);
      await tellOf(watcher, 'firing', ...fresh);
      seen.note(`${fresh} fire`);
      await until('the healthy channel has them', () => told('incident.triggered').length === services.length);
      const lastsMs = ((wave + 1) * TEN_MINUTES_MS) / WAVES;
      await until(`${lastsMs / 60_000} minutes are over`, async () => (await now()) - beganAt >= lastsMs, 300_000);
      await tellOf(watcher, 'resolved', `ends-${wave}`);
    }
    await until('the healthy channel has the ends', () => told('incident.resolved').length === WAVES);
    const badMs = (await now()) - beganAt;

    const { items } = await watcher.api<List<Incident>>('/api/v1/incidents?limit=200');
    const incidents = items.filter(({ environment }) => environment !== 'watcher');
    expect(incidents.map(({ service }) => service).toSorted()).toEqual(services.toSorted());
    for (const { id } of incidents) {
      const { deliveries } = await watcher.api<IncidentDetail>(`/api/v1/incidents/${id}`);
      for (const mood of MOODS) {
        const waiting = deliveries.filter(({ channel, status }) => channel === channelOf(mood) && status === 'pending');
        // What is under way, one ring more, and the end; twenty repeats came due.
        expect(`${mood}: ${Math.max(3, waiting.length)} wait`).toBe(`${mood}: 3 wait`);
      }
    }
    const tries = new Map<string, number>();
    for (const [mood, { vendor, log }] of peers) {
      expect([mood, log.accepted]).toEqual([mood, []]);
      for (const { body } of vendor.calls) {
        const { dedup_key } = JSON.parse(body) as { dedup_key: string };
        tries.set(`${mood} ${dedup_key}`, (tries.get(`${mood} ${dedup_key}`) ?? 0) + 1);
      }
    }
    console.info(
      `${badMs / 1_000} s of the watcher's time; tries: ${MOODS.map((mood) => `${mood} ${peers.get(mood)!.vendor.calls.length}`).join(', ')}`,
    );
    // Six until it is a minute apart, then one a minute; jitter takes half away at most.
    expect(Math.max(...tries.values())).toBeLessThanOrEqual(12 + 2 * (badMs / 60_000));
    expect(new Set([...tries.keys()].map((key) => key.split(' ')[0]))).toEqual(new Set(MOODS));
    // Those that were under way at once have the same answer; nobody comes before the time that it named.
    const limited = peers.get('rate_limited')!.vendor.calls;
    const pauseMs = ((RETRY_AFTER_SECONDS - 0.5) * 1_000) / PACE;
    for (const { atMs } of limited) {
      const soon = limited.filter((other) => other.atMs >= atMs && other.atMs < atMs + pauseMs);
      expect(soon.length).toBeLessThanOrEqual(4);
    }

    for (const { vendor } of peers.values()) vendor.mood = 'normal';
    seen.note('all are well');
    for (const [mood, { log }] of peers) {
      // The watcher also tells of channels that stood still for so long.
      const known = new Set(told('incident.triggered'));
      const keysOf = (action: string) => {
        const events = log.accepted.filter((event) => event.event_action === action && known.has(event.dedup_key));
        return [...new Set(events.map(({ dedup_key }) => dedup_key))].toSorted();
      };
      await until(
        `${mood} has everything`,
        () => keysOf('trigger').length === services.length && keysOf('resolve').length === WAVES,
        150_000,
      );
      expect(keysOf('trigger')).toEqual(told('incident.triggered'));
      expect(keysOf('resolve')).toEqual(told('incident.resolved'));
      for (const key of keysOf('resolve')) {
        const actions = log.accepted
          .filter(({ dedup_key }) => dedup_key === key)
          .map(({ event_action }) => event_action);
        expect(actions.lastIndexOf('trigger')).toBeLessThan(actions.indexOf('resolve'));
      }
    }
    // Eight incidents, four ends, and nothing twice.
    expect(new Set(told('incident.triggered')).size).toBe(services.length);
    expect(told('incident.triggered')).toHaveLength(services.length);
    expect(told('incident.resolved')).toHaveLength(WAVES);
    expect(told('incident.escalated')).toEqual([]);
  } finally {
    await Promise.all([...peers.values()].map(({ vendor }) => vendor.close()));
  }
}, 600_000);

test('what flaps for an hour rings three times; what fails anew after it stayed away rings', async () => {
  const PACE = 60;
  const HOUR_MS = 3_600_000;
  const shop = await Shop.start();
  try {
    writeFileSync(
      join(folder.path, 'shop.scenario.yaml'),
      `version: 1
id: shop
name: The shop answers
service: shop
schedule: { every: 30s }
timeout: 5m
steps:
  - { name: asking, request: GET /shop }
`,
    );
    watcher = await Running.start({
      command: 'serve',
      folder: folder.path,
      config: `version: 1
environments: { local: { base_url: "${shop.url}" } }
scenarios: ["*.scenario.yaml"]
channels:
  - ${hook()}
`,
      env: clock.env,
    });
    await watcher.monitorIn('passing', 'shop@local', SOON_MS);
    clock.runFaster(PACE);
    const beganAt = await now();
    let flips = 0;
    for (; (await now()) - beganAt < HOUR_MS; flips++) {
      const known = shop.requests.length;
      if (shop.broken.delete('/shop') === false) shop.broken.set('/shop', 500);
      // Each state is seen by two runs, whatever the machine does.
      await until('it was asked', () => shop.requests.length >= known + 3);
    }
    shop.broken.delete('/shop');
    console.info(`${flips} changes in ${((await now()) - beganAt) / 60_000} minutes of the watcher's time`);
    expect(flips).toBeGreaterThan(20);
    expect(told('incident.triggered')).toHaveLength(3);
    await until('it has stayed away', () => told('incident.resolved').length === 3, 120_000);
    const [, , latest] = receiver.deliveries.filter(({ event }) => event === 'incident.resolved');
    expect(latest!.incident.service).toBe('shop');
    shop.broken.set('/shop', 500);
    await until('what fails anew rings', () => told('incident.triggered').length === 4);
    expect(new Set(told('incident.triggered')).size).toBe(4);
    expect(told('incident.escalated')).toEqual([]);
  } finally {
    await watcher?.stop();
    await shop.close();
  }
}, 600_000);
