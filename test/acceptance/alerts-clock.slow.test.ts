import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Monitor } from '../../control/resources.ts';
import { Receiver } from '../support/receiver.ts';
import { ROOT, Running, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';
import { Timeline } from '../support/timeline.ts';

/** Somebody sets the clock of the machine by an hour, forwards and back, while a real watcher runs. */
const HOUR_MS = 3_600_000;
const EVERY_MS = 1_000;
const STEP_MS = 15_000;
const SILENCE_MS = 20_000;
const SOON_MS = 60_000;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let later: Receiver;
let shop: Shop;
let watcher: Running;
let seen: Timeline;

const setClock = (offsetMs: number) => {
  writeFileSync(join(folder.path, 'stepped-by'), String(offsetMs));
  seen.note(`the clock is off by ${offsetMs / HOUR_MS} h`);
};

beforeEach(async () => {
  seen = new Timeline();
  folder = temporaryFolder();
  [receiver, later, shop] = await Promise.all([Receiver.start(), Receiver.start(), Shop.start()]);
  writeFileSync(
    join(folder.path, 'shop.scenario.yaml'),
    `version: 1
id: shop
name: The shop answers
service: shop
tags: [critical]
schedule: { every: ${EVERY_MS}ms }
steps:
  - { name: asking, request: GET /shop }
`,
  );
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
    env: {
      NODE_OPTIONS: `--import=${join(ROOT, 'test/support/stepping-clock.mjs')}`,
      STEPPED_BY: join(folder.path, 'stepped-by'),
    },
  });
  await watcher.monitorIn('passing', 'shop@local', SOON_MS);
});

afterEach(async () => {
  await watcher.stop();
  await Promise.all([receiver.close(), later.close(), shop.close()]);
  folder.remove();
});

const until = (what: string, holds: () => boolean | Promise<boolean>) =>
  seen.until(what, holds, SOON_MS, watcher.output);

test.each([HOUR_MS, -HOUR_MS])(
  'by %i ms: no run is doubled or missed, nobody is paged, nothing ends by itself',
  async (offsetMs) => {
    const asked = () => shop.requests.length;
    const before = asked();
    const beganAt = seen.nowMs;
    await seen.pass(5_000);
    setClock(offsetMs);
    await seen.pass(10_000);
    const due = (seen.nowMs - beganAt) / EVERY_MS;
    expect(asked() - before).toBeLessThanOrEqual(due + 2);
    // A busy machine may be late; an hour of missed runs would be all of them.
    expect(asked() - before).toBeGreaterThan(due / 2);
    expect(receiver.pages).toEqual([]);
    expect((await watcher.api<Monitor>('/api/v1/monitors/shop@local')).state).toBe('passing');

    shop.broken.set('/shop', 500);
    await until('the page', () => receiver.pages.length === 1);
    const pagedAt = receiver.pages[0]!.atMs;
    setClock(-offsetMs);
    await until('the next step', () => later.pages.length === 1);
    expect(later.pages[0]!.atMs - pagedAt).toBeGreaterThan(STEP_MS - 1_500);
    expect(receiver.pages.map(({ event }) => event)).toEqual(['incident.triggered']);
    shop.broken.delete('/shop');
    await until('the end', () => receiver.pages.some(({ event }) => event === 'incident.resolved'));
  },
);

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
