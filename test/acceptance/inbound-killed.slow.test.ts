import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Incident, List, ListedSilence } from '../../control/resources.ts';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/**
 * The watcher is killed with SIGKILL while it takes alerts of another system. What it answered 200 is told without being said
 * again; what it did not answer is said again, as Alertmanager does. Either way it is one dedup_key, and its end arrives.
 */
const RUNS = 20;
const RUNS_LOCKED = 5;
const SEED = 20261123;
/** From before the request arrives to well after the answer. */
const KILL_WITHIN_MS = 60;
const PAGE_WITHIN_MS = 30_000;
/** The database is tried again ever more slowly, after 15 s at the latest. */
const WRITTEN_WITHIN_MS = 40_000;
const TOKEN = 'token-of-the-alertmanager';

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let service: Server;
let watcher: Running;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  service = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(service, 'listening');
  writeFileSync(
    join(folder.path, 'service.scenario.yaml'),
    `version: 1
id: service
name: The service answers
service: shop
schedule: { every: 60s }
steps:
  - { name: asking, request: GET / }
`,
  );
  watcher = await start();
});

afterEach(async () => {
  await watcher.stop();
  await receiver.close();
  service.closeAllConnections();
  service.close();
  folder.remove();
});

function start(): Promise<Running> {
  return Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:${(service.address() as AddressInfo).port}" } }
scenarios: ["*.scenario.yaml"]
inbound:
  - { name: am, type: alertmanager, token: ${TOKEN} }
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
`,
  });
}

/** @returns the status of the answer; undefined where none came */
async function say(run: number, status: 'firing' | 'resolved', startsAt: string): Promise<number | undefined> {
  const labels = { alertname: 'Down', service: `service-${run}` };
  const alert = { status, labels, startsAt, endsAt: new Date().toISOString(), fingerprint: `f${run}` };
  const answer = await fetch(`${watcher.ready.url}/api/v1/inbound/am`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ version: '4', alerts: [alert] }),
  }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status;
}

const pagesOf = (run: number) => receiver.pages.filter(({ incident }) => incident.service === `service-${run}`);
const paged = (run: number, event: string) =>
  receiver.page((page) => pagesOf(run).includes(page) && page.event === `incident.${event}`, PAGE_WITHIN_MS);

test(`an alert that was answered is told, over ${RUNS} seeded kills`, async () => {
  const random = seededRandom(SEED);
  let answeredBefore = 0;
  for (let run = 0; run < RUNS; run++) {
    const startsAt = new Date().toISOString();
    const said = say(run, 'firing', startsAt);
    await new Promise((resolve) => setTimeout(resolve, random() * KILL_WITHIN_MS));
    await watcher.kill();
    const answered = (await said) === 200;
    if (answered) answeredBefore++;
    watcher = await start();
    if (!answered) expect(await say(run, 'firing', startsAt)).toBe(200);
    await paged(run, 'triggered');
    expect(await say(run, 'resolved', startsAt)).toBe(200);
    await paged(run, 'resolved');
    expect([run, new Set(pagesOf(run).map(({ dedup_key }) => dedup_key)).size]).toEqual([run, 1]);
  }
  // Both kinds must have been seen, or the test says nothing.
  expect(answeredBefore).toBeGreaterThan(0);
  expect(answeredBefore).toBeLessThan(RUNS);
});

/** As a backup does, or an administrator's shell. */
function lockState(): () => void {
  const database = new DatabaseSync(join(folder.path, 'data', 'state.db'));
  database.exec('PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE');
  return () => database.close();
}

async function untilDone(done: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + WRITTEN_WITHIN_MS;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`not done in time:\n${watcher.output.text.slice(-3_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('while the database is away the sender hears 503, and the first 200 outlives a kill at once', async () => {
  for (let run = 0; run < RUNS_LOCKED; run++) {
    const startsAt = new Date().toISOString();
    const unlock = lockState();
    expect(await say(run, 'firing', startsAt)).toBe(503);
    await paged(run, 'triggered');
    expect(await say(run, 'firing', startsAt)).toBe(503);
    unlock();
    await untilDone(async () => (await say(run, 'firing', startsAt)) === 200);
    await watcher.kill();
    watcher = await start();
    const { items } = await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered');
    expect(items.map((incident) => incident.service)).toEqual([`service-${run}`]);
    expect(await say(run, 'resolved', startsAt)).toBe(200);
    await paged(run, 'resolved');
    expect([run, new Set(pagesOf(run).map(({ dedup_key }) => dedup_key)).size]).toEqual([run, 1]);
  }
});

test('a silence that was ended while the database is away is not called ended before that is on disk', async () => {
  const silences = async () => (await watcher.api<List<ListedSilence>>('/api/v1/silences')).items;
  const { id } = await watcher.api<ListedSilence>('/api/v1/silences', {
    method: 'POST',
    body: JSON.stringify({ matchers: [{ label: 'service', value: 'shop' }], duration: '1h', reason: 'deploying' }),
  });
  const end = () =>
    fetch(`${watcher.ready.url}/api/v1/silences/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${watcher.token}` },
    });
  const unlock = lockState();
  const refused = await end();
  expect([refused.status, (await refused.json()) as object]).toEqual([
    503,
    expect.objectContaining({ code: 'NOT_WRITTEN', detail: expect.stringContaining('a restart of the watcher would') }),
  ]);
  expect((await silences()).map(({ state }) => state)).toEqual(['ended']);
  await watcher.kill();
  unlock();
  watcher = await start();
  expect((await silences()).map(({ state }) => state)).toEqual(['standing']);
  expect((await end()).status).toBe(200);
  await watcher.kill();
  watcher = await start();
  expect((await silences()).map(({ state }) => state)).toEqual(['ended']);
});
