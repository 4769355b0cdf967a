import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IncidentDetail } from '../../control/resources.ts';
import { type ReceivedPage, Receiver } from '../support/receiver.ts';
import { ROOT, Running, temporaryFolder } from '../support/ringdown.ts';

/** State cannot be written while a service fails: the page leaves all the same, and the incident is on record later. */
const INTERVAL_MS = 1_000;
/** Interval, retry, the two seconds that the database gets, evidence, and what a busy machine adds. */
const PAGE_WITHIN_MS = INTERVAL_MS + 50 + 2_000 + 300 + 4_000;
const LOCKED_FOR_MS = 10_000;
const WRITTEN_WITHIN_MS = 30_000;
const DISK_SIZE = '96m';

let receiver: Receiver;
let service: Server;
let broken: boolean;
let folder: ReturnType<typeof temporaryFolder>;
let watcher: Running | undefined;

beforeEach(async () => {
  broken = false;
  receiver = await Receiver.start();
  service = createServer((_request, response) => response.writeHead(broken ? 500 : 200).end('{}'));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  folder = temporaryFolder();
  writeFileSync(
    join(folder.path, 'service.scenario.yaml'),
    `version: 1
id: service
name: The service answers
service: shop
schedule: { every: ${INTERVAL_MS}ms }
retry: { times: 1, delay: 50ms }
timeout: 2s
steps:
  - name: asking
    request: GET /
`,
  );
});

afterEach(async () => {
  await watcher?.stop();
  watcher = undefined;
  service.closeAllConnections();
  service.close();
  await receiver.close();
  folder.remove();
});

const dataDirectory = () => join(folder.path, 'data');

function start(launcher?: string): Promise<Running> {
  const { port } = service.address() as AddressInfo;
  return Running.start({
    command: 'serve',
    folder: folder.path,
    ...(launcher === undefined ? {} : { launcher }),
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:${port}" } }
scenarios: ["*.scenario.yaml"]
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
`,
  });
}

/** Breaks the service and waits for the page about it. */
async function pageOfBreaking(): Promise<ReceivedPage> {
  broken = true;
  return receiver.page(
    ({ event, incident }) => event === 'incident.triggered' && incident.service === 'shop',
    PAGE_WITHIN_MS,
  );
}

/** Waits until the database itself, not the watcher's memory, tells of an incident. */
async function onRecord(id: string, isSo: (incident: IncidentDetail) => boolean): Promise<IncidentDetail> {
  const end = performance.now() + WRITTEN_WITHIN_MS;
  for (;;) {
    const incident = await watcher!.api<IncidentDetail>(`/api/v1/incidents/${id}`).catch((error: unknown) => error);
    if (!(incident instanceof Error) && isSo(incident as IncidentDetail)) return incident as IncidentDetail;
    if (performance.now() > end) throw new Error(`not on record: ${JSON.stringify(incident)}\n${watcher!.output.text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const accepted =
  (...events: string[]) =>
  (incident: IncidentDetail) =>
    events.every((event) =>
      incident.deliveries.some((delivery) => delivery.event === event && delivery.status === 'accepted'),
    );

describe('when another process locks the state', () => {
  const lock = () => {
    const database = new DatabaseSync(join(dataDirectory(), 'state.db'));
    // The watcher may be writing at this very moment.
    database.exec('PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE');
    return () => {
      if (database.isOpen) database.close();
    };
  };

  test('the page leaves within two seconds and some, and the incident is on record when the lock is gone', async () => {
    watcher = await start();
    await watcher.monitorIn('passing', 'service@local', 10_000);
    const unlock = lock();
    const lockedAt = performance.now();
    const page = await pageOfBreaking();
    await new Promise((resolve) => setTimeout(resolve, LOCKED_FOR_MS - (performance.now() - lockedAt)));
    unlock();
    const incident = await onRecord(page.incident.id, accepted('incident.triggered'));
    expect(incident).toMatchObject({ state: 'triggered', dedup_key: page.dedup_key, monitors: ['service@local'] });
    expect(incident.timeline.map(({ kind }) => kind)).toEqual(['triggered', 'notified']);

    broken = false;
    const resolved = await receiver.page(({ event }) => event === 'incident.resolved', 10_000);
    expect(resolved.dedup_key).toBe(page.dedup_key);
    expect(receiver.pages.map(({ event }) => event)).toEqual(['incident.triggered', 'incident.resolved']);
  });

  test('a watcher that starts meanwhile watches and pages, and goes on with what it knew', async () => {
    watcher = await start();
    await watcher.monitorIn('passing', 'service@local', 10_000);
    await watcher.kill();
    const unlock = lock();
    try {
      watcher = await start();
      const page = await pageOfBreaking();
      unlock();
      const incident = await onRecord(page.incident.id, accepted('incident.triggered'));
      expect(incident.dedup_key).toBe(page.dedup_key);
    } finally {
      unlock();
    }
  });
});

describe('when the disk is full', () => {
  /** A disk of the watcher's own, in a mount namespace: it needs no rights, and is gone with the process. */
  function launcherOnSmallDisk(): string {
    const file = join(folder.path, 'on-small-disk.mjs');
    writeFileSync(
      file,
      `import { spawn } from 'node:child_process';
const mount = 'mkdir -p "$0" && mount -t tmpfs -o size=${DISK_SIZE} tmpfs "$0" && exec "$@"';
const args = [process.execPath, ${JSON.stringify(join(ROOT, 'app/ringdown.mjs'))}, ...process.argv.slice(2)];
const child = spawn('unshare', ['-Urm', 'sh', '-c', mount, ${JSON.stringify(dataDirectory())}, ...args], { stdio: 'inherit' });
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
`,
    );
    return file;
  }

  function fill(file: string): void {
    const ballast = openSync(file, 'w');
    for (let size = 1 << 20; size >= 1; ) {
      try {
        writeSync(ballast, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size = Math.floor(size / 2);
      }
    }
    closeSync(ballast);
  }

  test('pages leave, and what happened is on record once there is room', async () => {
    watcher = await start(launcherOnSmallDisk());
    await watcher.monitorIn('passing', 'service@local', 10_000);
    const ballast = `/proc/${watcher.ready.pid}/root${join(dataDirectory(), 'ballast')}`;
    fill(ballast);
    const page = await pageOfBreaking();
    broken = false;
    await receiver.page(({ event, incident }) => event === 'incident.resolved' && incident.service === 'shop', 10_000);
    expect(watcher.output.text).toContain('pages leave from memory');

    rmSync(ballast);
    const incident = await onRecord(page.incident.id, accepted('incident.triggered', 'incident.resolved'));
    expect(incident).toMatchObject({ state: 'resolved', dedup_key: page.dedup_key });
    expect(incident.timeline.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['triggered', 'notified', 'monitor_recovered', 'resolved']),
    );
  });
});
