import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Incident, List } from '../../control/resources.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/** Rules on numbers, on real processes: requests and logs of the reference API through the relay's store to a page. */
const POLICY = `version: 1
id: numbers
priority: P2
rules:
  - id: errors
    every: 1s
    ratio:
      part: { requests: { service: reference-api, status: 5xx, synthetic: false }, by: http.route }
      whole: { requests: { service: reference-api, synthetic: false }, by: http.route }
      window: 20s
      is: { gt: 20% }
      at_least: 5
    summary: "{{ http.route }} fails for {{ value }}"
  - id: logged
    every: 1s
    threshold: { of: { logs: { service: reference-api, level: error }, window: 20s }, is: { gte: 5 } }
  - id: job
    every: 1s
    heartbeat: { name: nightly, every: 10s }
escalation:
  - { after: 0s, notify: [hook] }
`;
/** No scenario runs by itself: what pages is numbers alone. */
const BY_HAND = `version: 1
id: by-hand
name: By hand
service: reference-api
steps:
  - { name: asking for health, request: GET /healthz }
`;
const SOON_MS = 60_000;

const folder = temporaryFolder();
let receiver: Receiver;
let watcher: Running;

const config = () => `version: 1
policies: ["*.policy.yaml"]
scenarios: ["*.scenario.yaml"]
heartbeats: [{ name: nightly }]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: "\${HOOK_SECRET}" }
`;

const start = async () => {
  watcher = await Running.start({
    command: 'up',
    folder: folder.path,
    config: config(),
    env: { HOOK_SECRET: receiver.secret },
  });
};

beforeAll(async () => {
  receiver = await Receiver.start();
  writeFileSync(join(folder.path, 'by-hand.scenario.yaml'), BY_HAND);
  writeFileSync(join(folder.path, 'numbers.policy.yaml'), POLICY);
  await start();
});

afterAll(async () => {
  await watcher?.stop();
  await receiver?.close();
  folder.remove();
});

/** Real traffic, until the end of what is awaited. */
async function under<T>(traffic: () => Promise<unknown>, awaited: Promise<T>): Promise<T> {
  let over = false;
  const done = awaited.finally(() => {
    over = true;
  });
  while (!over) {
    await traffic();
    await Promise.race([done.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 200))]);
  }
  return await done;
}

const signIn = () =>
  fetch(`${watcher.ready.api_url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'nobody@example.com', password: 'nothing-that-works' }),
  }).then((response) => response.text());
const beat = () =>
  fetch(`${watcher.ready.url}/api/v1/heartbeats/nightly`, {
    method: 'POST',
    headers: { authorization: `Bearer ${watcher.token}` },
  });
const both = () => Promise.all([signIn(), beat()]);
const open = async () => (await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered')).items;
const pageOf = (event: string, rule: string) =>
  receiver.page(
    (page) => page.event === event && page.incident.cause.monitor.startsWith(`rule:numbers/${rule}`),
    SOON_MS,
  );

test('requests that fail become a page, once over a kill -9, and its end', async () => {
  await watcher.fault({ route: 'POST /v1/sessions', status: 500 });
  const page = await under(both, pageOf('incident.triggered', 'errors'));
  expect(page.incident.cause.message).toMatch(/^\/v1\/sessions fails for \d/);
  await watcher.kill();
  await start();
  await watcher.fault({ route: 'POST /v1/sessions', status: 500 });
  await under(both, new Promise((resolve) => setTimeout(resolve, 15_000)));
  const logged = await under(both, pageOf('incident.triggered', 'logged'));
  expect(logged.incident.cause.message).toMatch(/^\d+ errors of .* within .*, at least 5$/);
  // The page waited for the records that it counts.
  expect(logged.incident.cause.server_error).toEqual(expect.any(String));
  expect(logged.incident.cause.trace_id).toMatch(/^[0-9a-f]{32}$/);
  // One that was killed before it had written down that the page was taken sends it again, as the same delivery.
  const told = receiver.pages.filter(({ incident }) => incident.id === page.incident.id);
  expect(new Set(told.map(({ delivery_id }) => delivery_id))).toEqual(new Set([page.delivery_id]));
  expect((await open()).map(({ id }) => id)).toContain(page.incident.id);
  await watcher.mend();
  const end = await under(both, pageOf('incident.resolved', 'errors'));
  expect(end.incident.id).toBe(page.incident.id);
});

test('a job that stays away rings, and its report ends it', async () => {
  const page = await pageOf('incident.triggered', 'job');
  expect(page.incident.cause.message).toMatch(/^nightly reported 1\d s ago; it is expected every 10 s$/);
  await under(beat, pageOf('incident.resolved', 'job'));
});
