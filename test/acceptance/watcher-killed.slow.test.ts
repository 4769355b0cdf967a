import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { type ReceivedPage, Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/**
 * The watcher is killed with SIGKILL at a random moment of a failure and started again on the same data directory.
 * Whatever the moment: somebody is told, and what is told twice carries the same dedup_key.
 */
const RUNS = 50;
const SEED = 20261123;
/** From the moment the service breaks to well after the page: run, confirm, commit, send, record. */
const KILL_WITHIN_MS = 900;
const PAGE_WITHIN_MS = 20_000;

let receiver: Receiver;
let service: Server;
/** The route that fails; each run breaks one of its own, since a cause that comes and goes counts as flapping. */
let broken: string | null = null;
const route = (run: number) => `/route-${run}`;

beforeAll(async () => {
  receiver = await Receiver.start();
  service = createServer((request, response) => response.writeHead(request.url === broken ? 500 : 200).end('{}'));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
});

afterAll(async () => {
  service.closeAllConnections();
  service.close();
  await receiver.close();
});

test(`no page is lost over ${RUNS} seeded kills, and repeats carry the same dedup_key`, async () => {
  const random = seededRandom(SEED);
  const folder = temporaryFolder();
  const { port } = service.address() as AddressInfo;
  writeFileSync(
    join(folder.path, 'service.scenario.yaml'),
    `version: 1
id: service
name: The service answers
service: shop
schedule: { every: 1s }
retry: { times: 1, delay: 50ms }
timeout: 2s
steps:
${Array.from({ length: RUNS }, (_, run) => `  - { name: asking ${run}, request: GET ${route(run)} }\n`).join('')}`,
  );
  const start = () =>
    Running.start({
      command: 'serve',
      folder: folder.path,
      config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:${port}" } }
scenarios: ["*.scenario.yaml"]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
`,
    });

  let repeated = 0;
  let watcher = await start();
  try {
    for (let run = 0; run < RUNS; run++) {
      await watcher.monitorIn('passing', 'service@local', PAGE_WITHIN_MS);
      const known = receiver.pages.length;
      const fresh = () => receiver.pages.slice(known);
      const told = (event: string) => (page: ReceivedPage) => page.event === event && fresh().includes(page);

      broken = route(run);
      await new Promise((resolve) => setTimeout(resolve, 200 + random() * KILL_WITHIN_MS));
      await watcher.kill();
      watcher = await start();
      const page = await receiver.page(told('incident.triggered'), PAGE_WITHIN_MS);

      broken = null;
      await receiver.page(told('incident.resolved'), PAGE_WITHIN_MS);
      const keys = new Set(fresh().map(({ dedup_key }) => dedup_key));
      expect({ run, keys: [...keys] }).toEqual({ run, keys: [page.dedup_key] });
      repeated += fresh().filter(({ event }) => event === 'incident.triggered').length - 1;
    }
  } finally {
    await watcher.stop();
    folder.remove();
  }
  // Not a promise, but worth knowing: how many kills fell between sending and recording.
  console.info(`${RUNS} kills, ${repeated} pages sent twice, none lost`);
});
