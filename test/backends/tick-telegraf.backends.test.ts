import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { createTick } from '../../monitoring/backends/tick/index.ts';
import { describeExporter } from '../../monitoring/testing/describe-exporter.ts';
import { batchOf, statsdRecord } from '../../monitoring/testing/payloads.ts';
import { Influx } from './influx.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import type { Server } from './servers/server.ts';
import { startTelegraf, type TelegrafServer } from './servers/telegraf.ts';
import { verifies } from './verified.ts';

const forever = new AbortController().signal;
const root = join(import.meta.dirname, '../..');
let influxdb: Server;
let telegraf: TelegrafServer;
let influx: Influx;

beforeAll(async () => {
  influxdb = await startInfluxdb();
  influx = new Influx(influxdb.url, 'telegraf');
  telegraf = await startTelegraf({
    // The file that is shipped; the port is known only now.
    config: ({ statsd }) =>
      readFileSync(join(root, 'deploy/telegraf/telegraf.conf'), 'utf8').replace(
        '127.0.0.1:8125',
        `127.0.0.1:${statsd}`,
      ),
    env: { INFLUXDB_URL: influxdb.url, INFLUXDB_DATABASE: 'telegraf', TELEGRAF_INTERVAL: '1s' },
  });
  verifies({
    backend: 'tick',
    against: 'real',
    by: `InfluxDB ${influxdb.version} behind Telegraf ${telegraf.version}`,
  });
}, 600_000);

afterAll(async () => {
  await telegraf?.stop();
  await influxdb?.stop();
});

const settings = (folder: string) => ({
  ...{ name: 'tick', type: 'tick', dataDir: join(folder, 'tick'), url: influxdb.url },
  ...{ database: 'telegraf', retention: '520w', telegraf: telegraf.url },
});

let markers = 0;

/** Resolves when all that Telegraf got before is in InfluxDB: it flushes in the order of the intervals. */
async function flushed(): Promise<void> {
  const socket = createSocket('udp4');
  const { port } = new URL(telegraf.url);
  try {
    // A marker of its own for two intervals in a row: lines that Telegraf's readers still held are in the first at last.
    for (let turn = 0; turn < 2; turn++) {
      const marker = `marker.${process.pid}.${markers++}`;
      socket.send(`${marker}:1|c`, Number(port), '127.0.0.1');
      while ((await influx.rows(`SELECT COUNT("value") FROM "${marker}"`)).length === 0) await wait(50);
    }
  } finally {
    socket.close();
  }
}

describeExporter('tick (Telegraf and InfluxDB)', {
  // Telegraf dates lines by their arrival, and an abort leaves open what arrived.
  delivery: 'at_least_once',
  async prepare(folder) {
    // Telegraf may still hold what an earlier test sent.
    await influx.command('CREATE DATABASE "telegraf"');
    await flushed();
    await influx.command('DROP DATABASE "telegraf"');
    return {
      create: () => createTick(settings(folder), systemClock).exporter,
      trace: (traceId) => influx.trace(traceId),
      async counter(name) {
        await flushed();
        return await influx.sum(name, 'value');
      },
      breakDown: () => influxdb.kill(),
      mend: () => influxdb.restart(),
      close: async () => {
        if (influxdb.pid === 0) await influxdb.restart();
      },
    };
  },
});

