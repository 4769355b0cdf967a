import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomHex, seededRandom } from '../../core/testing/seeded-random.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { SpoolRecord } from '../exporter.ts';
import { GaugeState } from '../statsd/gauge-state.ts';
import { batchOf, logsRecord, malformedRecord, spansRecord, statsdRecord } from '../testing/payloads.ts';
import { OtlpHttpExporter, type OtlpHttpExporterOptions, plainConversion } from './index.ts';
import { OtlpPeer, partial, status } from './testing/otlp-peer.ts';

const NOW_MS = 1_790_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const TRACE = 'ab'.repeat(16);
const forever = new AbortController().signal;
const random = seededRandom(3);

let peer: OtlpPeer;
let exporter: OtlpHttpExporter;

async function start(options: Partial<OtlpHttpExporterOptions> = {}): Promise<void> {
  exporter = new OtlpHttpExporter({
    endpoint: { url: peer.url },
    convert: plainConversion(new GaugeState()),
    clock: new VirtualClock(NOW_MS),
    ...options,
  });
  await exporter.start();
}

beforeEach(async () => {
  peer = await OtlpPeer.start();
});

afterEach(async () => {
  await exporter.shutdown(forever);
  await peer.close();
});

function spans(position: number, count: number, name = 'GET /'): SpoolRecord {
  const seeds = Array.from({ length: count }, () => ({
    traceId: TRACE,
    spanId: randomHex(random, 16),
    name,
    startNs: NOW_NS,
    durationNs: 1n,
  }));
  return spansRecord({ position, receivedAt: NOW_MS }, seeds, { 'service.name': 'shop' });
}

function logs(position: number, ...messages: string[]): SpoolRecord {
  const seeds = messages.map((body) => ({ timeNs: NOW_NS, body, traceId: TRACE }));
  return logsRecord({ position, receivedAt: NOW_MS }, seeds, { 'service.name': 'shop' });
}

