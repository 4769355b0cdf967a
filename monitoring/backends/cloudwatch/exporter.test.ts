import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { Exporter } from '../../exporter.ts';
import {
  batchOf,
  type LogSeed,
  logsRecord,
  type MetricSeed,
  metricsRecord,
  spansRecord,
  statsdRecord,
} from '../../testing/payloads.ts';
import { readConfig } from './config.ts';
import { backend, createCloudwatch } from './index.ts';
import { CloudwatchLogsStandIn } from './testing/stand-in.ts';

const NOW_MS = 1_790_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const HOUR_NS = 3_600_000_000_000n;
const RESOURCE = { 'service.name': 'shop', 'deployment.environment.name': 'prod' };
const forever = new AbortController().signal;
const at = (position: number) => ({ position, receivedAt: NOW_MS });
const log = (body: string, timeNs = NOW_NS): LogSeed => ({ timeNs, severityNumber: 9, body });

let folder: string;
let peer: CloudwatchLogsStandIn;
let exporter: Exporter;

function settings(more: Record<string, unknown> = {}) {
  const access = { region: 'eu-west-1', url: peer.url, access_key_id: 'stand-in', secret_access_key: 'stand-in' };
  return { name: 'aws', type: 'cloudwatch', dataDir: folder, ...access, ...more };
}

async function startWith(more: Record<string, unknown>): Promise<void> {
  await exporter.shutdown(forever);
  exporter = createCloudwatch(settings(more), new VirtualClock(NOW_MS)).exporter;
  await exporter.start();
}

const documents = () => peer.events().map(({ message }) => JSON.parse(message));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-cloudwatch-'));
  peer = new CloudwatchLogsStandIn(() => NOW_MS);
  await peer.listen();
  exporter = createCloudwatch(settings(), new VirtualClock(NOW_MS)).exporter;
  await exporter.start();
});

