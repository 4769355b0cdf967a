import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { List, Monitor, RunResult } from '../../control/resources.ts';
import { MachineClock } from '../support/machine-clock.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';
import { Timeline } from '../support/timeline.ts';

/**
 * The clock of the machine is set while a real watcher runs, by hand and by NTP, forwards and back, and daylight saving
 * time begins and ends. libfaketime stands between the process and its clock.
 */
const HOUR_MS = 3_600_000;
const EVERY_MS = 1_000;
const STEP_MS = 10_000;
const SILENCE_MS = 20_000;
const SOON_MS = 60_000;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let later: Receiver;
let shop: Shop;
let watcher: Running;
let clock: MachineClock;
let seen: Timeline;

const setClock = (offMs: number) => {
  clock.set(offMs);
  seen.note(`the clock is off by ${offMs / 1_000} s`);
};

beforeEach(async () => {
  seen = new Timeline();
  folder = temporaryFolder();
  [receiver, later, shop] = await Promise.all([Receiver.start(), Receiver.start(), Shop.start()]);
});

afterEach(async () => {
  await watcher?.stop();
  await Promise.all([receiver.close(), later.close(), shop.close()]);
  folder.remove();
});

function scenario(id: string, schedule: string): void {
  writeFileSync(
    join(folder.path, `${id}.scenario.yaml`),
    `version: 1
id: ${id}
name: ${id} answers
service: ${id}
tags: [critical]
schedule: ${schedule}
timeout: 10m
steps:
  - { name: asking, request: GET /${id} }
`,
  );
}

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  writeFileSync(
    join(folder.path, 'steps.policy.yaml'),
    `version: 1
id: steps
name: Step by step
priority: P1
rules: [{ scenario: { tags: [critical] }, failing: { consecutive: 1 } }]
escalation:
  - { after: 0s, notify: [first] }
  - { after: ${STEP_MS}ms, notify: [later] }
resolve: { after_passing: 1, notify: same }
`,
  );
  watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "${shop.url}" } }