describe('joining', () => {
  test('records of one signal travel in one request, byte for byte', async () => {
    await start();
    const batch = batchOf(spans(0, 2), spans(1, 3), spans(2, 1));
    expect(await exporter.export(batch, forever)).toEqual({ accepted: { traces: 6 }, rejected: [] });
    expect(peer.requests).toHaveLength(1);
    expect(peer.requests[0]!.bytes.equals(Buffer.concat(batch.records.map(({ bytes }) => bytes)))).toBe(true);
  });

  test('requests stay below the limit', async () => {
    const records = Array.from({ length: 20 }, (_, position) => spans(position, 4));
    const limit = records[0]!.bytes.length * 3 + 10;
    await start({ maxRequestBytes: limit });
    expect((await exporter.export(batchOf(...records), forever)).accepted).toEqual({ traces: 80 });
    expect(peer.requests).toHaveLength(7);
    expect(Math.max(...peer.requests.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(limit);
    expect(new Set(peer.spans.map(({ spanId }) => spanId)).size).toBe(80);
  });

  test('a record above the limit is cut, and each item arrives once with its resource', async () => {
    await start({ maxRequestBytes: 700 });
    expect((await exporter.export(batchOf(spans(0, 60)), forever)).accepted).toEqual({ traces: 60 });
    expect(peer.requests.length).toBeGreaterThan(3);
    expect(new Set(peer.spans.map(({ spanId }) => spanId)).size).toBe(60);
    expect(peer.spans).toHaveLength(60);
    expect(peer.spans.every(({ resource }) => resource['service.name'] === 'shop')).toBe(true);
  });

  test('compressed requests hold the same', async () => {
    await start({ endpoint: { url: peer.url, gzip: true } });
    await exporter.export(batchOf(spans(0, 200)), forever);
    expect(peer.requests[0]!.headers['content-encoding']).toBe('gzip');
    expect(peer.requests[0]!.wireBytes).toBeLessThan(peer.requests[0]!.bytes.length);
    expect(peer.spans).toHaveLength(200);
  });
});

describe('refusals', () => {
  test('one bad record among many sinks none of its neighbours', async () => {
    peer.judges.push(({ bytes }) => (bytes.includes('poison') ? status(400, 'no poison, please') : undefined));
    await start();
    const records = Array.from({ length: 16 }, (_, position) => spans(position, 2, position === 11 ? 'poison' : 'ok'));
    const exported = await exporter.export(batchOf(...records), forever);
    expect(exported).toEqual({
      accepted: { traces: 30 },
      rejected: [{ signal: 'traces', count: 2, position: 11, reason: 'no poison, please' }],
    });
    expect(peer.spans).toHaveLength(30);
  });

  test('a record that breaks off cannot swallow its neighbour', async () => {
    await start();
    const torn = { ...spans(0, 2), bytes: spans(0, 2).bytes.slice(0, -40) };
    const exported = await exporter.export(batchOf(torn, spans(1, 3)), forever);
    expect(exported.accepted).toEqual({ traces: 3 });
    expect(exported.rejected).toMatchObject([{ count: 2, position: 0 }]);
  });

  test('equal reasons stay equal: ids are left out', async () => {
    peer.judges.push(() => status(422, `trace ${randomHex(random, 32)} is too old`));
    await start();
    const first = await exporter.export(batchOf(spans(0, 1)), forever);
    const second = await exporter.export(batchOf(spans(1, 1)), forever);
    expect(first.rejected[0]!.reason).toBe('trace … is too old');
    expect(second.rejected[0]!.reason).toBe(first.rejected[0]!.reason);
  });

  test.each([413, 400])(
    'what is too large (%i) is cut down to its items; only what stays too large is refused',
    async (code) => {
      peer.judges.push(({ bytes }) => (bytes.length > 400 ? status(code, 'http: request body too large') : undefined));
      await start();
      const batch = batchOf(logs(0, 'a', 'b'), logs(1, 'c', 'x'.repeat(1_000), 'd'), logs(2, 'e'));
      expect(await exporter.export(batch, forever)).toEqual({
        accepted: { logs: 5 },
        rejected: [{ signal: 'logs', count: 1, position: 1, reason: 'http: request body too large' }],
      });
      expect(peer.logs.map(({ body }) => body).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    },
  );

  test.each([400, 413])('a destination that answers %i to everything is not asked for every item', async (code) => {
    peer.judges.push(() => status(code, 'never'));
    await start();
    const records = Array.from({ length: 1_000 }, (_, position) => logs(position, 'a'));
    const batch = batchOf(...records, spans(1_000, 2_000));
    const { accepted, rejected, retry } = await exporter.export(batch, forever);
    expect({ accepted, retry }).toEqual({ accepted: {}, retry: undefined });
    expect(rejected).toHaveLength(1_001);
    expect(rejected.at(-1)).toEqual({ signal: 'traces', count: 2_000, position: 1_000, reason: 'never' });
    expect(peer.requests.length).toBeLessThan(1_000);
  });

  test('a group without items is cut off and not counted', async () => {
    peer.judges.push(() => status(413, 'too large'));
    await start();
    const empty = logsRecord({ position: 0, receivedAt: NOW_MS }, [], { 'service.name': 'nobody' });
    const one = logs(0, 'a');
    const record = { ...one, bytes: Buffer.concat([empty.bytes, one.bytes, empty.bytes]) };
    expect((await exporter.export(batchOf(record), forever)).rejected).toEqual([
      { signal: 'logs', count: 1, position: 0, reason: 'too large' },
    ]);
  });

  test('a refusal of part of a joined request is counted exactly, and the next ones name their record', async () => {
    peer.refuse('bad');
    await start();
    const records = [logs(0, 'good'), logs(1, 'bad', 'bad'), logs(2, 'good')];
    const blurred = await exporter.export(batchOf(...records), forever);
    expect(blurred.accepted).toEqual({ logs: 2 });
    expect(blurred.rejected.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    const exact = await exporter.export(batchOf(...records), forever);
    expect(exact.rejected).toEqual([{ signal: 'logs', count: 2, position: 1, reason: 'the message is not allowed' }]);
    expect(exact.accepted).toEqual({ logs: 2 });
  });

  test('partial_success is read from JSON as well; one that refuses nothing is a remark', async () => {
    const headers = { 'content-type': 'application/json' };
    const answers = [
      { partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' } },
      { partialSuccess: { rejectedSpans: 0, errorMessage: 'consider a newer version' } },
    ];
    peer.judges.push(() => ({ status: 200, headers, body: JSON.stringify(answers.shift()) }));
    await start();
    expect(await exporter.export(batchOf(spans(0, 5)), forever)).toEqual({
      accepted: { traces: 3 },
      rejected: [{ signal: 'traces', count: 2, position: 0, reason: 'too old' }],
    });
    expect(await exporter.export(batchOf(spans(1, 5)), forever)).toEqual({ accepted: { traces: 5 }, rejected: [] });
  });

  test('a destination that refuses more than it was sent refuses what it was sent', async () => {
    peer.judges.push(() => partial(99, 'all of it'));
    await start();
    const exported = await exporter.export(batchOf(spans(0, 3)), forever);
    expect(exported.accepted).toEqual({});
    expect(exported.rejected).toMatchObject([{ count: 3 }]);
  });

  test('a record nobody can read is refused alone', async () => {
    await start();
    const bad = malformedRecord({ position: 1, receivedAt: NOW_MS }, 'traces', 4);
    const exported = await exporter.export(batchOf(spans(0, 1), bad, spans(2, 1)), forever);
    expect(exported.accepted).toEqual({ traces: 2 });
    expect(exported.rejected).toMatchObject([
      { count: 4, position: 1, reason: expect.stringContaining('cannot be read') },
    ]);
  });
});

describe('trying again', () => {
  test.each([429, 502, 503, 504])(
    '%i hands everything back with the time to wait, and sends nothing more',
    async (code) => {
      peer.judges.push(() => status(code, 'busy', { 'retry-after': '7' }));
      await start({ maxRequestBytes: 10 });
      const batch = batchOf(spans(0, 1), spans(1, 1));
      const exported = await exporter.export(batch, forever);
      expect(exported).toMatchObject({ accepted: {}, rejected: [], retry: batch, retryAfterMs: 7_000 });
      expect(exported.error!.message).toMatch(new RegExp(`/v1/traces answered ${code}: busy`));
      expect(peer.requests).toHaveLength(1);
    },
  );

  test('Retry-After may be a date', async () => {
    peer.judges.push(() => status(503, '', { 'retry-after': new Date(NOW_MS + 90_000).toUTCString() }));
    await start();
    expect((await exporter.export(batchOf(spans(0, 1)), forever)).retryAfterMs).toBe(90_000);
  });

  test.each([401, 403, 404, 301])('%i says what to look at, shows no secret and loses nothing', async (code) => {
    peer.judges.push(() => status(code, ''));
    const url = peer.url.replace('//', '//kim:hunter2@');
    await start({ endpoint: { url: `${url}/?key=hunter2`, headers: { authorization: 'Bearer hunter2' } } });
    const batch = batchOf(spans(0, 1));
    const exported = await exporter.export(batch, forever);
    expect(exported.retry).toEqual(batch);
    expect(exported.error!.message).toMatch(/\(.+\)$/);
    expect(exported.error!.message).not.toContain('hunter2');
  });

  test('a web page with 200 has stored nothing', async () => {
    peer.judges.push(() => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<p>hi' }));
    await start();
    const batch = batchOf(spans(0, 1));
    const exported = await exporter.export(batch, forever);
    expect(exported).toMatchObject({ accepted: {}, retry: batch });
    expect(exported.error!.message).toContain('web page');
  });

  test('one signal that is busy holds up no other', async () => {
    peer.judges.push(({ signal }) => (signal === 'traces' ? status(503, 'busy') : undefined));
    await start();
    const exported = await exporter.export(batchOf(spans(0, 1), logs(1, 'a'), spans(2, 1)), forever);
    expect(exported.accepted).toEqual({ logs: 1 });
    expect(exported.retry!.records.map(({ position }) => position)).toEqual([0, 2]);
  });

  test('a record of which only a part went through comes back whole', async () => {
    let requests = 0;
    peer.judges.push(() => (++requests > 3 ? status(503, 'busy') : undefined));
    await start({ maxRequestBytes: 700 });
    const record = spans(0, 60);
    const exported = await exporter.export(batchOf(record), forever);
    expect(exported).toMatchObject({ accepted: {}, rejected: [], retry: { records: [record] } });
  });
});

describe('StatsD', () => {
  test('lines are counted as lines, whatever they become', async () => {
    await start();
    const lines = ['orders:1|c', 'orders:2|c', 'orders:x|c', 'level:3|g'];
    const exported = await exporter.export(batchOf(statsdRecord({ position: 5, receivedAt: NOW_MS }, lines)), forever);
    expect(exported).toEqual({
      accepted: { metrics: 3 },
      rejected: [{ signal: 'metrics', count: 1, position: 5, reason: 'malformed StatsD line' }],
    });
    expect(peer.points).toHaveLength(2);
    expect(peer.counter('orders')).toBe(3);
  });

  test('a record that comes again says the same', async () => {
    await start();
    const first = batchOf(statsdRecord({ position: 0, receivedAt: NOW_MS }, ['level:5|g']));
    const second = batchOf(statsdRecord({ position: 1, receivedAt: NOW_MS }, ['level:+3|g']));
    await exporter.export(first, forever);
    peer.breakDown();
    expect((await exporter.export(second, forever)).retry).toBeDefined();
    expect((await exporter.export(second, forever)).retry).toBeDefined();
    peer.mend();
    await exporter.export(second, forever);
    expect(peer.points.map((point) => (point.type === 'gauge' ? point.value : null))).toEqual([5, 8]);
  });
});
