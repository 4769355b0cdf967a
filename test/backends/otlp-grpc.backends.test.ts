import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import type { Signal } from '../../monitoring/exporter.ts';
import { decodeLogs, decodeMetrics, decodeTraces, encodeMetrics, inspect } from '../../monitoring/otlp/index.ts';
import { samplePayload } from '../../monitoring/otlp/testing/foreign-payloads.ts';
import { Receivers } from '../../monitoring/relay/receivers/index.ts';
import { SpoolUnavailable } from '../../monitoring/relay/spool/group-queue.ts';
import type { NewRecord } from '../../monitoring/relay/spool/record.ts';
import { type CollectorServer, startCollector } from './servers/collector.ts';
import { freePort } from './servers/server.ts';
import { verified } from './verified.ts';

/** The gRPC client of Go, as every Collector has it, against our receiver. */
const SIGNALS: Signal[] = ['traces', 'metrics', 'logs'];
const DECODE = { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs };
const TOKEN = 'a-token-of-the-test';
let collector: CollectorServer;
let ports: { plain: number; gzip: number };
let receivers: Receivers[] = [];
let taken: NewRecord[];
let append: (record: NewRecord) => Promise<void>;

beforeAll(async () => {
  ports = { plain: await freePort(), gzip: await freePort() };
  collector = await startCollector(({ http, grpc }) => {
    const exporter = (port: number, compression: string) => ({
      endpoint: `127.0.0.1:${port}`,
      compression,
      headers: { authorization: `Bearer ${TOKEN}` },
      tls: { insecure: true },
      retry_on_failure: { initial_interval: '50ms', max_interval: '200ms', max_elapsed_time: '60s' },
      sending_queue: { enabled: true },
    });
    const pipeline = { receivers: ['otlp'], exporters: ['otlp/plain', 'otlp/gzip'] };
    return {
      receivers: {
        otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } } },
      },
      exporters: { 'otlp/plain': exporter(ports.plain, 'none'), 'otlp/gzip': exporter(ports.gzip, 'gzip') },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
      },
    };
  });
}, 900_000);
afterAll(() => collector?.stop());

beforeEach(async () => {
  taken = [];
  append = async (record) => {
    taken.push(record);
  };
  receivers = await Promise.all(
    Object.values(ports).map(async (otlpGrpcPort) => {
      const one = new Receivers({
        host: '127.0.0.1',
        otlpPort: 0,
        otlpGrpcPort,
        statsdPort: 0,
        statsdSocket: undefined,
        otlpToken: TOKEN,
        maxBodyBytes: 8 << 20,
        maxTagSets: 100_000,
        clock: systemClock,
        append: (record) => append(record),
        log: (_, message) => {
          throw new Error(message);
        },
      });
      await one.listen();
      return one;
    }),
  );
});
afterEach(async () => {
  await Promise.all(receivers.map((one) => one.close(AbortSignal.timeout(5_000))));
});

async function send(signal: Signal, bytes: Uint8Array): Promise<void> {
  const answer = await fetch(`${collector.url}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: bytes as Uint8Array<ArrayBuffer>,
  });
  expect(answer.status).toBe(200);
}

/** Once both ways have brought as many items. */
async function untilTaken(items: number): Promise<void> {
  const sum = () => taken.reduce((all, record) => all + record.items, 0);
  for (const end = performance.now() + 60_000; sum() < 2 * items && performance.now() < end; ) await delay(50);
  expect(sum()).toBe(2 * items);
}

const seen = (feature: string) =>
  verified({ backend: 'receivers', against: 'real', by: `OpenTelemetry Collector ${collector.version}`, feature });

test.each(SIGNALS)(
  '%s come in over gRPC from a Collector, plain and gzip, as they were',
  async (signal) => {
    const { protobuf } = samplePayload(signal, 2_000);
    await send(signal, protobuf);
    await untilTaken(2_000);
    for (const { bytes } of taken) expect(DECODE[signal](bytes)).toEqual(DECODE[signal](protobuf));
    seen(`OTLP/gRPC: ${signal}, plain and gzip`);
  },
  120_000,
);

test('a Collector keeps what the spool cannot take, and brings it when it can', async () => {
  let refusals = 0;
  append = async (record) => {
    if (refusals++ < 6) throw new SpoolUnavailable(refusals % 2 ? 'busy' : 'failed', new Error('ENOSPC'));
    taken.push(record);
  };
  await send('traces', samplePayload('traces', 100).protobuf);
  await untilTaken(100);
  expect(refusals).toBe(8);
  seen('OTLP/gRPC: UNAVAILABLE with RetryInfo is waited out');
}, 120_000);

test('what our encoder writes is taken by a Collector', async () => {
  const points = decodeMetrics(samplePayload('metrics', 50).protobuf);
  await send('metrics', encodeMetrics(points));
  await untilTaken(50);
  expect(inspect('metrics', taken[0]!.bytes)).toMatchObject({ items: 50, invalid: 0 });
  expect(decodeMetrics(taken[0]!.bytes)).toEqual(points);
}, 120_000);
