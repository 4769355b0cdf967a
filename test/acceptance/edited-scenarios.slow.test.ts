import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { List, LiveEvent, Monitor, RunSummary } from '../../control/resources.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';

/** QA edits files while the watcher runs. */
const folder = temporaryFolder();
let shop: Shop;
let watcher: Running;

const write = (id: string, path: string, more = '') =>
  writeFileSync(
    join(folder.path, `${id}.scenario.yaml`),
    `version: 1\nid: ${id}\nname: ${id}\nservice: shop\nschedule: { every: 1s }\n${more}steps:\n  - { name: asking, request: GET ${path} }\n`,
  );

beforeAll(async () => {
  shop = await Shop.start();
  write('a', '/old');
  watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1\nenvironments: { local: { base_url: "${shop.url}" } }\nscenarios: ["*.scenario.yaml"]\n`,
  });
  await watcher.monitorIn('passing', 'a@local', 10_000);
}, 60_000);

afterAll(async () => {
  await watcher?.stop();
  await shop?.close();
  folder.remove();
});

const keys = async () => (await watcher.api<List<Monitor>>('/api/v1/monitors')).items.map(({ key }) => key).toSorted();
const monitorsAre = (expected: string[]) =>
  watcher.event(
    (event: LiveEvent) =>
      event.type === 'monitors' &&
      event.data.items
        .map(({ key }) => key)
        .toSorted()
        .join() === expected.join(),
    10_000,
  );

test('a changed file is run as it reads now, and its monitor keeps its history', async () => {
  const before = await watcher.api<List<RunSummary>>('/api/v1/monitors/a@local/runs?limit=100');
  const replaced = monitorsAre(['a@local']);
  write('a', '/new');
  await replaced;
  await watcher.event((event) => event.type === 'run' && event.data.monitor === 'a@local', 10_000);
  expect(shop.requests.at(-1)).toBe('GET /new');
  const monitor = await watcher.api<Monitor>('/api/v1/monitors/a@local');
  expect(monitor.recent_runs.map(({ id }) => id)).toEqual(expect.arrayContaining(before.items.map(({ id }) => id)));
});

test('a file with a mistake changes nothing, and is told', async () => {
  write('a', '/broken', 'tags: critical\n');
  await watcher.said('the watcher goes on with what it had', 10_000);
  await watcher.event((event) => event.type === 'run' && event.data.monitor === 'a@local', 10_000);
  expect(shop.requests.at(-1)).toBe('GET /new');
  const replaced = monitorsAre(['a@local']);
  write('a', '/newer');
  await replaced;
});

test('a new file is a new monitor, and one that goes takes its monitor along', async () => {
  const both = monitorsAre(['a@local', 'b@local']);
  write('b', '/b');
  await both;
  await watcher.monitorIn('passing', 'b@local', 10_000);
  const one = monitorsAre(['b@local']);
  rmSync(join(folder.path, 'a.scenario.yaml'));
  await one;
  expect(await keys()).toEqual(['b@local']);
});
