import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunResult } from '../../control/resources.ts';
import { Receiver } from '../support/receiver.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

/** How soon things happen, in a suite that has the machine to itself: elsewhere a neighbour's load would be measured. */
const folder = temporaryFolder();
let receiver: Receiver;
let watcher: Running;
let startedAtMs: number;

const JOURNEY_INTERVAL_MS = 11_000;
const PAGE_TAKES_MS = 1_000;

beforeAll(async () => {
  receiver = await Receiver.start();
  startedAtMs = performance.now();
  watcher = await Running.start({
    command: 'up',
    folder: folder.path,
    config: `version: 1
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: "\${HOOK_SECRET}" }
`,
    env: { HOOK_SECRET: receiver.secret },
  });
});

afterAll(async () => {
  await watcher?.stop();
  await receiver?.close();
  folder.remove();
});

test('the first run passes within ten seconds of the start', async () => {
  await watcher.event((event) => event.type === 'monitor' && event.data.state === 'passing', 10_000);
  expect(performance.now() - startedAtMs).toBeLessThan(10_000);
});

test('a page is with the channel one second after the run that confirmed the failure', async () => {
  await watcher.monitorIn('passing', 'post-journey@local', 20_000);
  await watcher.fault({ route: 'POST /v1/posts', status: 500 });
  const page = await receiver.page(({ event }) => event === 'incident.triggered', JOURNEY_INTERVAL_MS + 10_000);
  const run = await watcher.api<RunResult>(`/api/v1/runs/${page.incident.cause.run_id}`);
  const endedAtMs = Date.parse(run.started_at) + run.duration_ms;
  expect(performance.timeOrigin + page.atMs - endedAtMs).toBeLessThan(PAGE_TAKES_MS);
});
