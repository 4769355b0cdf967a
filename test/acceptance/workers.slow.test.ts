import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Incident, List, Monitor } from '../../control/resources.ts';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import type { WorkerStatus } from '../../scenarios/workers/protocol.ts';
import { Partition, type Weather } from '../support/partition.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { RunningWorker } from '../support/worker.ts';

/**
 * A watcher and three workers in processes of their own, and a network between them that breaks: at least one page when
 * the service is down, one incident of it, none while it is healthy or silenced.
 */
const SEED = 20261123;
const LOCATIONS = ['seoul', 'frankfurt', 'oregon'] as const;
const SOON_MS = 30_000;
const random = seededRandom(SEED);
const seconds = (least: number, most: number) => pause((least + random() * (most - least)) * 1_000);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let folder: ReturnType<typeof temporaryFolder>;
let shop: Server;
/** Paths that fail, for everybody (`/any`) or for one location (`/any seoul`). */
const broken = new Set<string>();
/** Where requests came from, by the key that they brought. */
const asked = new Set<string>();
/** No request is answered until it is over. */
let hanging = false;
const held = new Set<() => void>();
let receiver: Receiver;
let watcher: Running;
let networks: Partition[] = [];
let workers: RunningWorker[] = [];

beforeAll(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  shop = createServer(({ url, headers }, response) => {
    const key = String(headers.authorization);
    asked.add(key);
    const fails = broken.has(url!) || broken.has(`${url} ${key.replace('key-of-', '')}`);
    const answer = () => void response.writeHead(fails ? 500 : 200).end('{}');
    if (hanging) held.add(answer);
    else answer();
  }).listen(0, '127.0.0.1');
  await once(shop, 'listening');
  const scenario = (id: string, tag: string) =>
    writeFileSync(
      join(folder.path, `${id}.scenario.yaml`),
      `version: 1
id: ${id}
name: ${id}
service: ${id}
tags: [${tag}]
locations: [seoul, frankfurt, oregon]
schedule: { every: 1s }
timeout: 2s
secrets: [SHOP_KEY]
steps:
  - name: asking for ${id}
    request: { method: GET, url: /${id}, headers: { authorization: "{{ secrets.SHOP_KEY }}" } }
`,
    );
  scenario('any', 'any');
  scenario('two', 'two');
  const policy = (id: string, locations: number) =>
    writeFileSync(
      join(folder.path, `${id}.policy.yaml`),
      `version: 1
id: ${id}
priority: P1
rules: [{ scenario: { tags: [${id}] }, failing: { consecutive: 2, locations: ${locations} } }]
escalation: [{ after: 0s, notify: [hook] }]
resolve: { after_passing: 2, notify: same }
`,
    );
  policy('any', 1);
  policy('two', 2);
  watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:${(shop.address() as AddressInfo).port}" } }
scenarios: ["*.scenario.yaml"]
policies: ["*.policy.yaml"]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: "${receiver.secret}" }
`,
    env: { SHOP_KEY: 'the-watchers-own-key' },
  });
  networks = await Promise.all(LOCATIONS.map(() => Partition.before(watcher.ready.url)));
  workers = await Promise.all(LOCATIONS.map((_, index) => start(index)));
}, 120_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await Promise.all(networks.map((network) => network.close()));
  await watcher?.stop();
  await receiver?.close();
  shop?.closeAllConnections();
  shop?.close();
  folder?.remove();
});

function start(index: number, env: NodeJS.ProcessEnv = {}): Promise<RunningWorker> {
  return RunningWorker.start({
    watcher: networks[index]!.url,
    token: watcher.token,
    location: LOCATIONS[index]!,
    folder: folder.path,
    env: { SHOP_KEY: `key-of-${LOCATIONS[index]}`, ...env },
  });
}

const monitor = (id: string) => watcher.api<Monitor>(`/api/v1/monitors/${id}@local`);

async function until<T>(what: string, look: () => Promise<T | undefined | false>, withinMs = SOON_MS): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end)
      throw new Error(`${what} within ${withinMs} ms: ${JSON.stringify((await monitor('any')).locations)}`);
    await pause(100);
  }
}

const everywhere = (id: string, state: string) =>
  until(`${id} is ${state} at every location`, async () =>
    (await monitor(id)).locations!.every((location) => location.state === state),
  );
const all = (weather: Weather) => {
  for (const network of networks) network.weather = weather;
};
const triggered = (service: string, since: number) =>
  receiver.pages
    .slice(since)
    .filter(({ event, incident }) => event === 'incident.triggered' && incident.service === service);

test('every location has a verdict of its own, made with its own secret', async () => {
  await everywhere('any', 'passing');
  const { items } = await watcher.api<List<WorkerStatus>>('/api/v1/workers');
  expect(items.map(({ location, connected }) => [location, connected]).toSorted()).toEqual(
    LOCATIONS.map((name) => [name, true]).toSorted(),
  );
  expect([...asked].toSorted()).toEqual(LOCATIONS.map((name) => `key-of-${name}`).toSorted());
  const headers = { authorization: `Bearer ${watcher.token}` };
  const metrics = await (await fetch(`${watcher.ready.url}/metrics`, { headers })).text();
  expect(metrics).toContain('ringdown_workers{location="seoul"} 1');
});

test('a healthy service pages nobody, whatever the network does', async () => {
  await everywhere('any', 'passing');
  const weathers: Weather[] = ['cut', 'silent', 'slow', 'fair'];
  for (let round = 0; round < 4; round++) {
    for (const network of networks) network.weather = weathers[Math.floor(random() * weathers.length)]!;
    await seconds(2, 5);
  }
  // Long enough for every lease to run out.
  all('silent');
  await until('nothing is known of it', async () => (await monitor('any')).state === 'no_data', 60_000);
  const { locations } = await monitor('any');
  expect(locations!.map(({ state, reason }) => [state, reason !== null])).toEqual(
    LOCATIONS.map(() => ['no_data', true]),
  );
  all('fair');
  await everywhere('any', 'passing');
  await until('it passes', async () => (await monitor('any')).state === 'passing');
  expect(receiver.pages).toEqual([]);
});

test('one location that fails is not enough where two are wanted', async () => {
  await everywhere('two', 'passing');
  broken.add('/two seoul');
  await until('it fails in seoul', async () =>
    (await monitor('two')).locations!.some(({ name, state }) => name === 'seoul' && state === 'failing'),
  );
  await pause(5_000);
  expect(receiver.pages).toEqual([]);
  broken.add('/two oregon');
  await receiver.page(({ event, incident }) => event === 'incident.triggered' && incident.service === 'two', SOON_MS);
  broken.clear();
  await receiver.page(({ event, incident }) => event === 'incident.resolved' && incident.service === 'two', SOON_MS);
});

test('a worker that is killed in the middle of a run says nothing false', async () => {
  await everywhere('any', 'passing');
  const known = receiver.pages.length;
  hanging = true;
  await until('a run is under way', async () => held.size > 0);
  await workers[1]!.kill();
  hanging = false;
  for (const answer of held) answer();
  await until(
    'the location is known to say nothing',
    async () =>
      (await monitor('any')).locations!.some(({ name, state }) => name === LOCATIONS[1] && state === 'no_data'),
    60_000,
  );
  expect((await monitor('any')).state).toBe('passing');
  workers[1] = await start(1);
  await everywhere('any', 'passing');
  expect(receiver.pages.slice(known)).toEqual([]);
});

test('what is silenced stays quiet', async () => {
  await everywhere('any', 'passing');
  const known = receiver.pages.length;
  const silence = await watcher.api<{ id: string }>('/api/v1/silences', {
    method: 'POST',
    body: JSON.stringify({
      matchers: [{ label: 'service', value: 'any' }],
      ends_at: new Date(Date.now() + 600_000).toISOString(),
      reason: 'a test',
    }),
  });
  networks[0]!.weather = 'cut';
  broken.add('/any');
  await until('an incident is open', async () => {
    const { items } = await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered');
    return items.some(({ service }) => service === 'any');
  });
  networks[0]!.weather = 'fair';
  await everywhere('any', 'failing');
  broken.clear();
  await until('it is over', async () => {
    const { items } = await watcher.api<List<Incident>>('/api/v1/incidents');
    return items.some(({ service }) => service === 'any') && items.every(({ state }) => state === 'resolved');
  });
  expect(receiver.pages.slice(known)).toEqual([]);
  await watcher.api(`/api/v1/silences/${silence.id}`, { method: 'DELETE', body: '{}' });
});

test('a service that is down while two of three workers are cut off rings, and is one incident when they are back', async () => {
  await everywhere('any', 'passing');
  const known = receiver.pages.length;
  const weathers: Weather[] = ['cut', 'silent'];
  const reachable = Math.floor(random() * LOCATIONS.length);
  networks.forEach((network, index) => {
    network.weather = index === reachable ? 'slow' : weathers[index % 2]!;
  });
  broken.add('/any');
  await until('somebody is told', async () => triggered('any', known).length > 0, 60_000);
  await seconds(1, 15);
  all('fair');
  await everywhere('any', 'failing');
  await pause(3_000);
  broken.clear();
  const [first] = triggered('any', known);
  await receiver.page(
    ({ event, dedup_key }) => event === 'incident.resolved' && dedup_key === first!.dedup_key,
    SOON_MS,
  );
  await everywhere('any', 'passing');
  const pages = receiver.pages.slice(known);
  expect(new Set(pages.map(({ dedup_key }) => dedup_key)).size).toBe(1);
  expect(new Set(pages.map(({ incident }) => incident.id)).size).toBe(1);
  const { items } = await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered');
  expect(items).toEqual([]);
});
