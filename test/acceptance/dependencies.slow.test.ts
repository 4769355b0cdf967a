import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Incident, List, Monitor } from '../../control/resources.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';

/** `depends_on` and `environments` on real processes. */
const folder = temporaryFolder();
let shop: Shop;
let receiver: Receiver;
let watcher: Running;

beforeAll(async () => {
  [shop, receiver] = await Promise.all([Shop.start(), Receiver.start()]);
  const scenario = (id: string, every: string, more = '') =>
    writeFileSync(
      join(folder.path, `${id}.scenario.yaml`),
      `version: 1
id: ${id}
name: ${id}
service: shop
schedule: { every: ${every} }
${more}
steps:
  - name: asking for ${id}
    request: GET /${id}
    expect: { body: { contains: "/${id}" } }
`,
    );
  scenario('login', '1h');
  scenario('orders', '1s', 'depends_on: [login]');
  scenario('invoices', '1h', 'environments: [production]');
  watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { staging: { base_url: "${shop.url}" }, production: { base_url: "${shop.url}" } }
scenarios: ["*.scenario.yaml"]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: "\${HOOK_SECRET}" }
`,
    env: { HOOK_SECRET: receiver.secret },
  });
}, 60_000);

afterAll(async () => {
  await watcher?.stop();
  await receiver?.close();
  await shop?.close();
  folder.remove();
});

test('each scenario is a monitor in each environment that it is meant for', async () => {
  const { items } = await watcher.api<List<Monitor>>('/api/v1/monitors');
  expect(items.map(({ key }) => key).toSorted()).toEqual([
    'invoices@production',
    'login@production',
    'login@staging',
    'orders@production',
    'orders@staging',
  ]);
});

test('the page is about what is depended on, although nobody would have looked at it for an hour', async () => {
  await Promise.all(['login@staging', 'orders@staging'].map((key) => watcher.monitorIn('passing', key, 10_000)));
  shop.broken.set('/login', 500).set('/orders', 500);
  const page = await receiver.page(
    ({ event, incident }) => event === 'incident.triggered' && incident.environment === 'staging',
    10_000,
  );
  expect(page.incident).toMatchObject({ monitors: ['login@staging'], cause: { step: 'asking for login' } });
  await watcher.monitorIn('failing', 'orders@staging', 10_000);
  const orders = await watcher.api<Monitor>('/api/v1/monitors/orders@staging');
  expect(orders).toMatchObject({ suppressed_by: 'login@staging', depends_on: ['login@staging'] });
  // It is shown, and nobody is told of it.
  const { items } = await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered');
  expect(items.find(({ id }) => id === orders.incident_id)).toMatchObject({ held: { stage: 'dependency' } });
});

test('what still fails when that is mended rings by itself', async () => {
  shop.broken.delete('/login');
  await watcher.api('/api/v1/monitors/login@staging/run', { method: 'POST', body: '{}' });
  const page = await receiver.page(
    ({ event, incident }) =>
      event === 'incident.triggered' &&
      incident.environment === 'staging' &&
      incident.monitors.includes('orders@staging'),
    10_000,
  );
  expect(page.incident.cause.step).toBe('asking for orders');
  const staging = receiver.pages.filter(({ incident }) => incident.environment === 'staging');
  expect(staging.map(({ event }) => event).filter((event) => event === 'incident.triggered')).toHaveLength(2);
});
