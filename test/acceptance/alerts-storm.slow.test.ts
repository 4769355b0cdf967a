import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { quantiles } from '../../benchmarks/schedule/quantiles.ts';
import type { Incident, List } from '../../control/resources.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';
import { storm } from '../support/storm.ts';
import { Timeline } from '../support/timeline.ts';

/** Everything fails at once, on a real watcher. */
const MONITORS = 300;

test('10,000 failures within a minute: the limit is kept, P1 comes first, the counts are exact, memory is bounded', async () => {
  const told = await storm({ alerts: 10_000, criticalEvery: 160, durationMs: 60_000, afterMs: 10_000 });
  expect(told).toMatchObject({ taken: 10_000, open: 10_000, twice: 0 });
  expect(told.pager).toMatchObject({ violations: 0 });
  expect(told.pager.mostInAMinute).toBeLessThanOrEqual(120);
  // The limit is used, and nearly all of it by what is critical: of 62, each is through.
  expect(told.pager.accepted.length).toBeGreaterThan(90);
  expect(told.criticalMs).toHaveLength(told.critical);
  expect(told.rssPeak).toBeLessThan(1_024);
  const { p50, p99 } = quantiles(told.criticalMs);
  console.info(
    `P1 accepted after ${Math.round(p50)} ms (p50), ${Math.round(p99)} ms (p99); ${told.pager.mostInAMinute} events in the fullest minute; RSS ${Math.round(told.rssBefore)} → ${Math.round(told.rssPeak)} MB`,
  );
});

test(`a service with ${MONITORS} monitors that goes away is one page, whose count is exact in the end`, async () => {
  const seen = new Timeline();
  const folder = temporaryFolder();
  const [shop, receiver] = await Promise.all([Shop.start(), Receiver.start()]);
  for (let index = 0; index < MONITORS; index++) {
    writeFileSync(
      join(folder.path, `m${index}.scenario.yaml`),
      `version: 1
id: m${index}
name: Monitor ${index}
service: shop
schedule: { every: 3s }
steps:
  - { name: asking, request: GET /shared }
`,
    );
  }
  const watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "${shop.url}" } }
scenarios: ["*.scenario.yaml"]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
`,
  });
  const open = async () => (await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered')).items;
  try {
    await seen.until(
      'everyone passed',
      async () => {
        const { items } = await watcher.api<List<{ state: string }>>('/api/v1/monitors');
        return items.length === MONITORS && items.every(({ state }) => state === 'passing');
      },
      90_000,
      watcher.output,
    );
    shop.broken.set('/shared', 500);
    await seen.until('all fail', async () => (await open())[0]?.failing_count === MONITORS, 90_000, watcher.output);
    expect(await open()).toHaveLength(1);
    expect((await open())[0]!.monitors).toHaveLength(MONITORS);
    shop.broken.delete('/shared');
    await seen.until('all pass', async () => (await open()).length === 0, 90_000, watcher.output);
    const events = () => receiver.pages.map(({ event }) => event);
    await seen.until('its end is told', () => events().includes('incident.resolved'), 90_000, watcher.output);
    expect(events().filter((event) => event !== 'incident.updated')).toEqual([
      'incident.triggered',
      'incident.resolved',
    ]);
  } finally {
    await watcher.stop();
    await Promise.all([shop.close(), receiver.close()]);
    folder.remove();
  }
});