scenarios: ["*.scenario.yaml"]
policies: ["*.policy.yaml"]
channels:
  - { name: first, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
  - { name: later, type: webhook, url: "${later.url}", secret: ${later.secret} }
`,
    env: { ...clock.env, ...env },
  });
}

const until = (what: string, holds: () => boolean | Promise<boolean>, withinMs = SOON_MS) =>
  seen.until(what, holds, withinMs, watcher.output);
const asked = (id: string) => shop.requests.filter((request) => request === `GET /${id}`).length;
const wallClock = async () => {
  const response = await fetch(`${watcher.ready.url}/healthz`);
  await response.body?.cancel();
  return response.headers.get('date');
};

describe('the clock is set', () => {
  /** The job of the day is half an hour away when the watcher starts. */
  beforeEach(async () => {
    clock = MachineClock.thatIsSet(folder.path);
    const job = new Date(Date.now() + HOUR_MS / 2);
    scenario('shop', `{ every: ${EVERY_MS}ms }`);
    scenario('daily', `{ cron: "${job.getUTCMinutes()} ${job.getUTCHours()} * * *", timezone: UTC }`);
    await start();
    for (const id of ['shop', 'daily']) await watcher.monitorIn('passing', `${id}@local`, SOON_MS);
  });

  test.each([
    { by: 'an hour ahead, and two back', offMs: HOUR_MS, jobs: 1 },
    { by: 'an hour back, and two ahead', offMs: -HOUR_MS, jobs: 1 },
    { by: 'four seconds ahead, and eight back', offMs: 4_000, jobs: 0 },
  ])('$by: no run is doubled or missed, nobody is paged, nothing ends by itself', async ({ offMs, jobs }) => {
    // Each watcher runs everything once when it starts.
    expect(asked('daily')).toBe(1);
    const before = asked('shop');
    const beganAt = seen.nowMs;
    await seen.pass(2_000);
    setClock(offMs);
    await seen.pass(8_000);
    const due = (seen.nowMs - beganAt) / EVERY_MS;
    expect(asked('shop') - before).toBeLessThanOrEqual(due + 2);
    // A busy machine may be late; an hour of missed runs would be all of them.
    expect(asked('shop') - before).toBeGreaterThan(due / 2);
    const offBy = Date.parse((await wallClock())!) - Date.now();
    expect(Math.abs(offBy - offMs)).toBeLessThan(SOON_MS / 30);
    expect(receiver.pages).toEqual([]);
    expect((await watcher.api<Monitor>('/api/v1/monitors/shop@local')).state).toBe('passing');

    shop.broken.set('/shop', 500);
    await until('the page', () => receiver.pages.length === 1);
    const pagedAt = receiver.pages[0]!.atMs;
    setClock(-offMs);
    await until('the next step', () => later.pages.length === 1);
    expect(later.pages[0]!.atMs - pagedAt).toBeGreaterThan(STEP_MS - 1_500);
    await seen.pass(2_000);
    expect(receiver.pages.map(({ event }) => event)).toEqual(['incident.triggered']);
    expect(later.pages.map(({ event }) => event)).toEqual(['incident.escalated']);
    // Jumped over, it is made up for at once; set back over, it is not done again.
    expect(asked('daily')).toBe(1 + jobs);
    shop.broken.delete('/shop');
    await until('the end', () => receiver.pages.some(({ event }) => event === 'incident.resolved'));
  });

  test('a silence ends after its time though the clock was set back, and what still fails rings then', async () => {
    const silence = {
      matchers: [{ label: 'service', is: '=', value: 'shop' }],
      duration: `${SILENCE_MS / 1_000}s`,
      reason: 'deploying',
    };
    await watcher.api('/api/v1/silences', { method: 'POST', body: JSON.stringify(silence) });
    const silencedAt = performance.now();
    seen.note('silenced');
    shop.broken.set('/shop', 500);
    await watcher.monitorIn('failing', 'shop@local', SOON_MS);
    setClock(-HOUR_MS);
    await until('it rings', () => receiver.pages.length > 0);
    expect(receiver.pages[0]!.atMs - silencedAt).toBeGreaterThan(SILENCE_MS - 1_500);
  });
});

describe('daylight saving time in New York', () => {
  const PACE = 200;

  /** When the schedule wanted what was asked after the watcher's own start, in UTC. */
  const timesOf = async (id: string): Promise<string[]> => {
    const { items } = await watcher.api<List<{ id: string }>>(`/api/v1/monitors/${id}@local/runs`);
    const runs = await Promise.all(items.map((run) => watcher.api<RunResult>(`/api/v1/runs/${run.id}`)));
    const times = runs.map(({ scheduled_at }) => scheduled_at.slice(11, 16));
    return times.toSorted().slice(1);
  };

  test.each([
    {
      what: 'ends, and an hour comes twice',
      from: '2026-11-01T05:20:00Z',
      daily: '"30 1 * * *"',
      once: '05:30',
      halfHours: ['05:30', '06:00', '06:30', '07:00'],
      ends: '2026-11-01T07:10:00Z',
    },
    {
      what: 'begins, and an hour is left out',
      from: '2027-03-14T06:20:00Z',
      daily: '"30 2 * * *"',
      once: '07:00',
      halfHours: ['06:30', '07:00', '07:30'],
      ends: '2027-03-14T07:40:00Z',
    },
  ])(
    '$what: each run is made once, and an incident lives through it',
    async ({ from, daily, once, halfHours, ends }) => {
      clock = MachineClock.thatRuns(folder.path, new Date(from));
      scenario('daily', `{ cron: ${daily}, timezone: America/New_York }`);
      scenario('half-hours', '{ cron: "*/30 * * * *", timezone: America/New_York }');
      scenario('shop', '{ every: 5m }');
      shop.broken.set('/shop', 500);
      await start({ TZ: 'America/New_York' });
      for (const id of ['daily', 'half-hours']) await watcher.monitorIn('passing', `${id}@local`, SOON_MS);
      clock.runFaster(PACE);
      seen.note(`an hour takes ${3_600 / PACE} s`);
      await until('it is over', async () => Date.parse((await wallClock())!) > Date.parse(ends), 180_000);
      expect(await timesOf('daily')).toEqual([once]);
      expect(await timesOf('half-hours')).toEqual(halfHours);
      // A machine that is busy for a second was busy for minutes of such a watcher, and it may page about itself.
      const deliveries = [...receiver.deliveries, ...later.deliveries];
      const told = deliveries.filter(({ incident }) => incident.service !== 'ringdown');
      expect(told.map(({ event, incident }) => [event, incident.service])).toEqual([
        ['incident.triggered', 'shop'],
        ['incident.escalated', 'shop'],
      ]);
    },
  );
});
