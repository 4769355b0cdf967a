import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { createTick } from '../../monitoring/backends/tick/index.ts';
import { batchOf, spansRecord } from '../../monitoring/testing/payloads.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import { startKapacitor } from './servers/kapacitor.ts';
import { verified } from './verified.ts';

const forever = new AbortController().signal;
const folder = join(import.meta.dirname, '../../deploy/kapacitor/load/tasks');

test('Kapacitor’s script alerts when a service answers with 5xx, and says when it is over', async () => {
  const told: { id: string; level: string }[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    told.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const influxdb = await startInfluxdb();
  const { exporter } = createTick(
    { name: 'tick', type: 'tick', dataDir: influxdb.folder, url: influxdb.url },
    systemClock,
  );
  await exporter.start();
  const kapacitor = await startKapacitor({
    influxdbUrl: influxdb.url,
    // The file that is shipped, over seconds instead of a minute.
    tasks: {
      'api-5xx': readFileSync(join(folder, 'api-5xx.tick'), 'utf8')
        .replace('period = 1m', 'period = 4s')
        .replace('every = 5s', 'every = 1s'),
    },
    handlers: { post: `id: post\ntopic: api-5xx\nkind: post\noptions:\n  url: http://127.0.0.1:${port}/\n` },
  });
  let position = 0;
  /** Real requests of this moment, half of which fail, and a scenario's that all fail. */
  const requests = async (status: number) => {
    const of = (index: number, code: number, synthetic: boolean) => ({
      traceId: 'a'.repeat(32),
      spanId: (position + index).toString(16).padStart(16, '0'),
      startNs: BigInt(Date.now()) * 1_000_000n,
      durationNs: 1_000_000n,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/x',
        'http.response.status_code': code,
        ...(synthetic ? { 'user_agent.synthetic.type': 'test' } : {}),
      },
    });
    const spans = Array.from({ length: 20 }, (_, index) => of(index, index % 2 ? status : 200, false));
    const scenarios = Array.from({ length: 20 }, (_, index) => of(index + 20, 503, true));
    const resource = { 'service.name': 'shop', 'deployment.environment.name': 'live' };
    const record = spansRecord({ position, receivedAt: Date.now() }, [...spans, ...scenarios], resource);
    position += 10_000;
    expect((await exporter.export(batchOf(record), forever)).retry).toBeUndefined();
  };
  const until = async (level: string, status: number) => {
    for (const end = Date.now() + 120_000; !told.some((one) => one.level === level); await wait(200)) {
      if (Date.now() > end) throw new Error(`no ${level}: ${JSON.stringify(told)}`);
      await requests(status);
    }
  };
  try {
    // Scenarios' own failures do not count; real ones do.
    for (let turn = 0; turn < 20; turn++) {
      await requests(200);
      await wait(200);
    }
    expect(told).toEqual([]);
    await until('CRITICAL', 503);
    await until('OK', 200);
    expect(told.map(({ id, level }) => [id, level])).toEqual([
      ['api-5xx/shop/live', 'CRITICAL'],
      ['api-5xx/shop/live', 'OK'],
    ]);
    verified({
      backend: 'tick',
      feature: 'the TICKscript for 5xx alerts on our schema, and recovers',
      against: 'real',
      by: `Kapacitor ${kapacitor.version} with InfluxDB ${influxdb.version}`,
    });
  } finally {
    await exporter.shutdown(forever);
    await kapacitor.stop();
    await influxdb.stop();
    receiver.close();
  }
}, 600_000);
