import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { batchOf, statsdRecord } from '../../testing/payloads.ts';
import { createTick } from './index.ts';
import { forTelegraf } from './telegraf-line.ts';
import { InfluxdbStandIn } from './testing/influxdb-stand-in.ts';

const forever = new AbortController().signal;
let folder: string;
let telegraf: Socket;
let influxdb: InfluxdbStandIn;
let received: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-telegraf-'));
  received = [];
  telegraf = createSocket('udp4');
  telegraf.on('message', (packet) => received.push(...packet.toString().split('\n').filter(Boolean)));
  telegraf.bind(0, '127.0.0.1');
  await once(telegraf, 'listening');
  influxdb = new InfluxdbStandIn();
  await influxdb.start();
});

afterEach(async () => {
  telegraf.close();
  await influxdb.stop();
  rmSync(folder, { recursive: true, force: true });
});

function create() {
  const { port } = telegraf.address() as AddressInfo;
  const settings = {
    name: 'tick',
    type: 'tick',
    dataDir: folder,
    url: influxdb.url,
    telegraf: `udp://127.0.0.1:${port}`,
  };
  return createTick(settings, systemClock).exporter;
}

async function untilReceived(line: string): Promise<void> {
  while (!received.includes(line)) await once(telegraf, 'message', { signal: AbortSignal.timeout(10_000) });
}

const record = (position: number, lines: string[]) => statsdRecord({ position, receivedAt: 0 }, lines);

test('StatsD goes on to Telegraf as it came, malformed lines left out, and not to InfluxDB', async () => {
  const exporter = create();
  await exporter.start();
  const exported = await exporter.export(batchOf(record(0, ['a:1|c|#x:é', 'bad', 'b:2|ms|@0.5'])), forever);
  expect(exported).toEqual({
    accepted: { metrics: 2 },
    rejected: [{ signal: 'metrics', count: 1, reason: 'malformed item', position: 0 }],
  });
  await untilReceived('b:2|ms|@0.5');
  expect(received).toEqual(['a:1|c|#x:é', 'b:2|ms|@0.5']);
  expect(influxdb.points.size).toBe(0);
  await exporter.shutdown(forever);
});

test('a record that comes again, also after a restart, is not sent again', async () => {
  for (const last of ['c:1|c', 'd:1|c']) {
    const exporter = create();
    await exporter.start();
    await exporter.export(batchOf(record(0, ['a:1|c']), record(50, ['b:1|c'])), forever);
    const { accepted } = await exporter.export(
      batchOf(record(0, ['a:1|c']), record(last === 'c:1|c' ? 90 : 120, [last])),
      forever,
    );
    expect(accepted).toEqual({ metrics: 2 });
    await untilReceived(last);
    await exporter.shutdown(forever);
  }
  expect(received).toEqual(['a:1|c', 'b:1|c', 'c:1|c', 'd:1|c']);
});

test('what Telegraf would lose is written as it takes it', () => {
  for (const [line, sent] of [
    ['a:1|c|#d:|d', 'a:1|c|#d:|d'],
    ['é:1|d', 'é:1|h'],
    ['a:5|d|@0.5|#x:é', 'a:5|h|@0.5|#x:é'],
    ['a:1:-2:3|ms|#x:1', 'a:1|ms|#x:1\na:-2|ms|#x:1\na:3|ms|#x:1'],
    ['a:1:2|d', 'a:1|h\na:2|h'],
    ['a:b:c|s', 'a:b:c|s'],
  ]) {
    expect(forTelegraf(Buffer.from(line!)).toString()).toBe(sent);
  }
});