describe('StatsD through Telegraf', () => {
  test('every type is read back, and a record that comes again counts once', async () => {
    const folder = `${influxdb.folder}/types`;
    const { exporter, reader } = createTick(settings(folder), systemClock);
    await exporter.start();
    const lines = [
      'jobs:2|c|#queue:mail',
      'jobs:4|c|@0.5|#queue:mail',
      'jobs:1.5|c|#queue:sms',
      'depth:7|g',
      'depth:+2|g',
    ];
    const batch = batchOf(
      statsdRecord({ position: 0, receivedAt: Date.now() }, [
        ...lines,
        'took:10|ms',
        'took:30|ms',
        'packed:1:2:4|c',
        'size:5|d',
        'size:15|d',
        'people:a|s',
        'people:b|s',
        'people:a|s',
      ]),
    );
    const from = Date.now() - 60_000;
    expect(await exporter.export(batch, forever)).toEqual({ accepted: { metrics: 13 }, rejected: [] });
    expect(await exporter.export(batch, forever)).toEqual({ accepted: { metrics: 13 }, rejected: [] });
    await flushed();
    const window = { from, to: Date.now() + 60_000 };
    const one = async (name: string, aggregate: 'sum' | 'max' | 'avg' | 'count', group_by?: string) => {
      const question = {
        ask: 'metric',
        name,
        aggregate,
        interval_ms: 3_600_000,
        ...(group_by ? { group_by } : {}),
      } as const;
      const series = await reader.ask(question, window);
      return series.map(({ attributes, points }) => [
        Object.values(attributes)[0],
        points.reduce((sum, [, value]) => (aggregate === 'max' ? Math.max(sum, value ?? 0) : sum + (value ?? 0)), 0),
      ]);
    };
    expect(await one('jobs', 'sum', 'queue')).toEqual([
      ['mail', 10],
      // Telegraf counts in whole numbers.
      ['sms', 1],
    ]);
    expect(await one('packed', 'sum')).toEqual([[undefined, 7]]);
    expect(await one('depth', 'max')).toEqual([[undefined, 9]]);
    expect(await one('took', 'count')).toEqual([[undefined, 2]]);
    expect(await one('took', 'avg')).toEqual([[undefined, 20]]);
    // As a histogram: of a distribution Telegraf would write each value at the same time, and the last would stay.
    expect([await one('size', 'avg'), await one('size', 'count')]).toEqual([[[undefined, 10]], [[undefined, 2]]]);
    await expect(
      reader.ask({ ask: 'metric', name: 'took', aggregate: 'p95', interval_ms: 60_000 }, window),
    ).rejects.toMatchObject({ code: 'CANNOT_ANSWER', message: expect.stringContaining('Telegraf') });
    const names = await reader.ask({ ask: 'metric_names' }, window);
    expect(names.filter(({ name }) => /^(jobs|depth|took|people)$/.test(name))).toEqual([
      { name: 'depth', unit: '', type: 'gauge' },
      { name: 'jobs', unit: '', type: 'counter' },
      { name: 'people', unit: '', type: 'set' },
      { name: 'took', unit: '', type: 'timer' },
    ]);
    await exporter.shutdown(forever);
  }, 60_000);

  test('what was written directly before goes on through Telegraf: fields keep their types', async () => {
    const { telegraf: _, ...direct } = settings(`${influxdb.folder}/direct`);
    const lines = ['mixed.c:2|c', 'mixed.g:7|g', 'mixed.t:10|ms', 'mixed.h:10|h', 'mixed.d:10|d', 'mixed.s:a|s'];
    for (const one of [direct, settings(`${influxdb.folder}/forwarded`)]) {
      const { exporter } = createTick(one, systemClock);
      await exporter.start();
      const batch = batchOf(statsdRecord({ position: 0, receivedAt: Date.now() }, lines));
      expect(await exporter.export(batch, forever)).toEqual({ accepted: { metrics: lines.length }, rejected: [] });
      await exporter.shutdown(forever);
    }
    await flushed();
    expect([await influx.sum('mixed.c', 'value'), await influx.sum('mixed.s', 'value')]).toEqual([4, 2]);
    expect(await influx.count('mixed.g', 'value')).toBeGreaterThanOrEqual(2);
    for (const name of ['mixed.t', 'mixed.h', 'mixed.d']) {
      expect([name, await influx.sum(name, 'count'), await influx.sum(name, 'sum')]).toEqual([name, 2, 20]);
    }
  }, 60_000);
});
