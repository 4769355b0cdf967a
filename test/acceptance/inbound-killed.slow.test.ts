import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/**
 * The watcher is killed with SIGKILL while it takes alerts of another system. What it answered 200 is told without being said
 * again; what it did not answer is said again, as Alertmanager does. Either way it is one dedup_key, and its end arrives.
 */
const RUNS = 20;
const SEED = 20261123;
/** From before the request arrives to well after the answer. */
const KILL_WITHIN_MS = 60;
const PAGE_WITHIN_MS = 30_000;
const TOKEN = 'token-of-the-alertmanager';

test(`an alert that was answered is told, over ${RUNS} seeded kills`, async () => {
  const random = seededRandom(SEED);
  const folder = temporaryFolder();
  const receiver = await Receiver.start();
  const service = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
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
  const start = () =>
    Running.start({
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
  let watcher = await start();
  const say = async (run: number, status: string, startsAt: string): Promise<boolean> => {
    const labels = { alertname: 'Down', service: `service-${run}` };
    const alert = { status, labels, startsAt, endsAt: new Date().toISOString(), fingerprint: `f${run}` };
    const answer = await fetch(`${watcher.ready.url}/api/v1/inbound/am`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ version: '4', alerts: [alert] }),
    }).catch(() => null);
    return answer?.status === 200;
  };

  let answeredBefore = 0;
  try {
    for (let run = 0; run < RUNS; run++) {
      const about = () => receiver.pages.filter(({ incident }) => incident.service === `service-${run}`);
      const startsAt = new Date().toISOString();
      const said = say(run, 'firing', startsAt);
      await new Promise((resolve) => setTimeout(resolve, random() * KILL_WITHIN_MS));
      await watcher.kill();
      const answered = await said;
      if (answered) answeredBefore++;
      watcher = await start();
      if (!answered) expect(await say(run, 'firing', startsAt)).toBe(true);
      await receiver.page((page) => about().includes(page) && page.event === 'incident.triggered', PAGE_WITHIN_MS);
      expect(await say(run, 'resolved', startsAt)).toBe(true);
      await receiver.page((page) => about().includes(page) && page.event === 'incident.resolved', PAGE_WITHIN_MS);
      expect([run, new Set(about().map(({ dedup_key }) => dedup_key)).size]).toEqual([run, 1]);
    }
  } finally {
    await watcher.stop();
    await receiver.close();
    service.closeAllConnections();
    service.close();
    folder.remove();
  }
  // Both kinds must have been seen, or the test says nothing.
  expect(answeredBefore).toBeGreaterThan(0);
  expect(answeredBefore).toBeLessThan(RUNS);
});
