import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { SpoolRecord } from '../../exporter.ts';
import { encodeMetrics } from '../../otlp/encode-metrics.ts';
import type { DecodedPoint } from '../../otlp/index.ts';
import { OtlpPeer } from '../../otlp-http/testing/otlp-peer.ts';
import type { Attributes } from '../../telemetry.ts';
import { batchOf, logsRecord, type SpanSeed, spansRecord, statsdRecord } from '../../testing/payloads.ts';
import { readConfig } from './config.ts';
import { createNewRelic } from './index.ts';
import { LIMITS } from './limits.ts';
import { enforceNewRelic, LICENSE_KEY } from './testing/new-relic-peer.ts';

const NOW_MS = 1_790_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const forever = new AbortController().signal;
const settings = { name: 'nr', type: 'newrelic', dataDir: '', api_key: LICENSE_KEY };

let peer: OtlpPeer;
let integrationErrors: string[];
let made: ReturnType<typeof createNewRelic>;
let position: number;

beforeEach(async () => {
  peer = await OtlpPeer.start();
  integrationErrors = enforceNewRelic(peer);
  made = createNewRelic({ ...settings, url: peer.url }, new VirtualClock(NOW_MS));
  await made.exporter.start();
  position = 0;
});

afterEach(async () => {
  await made.exporter.shutdown(forever);
  await peer.close();
  expect(integrationErrors).toEqual([]);
});

const placed = () => ({ position: position++, receivedAt: NOW_MS });
const span = (attributes: Attributes, id = 1): SpanSeed => ({
  traceId: 'ab'.repeat(16),
  spanId: id.toString(16).padStart(16, '0'),
  startNs: NOW_NS,
  durationNs: 1n,
  attributes,
});

