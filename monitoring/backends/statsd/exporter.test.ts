import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { batchOf, metricsRecord, spansRecord, statsdRecord } from '../../testing/payloads.ts';
import { createStatsd } from './index.ts';
import { StatsdPeer } from './testing/statsd-peer.ts';

const forever = new AbortController().signal;
let folder: string;
let peer: StatsdPeer;
const cleanUp: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-repeater-'));
  peer = new StatsdPeer();
  await peer.start();
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  await peer.stop();
  await rm(folder, { recursive: true, force: true });
});

async function started(settings: Record<string, unknown> = {}) {
  const { exporter } = createStatsd(
    { name: 'old', type: 'statsd', dataDir: folder, url: peer.url, ...settings },
    systemClock,
  );
  await exporter.start();
  cleanUp.push(() => exporter.shutdown(AbortSignal.abort()));
  return exporter;
}

const record = (position: number, lines: string[]) => statsdRecord({ position, receivedAt: 1_000 }, lines);

test('lines go on byte for byte, in order; everything else is left out', async () => {
  const exporter = await started();
  const point = { name: 'g', type: 'gauge' as const, value: 1, timeNs: 1n };
  const exported = await exporter.export(
    batchOf(
      record(0, ['a:1|c|@0.5|#k:é', 'bad', 'b:+2|g|T1656581400']),
      metricsRecord({ position: 1, receivedAt: 0 }, [point, point], {}),
      spansRecord({ position: 2, receivedAt: 0 }, [], {}),
      record(3, ['c:kim|s']),
    ),
    forever,
  );
  expect(exported).toEqual({
    accepted: { metrics: 3 },
    filtered: { metrics: 2, traces: 0 },
    rejected: [{ signal: 'metrics', count: 1, reason: 'malformed line' }],
  });
  expect(peer.lines).toEqual(['a:1|c|@0.5|#k:é', 'b:+2|g|T1656581400', 'c:kim|s']);
});

test('plain StatsD is made of what a server without tags would misread', async () => {
  const exporter = await started({ prefix: 'shop.', tags: false });
  const lines = ['a:1|c|@0.5|#k:v|T1656581400', 'b:1:2.50|d|#k:v|c:x', 'c:-3|g', 'd:kim:lee|s|#k:v', 'e:7|h', 'f:1|m'];
  expect(await exporter.export(batchOf(record(0, lines)), forever)).toMatchObject({ accepted: { metrics: 6 } });
  expect(peer.lines).toEqual([
    'shop.a:1|c|@0.5',
    'shop.b:1|ms',
    'shop.b:2.50|ms',
    'shop.c:-3|g',
    'shop.d:kim:lee|s',
    'shop.e:7|ms',
    'shop.f:1|c',
  ]);
});

test('a prefix leaves the rest of the line as it is', async () => {
  const exporter = await started({ prefix: 'shop.' });
  await exporter.export(batchOf(record(0, ['a:1:2|d|@0.5|#k:v|T1656581400'])), forever);
  expect(peer.lines).toEqual(['shop.a:1:2|d|@0.5|#k:v|T1656581400']);
});

test('datagrams are as large as they may be, and no larger', async () => {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => server.close());
  const packets: Buffer[] = [];
  const lines = Array.from({ length: 200 }, (_, index) => `metric.${index}:1|c|#route:/v1/posts`);
  const all = new Promise<void>((resolve) => {
    server.on('message', (packet) => {
      packets.push(packet);
      if (packet.toString().endsWith(lines.at(-1)!)) resolve();
    });
  });
  const exporter = await started({ url: `udp://127.0.0.1:${server.address().port}`, max_packet: 600 });
  await exporter.export(batchOf(record(0, lines)), forever);
  await all;
  expect(packets.flatMap((packet) => packet.toString().split('\n'))).toEqual(lines);
  for (const packet of packets) expect(packet.length).toBeLessThanOrEqual(600);
  for (const packet of packets.slice(0, -1)) expect(packet.length).toBeGreaterThan(560);
});

test('a server that hangs while lines are handed over gets them once', async () => {
  const exporter = await started();
  peer.hold();
  const batch = batchOf(record(0, ['a:1|c']), record(9, ['a:2|c']));
  for (let attempt = 0; attempt < 3; attempt++) {
    const exported = await exporter.export(batch, AbortSignal.timeout(30));
    expect(exported.retry).toEqual(batch);
  }
  peer.resume();
  expect(await exporter.export(batch, forever)).toMatchObject({ accepted: { metrics: 2 } });
  expect(peer.lines).toEqual(['a:1|c', 'a:2|c']);
});

test('what was sent is not sent again after a restart, unless the spool began anew', async () => {
  const batch = batchOf(record(0, ['a:1|c']), record(9, ['a:2|c']));
  await (await started()).export(batch, forever);
  await (await started()).export(batchOf(...batch.records, record(20, ['b:1|c'])), forever);
  expect(peer.lines).toEqual(['a:1|c', 'a:2|c', 'b:1|c']);
  const anew = statsdRecord({ position: 0, receivedAt: 2_000 }, ['c:1|c']);
  await (await started()).export(batchOf(anew), forever);
  expect(peer.lines).toEqual(['a:1|c', 'a:2|c', 'b:1|c', 'c:1|c']);
});

test('a folder that cannot be used fails the start, not the process', async () => {
  const taken = join(folder, 'file');
  await writeFile(taken, '');
  await expect(started({ dataDir: taken })).rejects.toThrow('EEXIST');
});

test('everything wrong in the settings is said at once', () => {
  const wrong = { url: 'http://statsd', prefix: 'a b', tags: 'no', max_packet: 5, max_lines_per_second: 0.5, udp: 1 };
  expect(() => createStatsd({ name: 'old', type: 'statsd', dataDir: folder, ...wrong }, systemClock)).toThrow(
    expect.objectContaining({
      code: 'INVALID_BACKEND',
      exitCode: 2,
      message: expect.stringMatching(
        /^backend "old": url: .*; prefix: .*; tags: .*; max_packet: .*; max_lines_per_second: .*; unknown key "udp"$/,
      ),
    }),
  );
  expect(() => createStatsd({ name: 'old', type: 'statsd', dataDir: folder }, systemClock)).toThrow('url is missing');
});
