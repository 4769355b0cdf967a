import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RunResult } from '../../control/resources.ts';
import { Receiver } from './receiver.ts';
import { Running, temporaryFolder } from './ringdown.ts';

export interface CrowdOrder {
  monitors: number;
  everyMs: number;
  /** So many of them begin to fail at the same moment, and are noticed as their turn comes. */
  failing: number;
}

export interface Crowd {
  /** For each page: milliseconds from the end of the run that confirmed the failure until the receiver had it. */
  pageMs: number[];
  /** Monitors that fail, and pages that came for them. */
  failing: number;
  pages: number;
}

/** A real watcher with a crowd of monitors, each of a service of its own, whose pages go to a receiver on loopback. */
export async function crowd({ monitors, everyMs, failing }: CrowdOrder): Promise<Crowd> {
  const folder = temporaryFolder();
  const broken = new Set<string>();
  const asked = new Set<string>();
  let everyoneAsked = () => {};
  const all = new Promise<void>((resolve) => {
    everyoneAsked = resolve;
  });
  const service = createServer((request, response) => {
    asked.add(request.url!);
    if (asked.size === monitors) everyoneAsked();
    response.writeHead(broken.has(request.url!) ? 500 : 200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const receiver = await Receiver.start();
  for (let index = 0; index < monitors; index++) {
    writeFileSync(
      join(folder.path, `m${index}.scenario.yaml`),
      `version: 1
id: m${index}
name: Service ${index} answers
service: service-${index}
schedule: { every: ${everyMs}ms }
retry: { times: 1, delay: 100ms }
steps:
  - { name: asking, request: GET /${index} }
`,
    );
  }
  const watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:${(service.address() as AddressInfo).port}" } }
scenarios: ["*.scenario.yaml"]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
`,
  });
  try {
    await all;
    const step = Math.floor(monitors / failing);
    for (let index = 0; index < failing; index++) broken.add(`/${index * step}`);
    const triggered = () => receiver.pages.filter(({ event }) => event === 'incident.triggered');
    await receiver.page(() => triggered().length >= failing, everyMs + 30_000);
    const pageMs: number[] = [];
    for (const { atMs, incident } of triggered()) {
      const run = await watcher.api<RunResult>(`/api/v1/runs/${incident.cause.run_id}`);
      pageMs.push(performance.timeOrigin + atMs - (Date.parse(run.started_at) + run.duration_ms));
    }
    return { pageMs, failing, pages: new Set(triggered().map(({ dedup_key }) => dedup_key)).size };
  } finally {
    await watcher.stop();
    service.closeAllConnections();
    service.close();
    await receiver.close();
    folder.remove();
  }
}