describe('limits', () => {
  test('values, names, arrays and numbers of attributes are cut and counted; the rest stays', async () => {
    const many = Object.fromEntries(Array.from({ length: 260 }, (_, index) => [`key-${index}`, index]));
    const record = spansRecord(
      placed(),
      [
        span({
          sql: 'ü'.repeat(5_000),
          fine: 'fine',
          ['n'.repeat(256)]: 1,
          list: Array.from({ length: 70 }, (_, i) => i),
        }),
        span(many, 2),
        span({ emoji: `${'x'.repeat(LIMITS.attributeValue - 2)}😀😀` }, 3),
      ],
      { 'service.name': 'shop', motd: 'm'.repeat(4_096) },
    );
    expect(await made.exporter.export(batchOf(record), forever)).toEqual({ accepted: { traces: 3 }, rejected: [] });
    const [first, second, third] = peer.spans;
    expect(Object.keys(first!.attributes)).toEqual(['sql', 'fine', 'list']);
    expect(first!.attributes.sql).toBe(`${'ü'.repeat(4_094)}…`);
    expect(first!.attributes.list).toHaveLength(64);
    expect(first!.resource.motd).toHaveLength(4_095);
    expect(Object.keys(second!.attributes)).toHaveLength(254);
    expect(third!.attributes.emoji).toBe(`${'x'.repeat(LIMITS.attributeValue - 2)}…`);
    expect(made.cuts).toEqual({ values: 4, attributes: 1 + 6 });
  });

  test('what is within the limits goes on byte for byte', async () => {
    const record = spansRecord(placed(), [span({ sql: 'select 1' })], { 'service.name': 'shop' });
    await made.exporter.export(batchOf(record), forever);
    expect(peer.requests[0]!.bytes.equals(record.bytes)).toBe(true);
    expect(made.cuts).toEqual({ values: 0, attributes: 0 });
  });

  test('no request is above a megabyte before compression, and every log arrives once', async () => {
    const logs = Array.from({ length: 3_000 }, (_, index) => ({
      timeNs: NOW_NS,
      body: `${index} ${'x'.repeat(1_000)}`,
    }));
    const batch = batchOf(logsRecord(placed(), logs, { 'service.name': 'shop' }));
    expect((await made.exporter.export(batch, forever)).accepted).toEqual({ logs: 3_000 });
    expect(Math.max(...peer.requests.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(LIMITS.requestBytes);
    expect(peer.requests.every(({ headers }) => headers['content-encoding'] === 'gzip')).toBe(true);
    expect(new Set(peer.logs.map(({ body }) => body)).size).toBe(3_000);
    expect(peer.logs).toHaveLength(3_000);
  });

  test('another key is tried again, with a hint and without the key', async () => {
    await made.exporter.shutdown(forever);
    made = createNewRelic({ ...settings, url: peer.url, api_key: 'hunter2' }, new VirtualClock(NOW_MS));
    await made.exporter.start();
    const batch = batchOf(spansRecord(placed(), [span({})], {}));
    const { retry, error } = await made.exporter.export(batch, forever);
    expect(retry).toEqual(batch);
    expect(error!.message).toMatch(/403: Invalid license key \(the key/);
    expect(error!.message).not.toContain('hunter2');
  });
});

const total = (more: object): DecodedPoint =>
  ({
    type: 'sum',
    name: 'requests',
    unit: '',
    description: '',
    timeNs: NOW_NS,
    startNs: NOW_NS - 1_000n,
    attributes: {},
    resource: { 'service.name': 'shop' },
    temporality: 'cumulative',
    monotonic: true,
    value: 0,
    ...more,
  }) as DecodedPoint;
const record = (...points: DecodedPoint[]): SpoolRecord => ({
  ...placed(),
  signal: 'metrics',
  encoding: 'otlp',
  items: points.length,
  bytes: encodeMetrics(points),
});

describe('running totals', () => {
  const sent = () => peer.points.map((point) => (point.type === 'sum' ? [point.value, point.temporality] : []));

  test('are sent as what they grew by; the first is the base line and counted as filtered', async () => {
    const batch = batchOf(
      record(total({ value: 100 })),
      record(total({ value: 130, timeNs: NOW_NS + 10n })),
      record(
        total({ value: 130, timeNs: NOW_NS + 20n }),
        total({ value: 7, attributes: { route: '/' }, timeNs: NOW_NS }),
      ),
    );
    expect(await made.exporter.export(batch, forever)).toEqual({
      accepted: { metrics: 2 },
      filtered: { metrics: 2 },
      rejected: [],
    });
    expect(sent()).toEqual([
      [30, 'delta'],
      [0, 'delta'],
    ]);
    expect(peer.points[0]!.startNs).toBe(NOW_NS);
  });

  test('that begin again grew by all they show', async () => {
    await made.exporter.export(batchOf(record(total({ value: 100 }))), forever);
    await made.exporter.export(
      batchOf(record(total({ value: 4, startNs: NOW_NS + 5n, timeNs: NOW_NS + 10n }))),
      forever,
    );
    await made.exporter.export(batchOf(record(total({ value: 3, timeNs: NOW_NS + 20n }))), forever);
    expect(sent()).toEqual([
      [4, 'delta'],
      [3, 'delta'],
    ]);
  });

  test('go on over what is no number, and begin again where a bucket fell', async () => {
    const size = (count: number, bucketCounts: number[], timeNs: bigint) =>
      total({
        type: 'histogram',
        name: 'size',
        count,
        sum: 1,
        min: null,
        max: null,
        bounds: [10],
        bucketCounts,
        timeNs,
      });
    await made.exporter.export(
      batchOf(
        record(total({ value: 100 }), size(5, [5, 0], NOW_NS)),
        record(total({ value: Number.NaN, timeNs: NOW_NS + 1n })),
        record(total({ value: 103, timeNs: NOW_NS + 2n }), size(9, [2, 7], NOW_NS + 2n)),
      ),
      forever,
    );
    expect(peer.points).toMatchObject([{ value: 3 }, { count: 9, bucketCounts: [2, 7] }]);
  });

  test('that come again grew by the same', async () => {
    await made.exporter.export(batchOf(record(total({ value: 100 }))), forever);
    const next = batchOf(record(total({ value: 130, timeNs: NOW_NS + 10n })));
    peer.breakDown();
    expect((await made.exporter.export(next, forever)).retry).toEqual(next);
    expect((await made.exporter.export(next, forever)).retry).toEqual(next);
    peer.mend();
    expect((await made.exporter.export(next, forever)).accepted).toEqual({ metrics: 1 });
    expect(sent()).toEqual([[30, 'delta']]);
  });

  test('histograms grow bucket by bucket, exponential ones also where their scale fell', async () => {
    const histogram = { type: 'histogram', min: null, max: null, bounds: [1, 10], sum: 5 };
    const exponential = {
      type: 'exponential_histogram',
      name: 'wait',
      min: null,
      max: null,
      sum: 5,
      zeroCount: 1,
      zeroThreshold: 0,
      negative: { offset: 0, counts: [] },
    };
    const first = record(
      total({ ...histogram, count: 3, bucketCounts: [1, 2, 0] }),
      total({ ...exponential, count: 5, scale: 1, positive: { offset: 3, counts: [1, 1, 2] } }),
    );
    const timeNs = NOW_NS + 10n;
    const second = record(
      total({ ...histogram, timeNs, sum: 25, count: 6, bucketCounts: [1, 4, 1] }),
      total({ ...exponential, timeNs, count: 9, scale: 0, zeroCount: 1, positive: { offset: 1, counts: [3, 5] } }),
    );
    await made.exporter.export(batchOf(first, second), forever);
    expect(peer.points).toMatchObject([
      { type: 'histogram', temporality: 'delta', count: 3, sum: 20, bucketCounts: [0, 2, 1], bounds: [1, 10] },
      // Buckets 3, 4, 5 of scale 1 are 1, 2, 2 of scale 0: [1, 3] were there before.
      {
        type: 'exponential_histogram',
        temporality: 'delta',
        count: 4,
        zeroCount: 0,
        positive: { offset: 1, counts: [2, 2] },
      },
    ]);
  });

  test('levels pass; a delta that may fall has no type at New Relic', async () => {
    const batch = batchOf(
      record(
        total({ monotonic: false, value: 9 }),
        total({ type: 'gauge', name: 'level', value: 3 }),
        total({ name: 'signed', monotonic: false, temporality: 'delta', value: -2 }),
      ),
    );
    const exported = await made.exporter.export(batch, forever);
    expect(exported).toEqual({ accepted: { metrics: 2 }, filtered: { metrics: 1 }, rejected: [] });
  });

  test('StatsD counters are deltas already', async () => {
    const lines = ['orders:2|c', 'orders:3|c', 'bad', 'owed:-3|c'];
    const exported = await made.exporter.export(batchOf(statsdRecord(placed(), lines)), forever);
    expect(exported).toMatchObject({ accepted: { metrics: 1 }, filtered: { metrics: 2 }, rejected: [{ count: 1 }] });
    expect(peer.counter('orders')).toBe(5);
  });
});

describe('settings', () => {
  test.each([
    ['us', 'https://otlp.nr-data.net'],
    ['eu', 'https://otlp.eu01.nr-data.net'],
    ['fedramp', 'https://gov-otlp.nr-data.net'],
  ])('region %s sends to %s', (region, url) => {
    expect(readConfig({ ...settings, region }).endpoint.url).toBe(url);
  });

  test.each([
    [{ api_key: undefined }, /api_key is missing/],
    [{ region: 'mars' }, /region: us, eu or fedramp/],
    [{ user_key: 'secret-user-key' }, /user_key and account_id belong together/],
    [{ url: 'nowhere', gzip: 'no', colour: 1 }, /url: not a URL.*gzip: true or false.*unknown key "colour"/],
  ])('%j is refused before anything starts, without the secret', (more, message) => {
    const create = () => createNewRelic({ ...settings, ...more }, new VirtualClock());
    expect(create).toThrow(message);
    expect(create).not.toThrow(/secret-user-key|a-license-key/);
  });
});
