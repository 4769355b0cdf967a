import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { createOtlp } from '../../monitoring/backends/otlp/index.ts';
import type { Signal } from '../../monitoring/exporter.ts';
import {
  type DecodedLog,
  type DecodedPoint,
  type DecodedSpan,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  encodeJson,
} from '../../monitoring/otlp/index.ts';
import { describeExporter } from '../../monitoring/testing/describe-exporter.ts';
import { batchOf, logsRecord, spansRecord, statsdRecord } from '../../monitoring/testing/payloads.ts';
import { type CollectorServer, startCollector } from './servers/collector.ts';
import { verifies } from './verified.ts';

/** Requests above this are too large for the Collector of this test. */
const MOST_BYTES = 400_000;
const OUTPUT = 'held.jsonl';
const forever = new AbortController().signal;

let collector: CollectorServer;
let marks = 0;

beforeAll(async () => {
  // `append`: what it held before a restart stays.
  collector = await startCollector(({ http }, folder) => {
    const pipeline = { receivers: ['otlp'], exporters: ['file'] };
    return {
      receivers: {
        otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}`, max_request_body_size: MOST_BYTES } } },
      },
      exporters: { file: { path: join(folder, OUTPUT), append: true, flush_interval: '50ms' } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
      },
    };
  });
  verifies({ backend: 'otlp', against: 'real', by: `OpenTelemetry Collector ${collector.version}` });
});

afterAll(() => collector?.stop());

const settings = () => ({ name: 'otlp', type: 'otlp', dataDir: '', url: collector.url });

interface Held {
  spans: DecodedSpan[];
  points: DecodedPoint[];
  logs: DecodedLog[];
}

/** What the Collector wrote since its file had this size. */
async function heldSince(offset: number): Promise<Held> {
  await marked();
  return parsed(readFileSync(output()).subarray(offset).toString('utf8'));
}

/** The size of its file once all that was sent so far is in it: a marker sent after everything else says so. */
async function marked(): Promise<number> {
  const mark = `mark-${marks++}`;
  const { exporter } = createOtlp(settings(), systemClock);
  await exporter.start();
  const placed = { position: 0, receivedAt: Date.now() };
  const marker = batchOf(logsRecord(placed, [{ timeNs: 1n, body: mark }], { 'service.name': 'marker' }));
  while ((await exporter.export(marker, forever)).retry) await wait(50);
  await exporter.shutdown(forever);
  for (;;) {
    const bytes = existsSync(output()) ? readFileSync(output()) : Buffer.alloc(0);
    if (bytes.includes(`"${mark}"`) && bytes.at(-1) === 0x0a) return bytes.length;
    await wait(50);
  }
}

function parsed(text: string): Held {
  const held: Held = { spans: [], points: [], logs: [] };
  for (const line of text.split('\n')) {
    if (line === '' || line.includes('"marker"')) continue;
    const json = JSON.parse(line) as Record<string, unknown>;
    const bytes = (signal: Signal) => encodeJson(signal, json);
    if (json.resourceSpans) held.spans.push(...decodeTraces(bytes('traces')));
    if (json.resourceMetrics) held.points.push(...decodeMetrics(bytes('metrics')));
    if (json.resourceLogs) held.logs.push(...decodeLogs(bytes('logs')));
  }
  return held;
}

const output = () => join(collector.folder, OUTPUT);

describeExporter('otlp (OpenTelemetry Collector)', {
  delivery: 'at_least_once',
  canHold: true,
  async prepare() {
    const offset = await marked();
    let isDown = false;
    let isHeld = false;
    const mend = async () => {
      if (isHeld) collector.resume();
      if (isDown) await collector.restart();
      isDown = false;
      isHeld = false;
    };
    return {
      create: () => createOtlp(settings(), systemClock).exporter,
      async trace(traceId) {
        const { spans, logs } = await heldSince(offset);
        return {
          spanIds: spans.filter((span) => span.traceId === traceId).map(({ spanId }) => spanId),
          messages: logs.filter((log) => log.traceId === traceId).map(({ body }) => String(body)),
        };
      },
      async counter(name) {
        const { points } = await heldSince(offset);
        return points.reduce((sum, point) => sum + (point.type === 'sum' && point.name === name ? point.value! : 0), 0);
      },
      async breakDown() {
        await collector.kill();
        isDown = true;
      },
      async hold() {
        isHeld = true;
        collector.pause();
        // The signal takes effect a moment after it was sent.
        while (!/\) T /.test(readFileSync(`/proc/${collector.pid}/stat`, 'latin1'))) await wait(5);
      },
      mend,
      close: mend,
    };
  },
});

describe('the Collector', () => {
  const traceId = 'ab'.repeat(16);
  const spans = (count: number, padding: number) =>
    Array.from({ length: count }, (_, index) => ({
      traceId,
      spanId: (index + 1).toString(16).padStart(16, '0'),
      startNs: BigInt(Date.now()) * 1_000_000n + BigInt(index),
      durationNs: 1_234_567n,
      attributes: { padding: 'x'.repeat(padding), index },
    }));

  test.each([true, false])('a record above its limit arrives in pieces, each span once (gzip: %s)', async (gzip) => {
    const offset = await marked();
    const { exporter } = createOtlp({ ...settings(), gzip }, systemClock);
    await exporter.start();
    const record = spansRecord({ position: 0, receivedAt: Date.now() }, spans(1_500, 1_000), {
      'service.name': 'shop',
    });
    expect(record.bytes.length).toBeGreaterThan(3 * MOST_BYTES);
    expect(await exporter.export(batchOf(record), forever)).toEqual({ accepted: { traces: 1_500 }, rejected: [] });
    await exporter.shutdown(forever);
    const held = (await heldSince(offset)).spans.filter((span) => span.traceId === traceId);
    expect(held).toHaveLength(1_500);
    expect(new Set(held.map(({ spanId }) => spanId)).size).toBe(1_500);
    expect(held.every(({ resource }) => resource['service.name'] === 'shop')).toBe(true);
  });

  test('what it holds is what was sent: times to the nanosecond, attributes, resource', async () => {
    const offset = await marked();
    const { exporter } = createOtlp(settings(), systemClock);
    await exporter.start();
    const record = spansRecord({ position: 0, receivedAt: Date.now() }, spans(3, 1), { 'service.name': 'shop' });
    await exporter.export(batchOf(record), forever);
    await exporter.shutdown(forever);
    expect((await heldSince(offset)).spans).toEqual(decodeTraces(record.bytes));
  });

  test('StatsD arrives as metrics of every type', async () => {
    const offset = await marked();
    const { exporter } = createOtlp(settings(), systemClock);
    await exporter.start();
    const lines = ['wait:5|ms|@0.5', 'wait:50|ms', 'level:7|g', 'users:kim|s', 'users:min|s', 'orders:3|c|#shop:a'];
    const record = statsdRecord({ position: 0, receivedAt: Date.now() }, lines);
    expect(await exporter.export(batchOf(record), forever)).toEqual({ accepted: { metrics: 6 }, rejected: [] });
    await exporter.shutdown(forever);
    expect((await heldSince(offset)).points).toMatchObject([
      { type: 'exponential_histogram', name: 'wait', unit: 'ms', count: 3, sum: 60, temporality: 'delta' },
      { type: 'gauge', name: 'level', value: 7 },
      { type: 'gauge', name: 'users', value: 2 },
      { type: 'sum', name: 'orders', value: 3, temporality: 'delta', monotonic: true, attributes: { shop: 'a' } },
    ]);
  });

  test('one torn record among good ones is refused alone, in its words', async () => {
    const { exporter } = createOtlp(settings(), systemClock);
    await exporter.start();
    const good = (position: number) => spansRecord({ position, receivedAt: Date.now() }, spans(2, 1), {});
    const whole = good(1);
    // Its outermost field says what it holds, and inside something is missing.
    const torn = { ...whole, bytes: Buffer.from(whole.bytes) };
    torn.bytes[3] = 0xff;
    const exported = await exporter.export(batchOf(good(0), torn, good(2)), forever);
    await exporter.shutdown(forever);
    expect(exported.accepted).toEqual({ traces: 4 });
    expect(exported.rejected).toMatchObject([{ signal: 'traces', count: 2, position: 1 }]);
    expect(exported.rejected[0]!.reason).toMatch(/\w/);
  });
});