afterEach(async () => {
  await exporter.shutdown(forever);
  await peer.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('limits of PutLogEvents', () => {
  test('events of several days, out of order, arrive in requests that the service takes', async () => {
    const hours = [30n, 2n, 100n, 1n, 55n];
    const record = logsRecord(
      at(0),
      hours.map((hour) => log(`${hour} h ago`, NOW_NS - hour * HOUR_NS)),
      RESOURCE,
    );
    expect(await exporter.export(batchOf(record), forever)).toEqual({ accepted: { logs: 5 }, rejected: [] });
    expect(documents()).toHaveLength(5);
    expect(peer.calls.filter((call) => call === 'PutLogEvents').length).toBeGreaterThanOrEqual(4);
  });

  test('more than 1 MiB and more than 10,000 events are split', async () => {
    const long = logsRecord(
      at(0),
      Array.from({ length: 30 }, () => log('x'.repeat(100_000))),
      RESOURCE,
    );
    const many = logsRecord(
      at(1),
      Array.from({ length: 10_500 }, (_, index) => log(`${index}`)),
      RESOURCE,
    );
    expect(await exporter.export(batchOf(long, many), forever)).toEqual({ accepted: { logs: 10_530 }, rejected: [] });
    expect(documents()).toHaveLength(10_530);
  });

  test('what is too old, too new or too large is refused, one by one, and its neighbours are taken', async () => {
    const record = logsRecord(
      at(7),
      [
        log('too old', NOW_NS - 15n * 24n * HOUR_NS),
        log('too new', NOW_NS + 3n * HOUR_NS),
        log('fine'),
        log('é'.repeat(600_000)),
        log('fine, too', NOW_NS - 13n * 24n * HOUR_NS),
      ],
      RESOURCE,
    );
    const exported = await exporter.export(batchOf(record), forever);
    expect(exported.accepted).toEqual({ logs: 2 });
    expect(exported.retry).toBeUndefined();
    expect(exported.rejected).toEqual(
      expect.arrayContaining([
        { signal: 'logs', count: 1, reason: 'older than 14 days', position: 7 },
        { signal: 'logs', count: 1, reason: 'more than 2 hours in the future', position: 7 },
        { signal: 'logs', count: 1, reason: expect.stringContaining('larger than 1 MiB'), position: 7 },
      ]),
    );
    expect(
      documents()
        .map(({ message }) => message)
        .sort(),
    ).toEqual(['fine', 'fine, too']);
  });

  test('a StatsD record whose time is refused is refused line by line', async () => {
    const record = { ...statsdRecord(at(3), ['a:1|c', 'a:2|c', 'b:1|g']), receivedAt: NOW_MS - 15 * 86_400_000 };
    expect(await exporter.export(batchOf(record), forever)).toEqual({
      accepted: {},
      rejected: [{ signal: 'metrics', count: 3, reason: 'older than 14 days', position: 3 }],
    });
  });
});

describe('answers other than yes', () => {
  const spans = (position: number) =>
    spansRecord(
      at(position),
      [{ traceId: 'a'.repeat(32), spanId: '1'.repeat(16), startNs: NOW_NS, durationNs: 5n }],
      RESOURCE,
    );

  test('throttling is waited out, as long as asked', async () => {
    await exporter.export(batchOf(spans(0)), forever);
    peer.refuseNext({
      status: 400,
      type: 'ThrottlingException',
      message: 'Rate exceeded',
      headers: { 'retry-after': '7' },
    });
    const exported = await exporter.export(batchOf(spans(1)), forever);
    expect(exported.retry?.records.map(({ position }) => position)).toEqual([1]);
    expect(exported.error?.message).toContain('slow down');
    expect(exported.retryAfterMs).toBe(7_000);
  });

  test('wrong credentials say what to look at, and nothing is given up', async () => {
    peer.refuseNext({ status: 400, type: 'UnrecognizedClientException', message: 'The security token is invalid.' });
    const exported = await exporter.export(batchOf(spans(0)), forever);
    expect(exported.error?.message).toContain('check access_key_id');
    expect(exported.error?.message).not.toContain('stand-in');
    expect(exported.retry?.records).toHaveLength(1);
  });

  test('a request that the service calls invalid is refused for good', async () => {
    await exporter.export(batchOf(spans(0)), forever);
    peer.refuseNext({ status: 400, type: 'InvalidParameterException', message: 'something about 1 of the events' });
    expect(await exporter.export(batchOf(spans(1)), forever)).toEqual({
      accepted: {},
      rejected: [
        {
          signal: 'traces',
          count: 1,
          reason: 'InvalidParameterException: something about 1 of the events',
          position: 1,
        },
      ],
    });
  });

  test('what was taken before another request failed is not sent again with its record', async () => {
    const record = logsRecord(at(0), [log('yesterday', NOW_NS - 30n * HOUR_NS), log('today')], RESOURCE);
    await exporter.export(batchOf(logsRecord(at(9), [log('makes the stream')], RESOURCE)), forever);
    peer.refuseNext({ status: 503, type: 'ServiceUnavailableException', message: 'later' });
    const failed = await exporter.export(batchOf(record), forever);
    expect(failed.accepted).toEqual({});
    expect(await exporter.export(failed.retry!, forever)).toEqual({ accepted: { logs: 2 }, rejected: [] });
    expect(
      documents()
        .map(({ message }) => message)
        .sort(),
    ).toEqual(['makes the stream', 'today', 'yesterday']);
  });

  test('a group that someone deleted is made again', async () => {
    await exporter.export(batchOf(spans(0)), forever);
    peer.groups.clear();
    expect((await exporter.export(batchOf(spans(1)), forever)).accepted).toEqual({ traces: 1 });
    expect(peer.groups.get('/ringdown/shop/prod')?.retentionInDays).toBe(30);
  });
});

describe('metrics embedded in events', () => {
  const metric = (seed: Partial<MetricSeed> & Pick<MetricSeed, 'type'>): MetricSeed =>
    ({ name: 'orders', timeNs: NOW_NS, temporality: 'delta', ...seed }) as MetricSeed;

  test('a document names its metrics, their units, and by what they can be looked up', async () => {
    const points = [
      metric({ type: 'sum', value: 3, attributes: { 'http.route': '/v1/orders', 'user.id': 'kim' } }),
      metric({
        type: 'gauge',
        name: 'queue',
        unit: 'By',
        value: 1.5,
        attributes: { 'http.route': '/v1/orders', 'user.id': 'kim' },
      }),
    ];
    await exporter.export(batchOf(metricsRecord(at(0), points, RESOURCE)), forever);
    expect(documents()).toEqual([
      {
        _aws: {
          Timestamp: NOW_MS,
          CloudWatchMetrics: [
            {
              Namespace: 'Ringdown',
              Dimensions: [[], ['service', 'environment'], ['service', 'environment', 'http.route']],
              Metrics: [
                { Name: 'orders', Unit: 'Count' },
                { Name: 'queue', Unit: 'Bytes' },
              ],
            },
          ],
        },
        signal: 'metric',
        event_id: '0.0',
        at_ms: NOW_MS,
        service: 'shop',
        environment: 'prod',
        'http.route': '/v1/orders',
        orders: 3,
        queue: 1.5,
        attributes: { 'http.route': '/v1/orders', 'user.id': 'kim' },
      },
    ]);
  });

  test('a histogram is its values with their counts, 100 at most, and the exact sum', async () => {
    const bounds = Array.from({ length: 250 }, (_, index) => index + 1);
    const bucketCounts = Array.from({ length: 251 }, () => 2);
    await exporter.export(
      batchOf(
        metricsRecord(
          at(0),
          [metric({ type: 'histogram', name: 'size', sum: 62_750, bounds, bucketCounts })],
          RESOURCE,
        ),
      ),
      forever,
    );
    const [{ size }] = documents();
    expect(size.Values.length).toBeLessThanOrEqual(100);
    expect(size).toMatchObject({ Sum: 62_750, Count: 502 });
    expect(size.Counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(502);
  });

  test('running totals become what was added, the same whether or not the record has to come twice', async () => {
    const total = (position: number, value: number, startNs = 0n) =>
      metricsRecord(
        at(position),
        [metric({ type: 'sum', value, startNs, temporality: 'cumulative', timeNs: NOW_NS + BigInt(position) })],
        RESOURCE,
      );
    await exporter.export(batchOf(total(0, 100)), forever);
    expect(documents()).toEqual([]);
    peer.away();
    const failed = await exporter.export(batchOf(total(1, 107)), forever);
    peer.up();
    await exporter.export(failed.retry!, forever);
    await exporter.export(batchOf(total(2, 112), total(3, 4, NOW_NS + 3n)), forever);
    expect(documents().map(({ orders }) => orders)).toEqual([7, 5, 4]);
  });

  test('records under way together go on from one another', async () => {
    const total = (position: number, value: number) =>
      metricsRecord(
        at(position),
        [metric({ type: 'sum', value, startNs: 1n, temporality: 'cumulative', timeNs: NOW_NS + BigInt(position) })],
        RESOURCE,
      );
    await exporter.export(batchOf(total(0, 100), statsdRecord(at(1), ['load:5|g'])), forever);
    await exporter.export(batchOf(total(2, 107), total(3, 112), statsdRecord(at(4), ['load:+1|g'])), forever);
    peer.away();
    const failed = await exporter.export(batchOf(total(5, 120), statsdRecord(at(6), ['load:+1|g'])), forever);
    peer.up();
    await exporter.export(batchOf(total(7, 150), statsdRecord(at(8), ['load:+1|g'])), forever);
    await exporter.export(failed.retry!, forever);
    // Overtaken by one that told more.
    await exporter.export(batchOf(total(10, 170)), forever);
    await exporter.export(batchOf(total(9, 160)), forever);
    const held = (name: string) => documents().flatMap((document) => document[name] ?? []);
    expect(held('orders').sort((a, b) => a - b)).toEqual([5, 7, 8, 20, 30]);
    expect(held('load').sort((a, b) => a - b)).toEqual([5, 6, 7, 8]);
  });

  test('dimensions whose values have no end stop at max_metrics; the values stay in the events', async () => {
    await startWith({ dimensions: ['user.id'], max_metrics: 10 });
    const points = Array.from({ length: 50 }, (_, index) =>
      metric({ type: 'sum', value: 1, attributes: { 'user.id': `user ${index}` } }),
    );
    const exported = await exporter.export(batchOf(metricsRecord(at(0), points, RESOURCE)), forever);
    expect(exported).toEqual({ accepted: { metrics: 50 }, rejected: [] });
    const bought = new Set<string>();
    for (const document of documents()) {
      for (const { Dimensions } of document._aws.CloudWatchMetrics) {
        for (const set of Dimensions) bought.add(JSON.stringify(set.map((name: string) => document[name])));
      }
    }
    expect(bought.size).toBe(10);
    expect(new Set(documents().map(({ attributes }) => attributes['user.id'])).size).toBe(50);
  });

  test('StatsD lines are added up by name and tags; timers keep their values', async () => {
    const lines = [
      'hits:1|c|@0.5',
      'hits:3|c',
      'load:2|g',
      'load:+1|g',
      'wait:10|ms',
      'wait:20|ms',
      'wait:10|ms',
      'who:a|s',
      'who:b|s',
      'who:a|s',
    ];
    expect(await exporter.export(batchOf(statsdRecord(at(0), lines)), forever)).toEqual({
      accepted: { metrics: 10 },
      rejected: [],
    });
    expect(documents()).toHaveLength(1);
    expect(documents()[0]).toMatchObject({
      hits: 5,
      load: 3,
      who: 2,
      wait: { Values: [10, 20], Counts: [2, 1], Min: 10, Max: 20, Sum: 40, Count: 3 },
    });
  });

  test('requests of people carry their duration; those of scenarios are events only', async () => {
    const span = (spanId: string, attributes: Record<string, string | number>) => ({
      traceId: 'b'.repeat(32),
      spanId,
      startNs: NOW_NS,
      durationNs: 2_500_000n,
      attributes: { 'http.request.method': 'GET', 'http.route': '/v1/posts', ...attributes },
    });
    const real = span('1'.repeat(16), { 'http.response.status_code': 503 });
    const scenario = span('2'.repeat(16), { 'user_agent.synthetic.type': 'test' });
    await exporter.export(batchOf(spansRecord(at(0), [real, scenario], RESOURCE)), forever);
    const [first, second] = documents();
    expect(first).toMatchObject({
      'ringdown.request.duration': 2.5,
      'ringdown.request.errors': 1,
      failed: 1,
      synthetic: 0,
    });
    expect(first._aws.CloudWatchMetrics[0].Dimensions).toContainEqual(['service', 'environment', 'http.route']);
    expect(second._aws).toBeUndefined();
  });
});

describe('settings', () => {
  test('everything wrong is said at once, without secrets', () => {
    const wrong = {
      log_group: 'a b',
      retention: '8d',
      secret_access_key: 'hush',
      retrention: '1d',
      region: undefined,
      ca_file: '/nowhere/ca.pem',
    };
    expect(() => readConfig({ name: 'aws', type: 'cloudwatch', dataDir: folder, ...wrong })).toThrow(
      /region is missing.*access_key_id and secret_access_key go together.*ca_file: .*nowhere.*log_group.*retention: "8d".*unknown key "retrention"/,
    );
    expect(() => readConfig({ name: 'aws', type: 'cloudwatch', dataDir: folder, ...wrong })).not.toThrow(/hush/);
  });

  test('provision makes one shared group with its streams, and says the same the second time', async () => {
    const shared = settings({ log_group: '/ringdown/all', retention: '14d' });
    await backend.provision!(shared, forever);
    expect(await backend.provision!(shared, forever)).toEqual([
      'log group /ringdown/all: retention 14 d, as it should be',
    ]);
    expect([...peer.groups.get('/ringdown/all')!.streams.keys()]).toEqual(['traces', 'metrics', 'logs']);
  });

  test('the names of services cannot make what a log group may not be called', async () => {
    const resource = { 'service.name': '../{service}: ünïcode/x' };
    await exporter.export(batchOf(logsRecord(at(0), [log('here')], resource)), forever);
    expect([...peer.groups.keys()]).toEqual(['/ringdown/..__service____n_code_x/default']);
  });
});
