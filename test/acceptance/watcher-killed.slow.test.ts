import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { AUTH, type MadeCall, SID, twilioPeer } from '../../alerts/testing/peers/twilio.ts';
import { vendorServer } from '../../alerts/testing/peers/vendor-server.ts';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { type ReceivedPage, Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/**
 * The watcher is killed with SIGKILL at a random moment of a failure and started again on the same data directory.
 * Whatever the moment: somebody is told, what is told twice carries the same dedup_key, and the phone rings once, because
 * the vendor is asked before it is rung again. A watcher is killed over and over; two of them, side by side.
 */
const SEEDS = 200;
const SIDE_BY_SIDE = 2;
const SEED = 20261123;
/** From the moment the service breaks to well after the page: run, confirm, commit, send, record. */
const KILL_WITHIN_MS = 900;
const PAGE_WITHIN_MS = 90_000;
const ALL_WITHIN_MS = 3_600_000;

/** Each seed breaks a route of its own, since a cause that comes and goes counts as flapping. */
const route = (seed: number) => `/route-${seed}`;

interface Told {
  seed: number;
  killedAfterMs: number;
  pages: number;
  calls: number;
}

async function killOverAndOver(seeds: readonly number[]): Promise<Told[]> {
  const folder = temporaryFolder();
  const receiver = await Receiver.start();
  const calls: MadeCall[] = [];
  const phone = await vendorServer(twilioPeer(calls));
  let broken: string | null = null;
  const service = createServer((request, response) => response.writeHead(request.url === broken ? 500 : 200).end('{}'));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
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
${seeds.map((seed) => `  - { name: asking ${seed}, request: GET ${route(seed)} }\n`).join('')}`,
  );
  const start = () =>
    Running.start({
      command: 'serve',
      folder: folder.path,
      config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:${(service.address() as AddressInfo).port}" } }
scenarios: ["*.scenario.yaml"]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
  - { name: call-kim, type: twilio-voice, account_sid: ${SID}, auth_token: ${AUTH}, from: "+12025550100", to: "+12025550101", url: "${phone.url}" }
`,
    });
  const told: Told[] = [];
  let watcher = await start();
  try {
    for (const seed of seeds) {
      const random = seededRandom(SEED + seed);
      await watcher.monitorIn('passing', 'service@local', PAGE_WITHIN_MS);
      const known = receiver.pages.length;
      const rung = calls.length;
      // The end of the seed before may be told once more: it was killed before that was on record.
      const earlier = new Set(receiver.pages.map(({ delivery_id }) => delivery_id));
      const fresh = () => receiver.pages.slice(known).filter(({ delivery_id }) => !earlier.has(delivery_id));
      const line = (page: ReceivedPage) => `+${Math.round(page.atMs - beganAtMs)} ms ${page.event} ${page.dedup_key}`;
      const heard = (event: string) =>
        receiver
          .page((page) => page.event === event && fresh().includes(page), PAGE_WITHIN_MS)
          .catch((error: Error) => {
            const timeline = [`killed +${Math.round(killedAfterMs)} ms`, ...fresh().map(line)].join('\n');
            throw new Error(`seed ${seed}: ${error.message}\n${timeline}\n${watcher.output.text.slice(-3_000)}`);
          });

      const beganAtMs = performance.now();
      const killedAfterMs = 200 + random() * KILL_WITHIN_MS;
      broken = route(seed);
      await new Promise((resolve) => setTimeout(resolve, killedAfterMs));
      await watcher.kill();
      watcher = await start();
      const page = await heard('incident.triggered');
      for (const end = performance.now() + PAGE_WITHIN_MS; calls.length === rung && performance.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }

      broken = null;
      await heard('incident.resolved');
      expect({ seed, keys: [...new Set(fresh().map(({ dedup_key }) => dedup_key))] }).toEqual({
        seed,
        keys: [page.dedup_key],
      });
      const pages = fresh().filter(({ event }) => event === 'incident.triggered').length;
      told.push({ seed, killedAfterMs, pages, calls: calls.length - rung });
    }
  } finally {
    await watcher.stop();
    service.closeAllConnections();
    service.close();
    await Promise.all([receiver.close(), phone.close()]);
    folder.remove();
  }
  return told;
}

test(
  `over ${SEEDS} seeded kills no page is lost, repeats carry the same dedup_key, and the phone rings once`,
  async () => {
    const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
    const told = (
      await Promise.all(
        Array.from({ length: SIDE_BY_SIDE }, (_, lane) =>
          killOverAndOver(seeds.filter((seed) => seed % SIDE_BY_SIDE === lane)),
        ),
      )
    ).flat();
    expect(told).toHaveLength(SEEDS);
    // The stand-in always tells what it knows, so no answer stays unclear and no second call is due.
    expect(told.filter(({ calls }) => calls !== 1)).toEqual([]);
    const twice = told.filter(({ pages }) => pages > 1).length;
    // Not a promise, but worth knowing: how many kills fell between sending and recording.
    console.info(`${SEEDS} kills, ${twice} incidents paged twice at the webhook, none lost, one call each`);
  },
  ALL_WITHIN_MS,
);
