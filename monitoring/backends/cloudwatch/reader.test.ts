import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { clientSettings } from '../../aws/client.ts';
import { describeReader } from '../../testing/describe-reader.ts';
import { batchOf, metricsRecord, spansRecord, statsdRecord } from '../../testing/payloads.ts';
import { readConfig } from './config.ts';
import { CloudwatchExporter } from './exporter.ts';
import { MetricCatalog } from './metric-catalog.ts';
import { CloudwatchReader } from './reader.ts';
import { metricsStandIn } from './testing/metrics-stand-in.ts';
import { CloudwatchLogsStandIn } from './testing/stand-in.ts';

const FROM = Date.UTC(2026, 10, 20, 9, 0, 0);
const HOUR_MS = 3_600_000;
const forever = new AbortController().signal;

/** Both halves on a stand-in that takes metrics out of events as CloudWatch does. */
async function prepare(folder: string) {
  const clock = new VirtualClock(FROM + HOUR_MS);
  const peer = new CloudwatchLogsStandIn(() => clock.now());
  await peer.listen();
  const access = { region: 'eu-west-1', url: peer.url, access_key_id: 'stand-in', secret_access_key: 'stand-in' };
  const config = readConfig({ name: 'aws', type: 'cloudwatch', dataDir: join(folder, 'cloudwatch'), ...access });
  const catalog = new MetricCatalog(config.dataDir);
  const connect = () => new CloudWatchLogsClient(clientSettings(config.access));
  const client = connect();
  return {
    peer,
    exporter: new CloudwatchExporter(config, catalog, clock, connect),
    reader: new CloudwatchReader(
      config,
      catalog,
      clock,
      client,
      metricsStandIn(() => peer.events().map(({ message }) => message)),
    ),
    async close() {
      client.destroy();
      await peer.close();
    },
  };
}

describeReader('cloudwatch, on a stand-in', { from: FROM, prepare, cannotForRules: ['log_counts'] });

describe('what CloudWatch cannot do, or does otherwise', () => {
  let folder: string;
  let both: Awaited<ReturnType<typeof prepare>>;
  const window = { from: FROM, to: FROM + HOUR_MS };
  const at = (position: number) => ({ position, receivedAt: FROM + 1_000 });
  const span = (spanId: string, parentSpanId = '') => ({
    traceId: 'c'.repeat(32),
    spanId,
    parentSpanId,
    startNs: BigInt(FROM) * 1_000_000n + 5n,
    durationNs: 1_000n,
    attributes: { 'http.request.method': 'GET', 'http.route': '/v1/posts' },
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringdown-cloudwatch-'));
    both = await prepare(folder);
    await both.exporter.start();
  });

  afterEach(async () => {
    await both.exporter.shutdown(forever);
    await both.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('nothing was sent: every answer is empty', async () => {
    const { reader } = both;
    expect(await reader.ask({ ask: 'traces', order: 'latest', limit: 5 }, window)).toEqual({
      items: [],
      next_cursor: null,
    });
    expect(await reader.ask({ ask: 'routes' }, window)).toEqual([]);
    expect(await reader.ask({ ask: 'metric_names' }, window)).toEqual([]);
  });

  test('what was sent twice is listed once', async () => {
    const record = spansRecord(at(0), [span('1'.repeat(16))], { 'service.name': 'shop' });
    await both.exporter.export(batchOf(record), forever);
    await both.exporter.export(batchOf(record), forever);
    expect(both.peer.events()).toHaveLength(2);
    const trace = await both.reader.ask({ ask: 'trace', trace_id: 'c'.repeat(32) }, window);
    expect(trace?.spans).toHaveLength(1);
    const { items } = await both.reader.ask({ ask: 'traces', order: 'latest', limit: 5 }, window);
    expect(items).toHaveLength(1);
  });

  test('a trace is listed by its first SERVER span, over the root of its caller', async () => {
    const root = { ...span('1'.repeat(16)), kind: 3, startNs: BigInt(FROM) * 1_000_000n };
    const served = span('2'.repeat(16), root.spanId);
    await both.exporter.export(batchOf(spansRecord(at(0), [root, served], { 'service.name': 'shop' })), forever);
    const { items } = await both.reader.ask({ ask: 'traces', order: 'slowest', limit: 5 }, window);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ route: '/v1/posts', start_time: '2026-11-20T09:00:00.000000005Z' });
  });

  test('metrics are told apart by service, environment and dimensions, and not by anything else', async () => {
    const points = ['a', 'b'].map((route) => ({
      type: 'sum' as const,
      name: 'orders',
      value: 3,
      temporality: 'delta' as const,
      timeNs: BigInt(FROM) * 1_000_000n,
      attributes: { 'http.route': route, 'user.id': 'kim' },
    }));
    const shop = metricsRecord(at(0), points, { 'service.name': 'shop' });
    const till = metricsRecord(at(1), points.slice(1), { 'service.name': 'till' });
    await both.exporter.export(batchOf(shop, till, statsdRecord(at(2), ['wait:5|ms'])), forever);
    const sums = async (more: object) => {
      const question = { ask: 'metric', name: 'orders', aggregate: 'sum', interval_ms: HOUR_MS, ...more } as const;
      return (await both.reader.ask(question, window)).map(({ attributes, points }) => ({
        ...attributes,
        sum: points[0]![1],
      }));
    };
    expect(await sums({})).toEqual([{ sum: 9 }]);
    expect(await sums({ group_by: 'service.name' })).toEqual([
      { 'service.name': 'shop', sum: 6 },
      { 'service.name': 'till', sum: 3 },
    ]);
    expect(await sums({ group_by: 'http.route', attributes: { 'service.name': 'shop' } })).toEqual([
      { 'http.route': 'a', sum: 3 },
      { 'http.route': 'b', sum: 3 },
    ]);
    expect(await sums({ group_by: ['service.name', 'http.route'] })).toEqual([
      { 'service.name': 'shop', 'http.route': 'a', sum: 3 },
      { 'service.name': 'shop', 'http.route': 'b', sum: 3 },
      { 'service.name': 'till', 'http.route': 'b', sum: 3 },
    ]);
    await expect(sums({ group_by: 'user.id' })).rejects.toMatchObject({ code: 'CANNOT_ANSWER' });
    await expect(sums({ interval_ms: 10_000 })).rejects.toMatchObject({ code: 'CANNOT_ANSWER' });
    const p95 = { ask: 'metric', name: 'wait', aggregate: 'p95', interval_ms: HOUR_MS } as const;
    expect(await both.reader.ask(p95, window)).toMatchObject([{ unit: 'ms', points: [[FROM, 5]] }]);
    expect(await both.reader.ask({ ask: 'metric_names' }, window)).toEqual([
      { name: 'orders', unit: '', type: 'counter' },
      { name: 'wait', unit: 'ms', type: 'histogram' },
    ]);
  });

  test('more log groups than one query may read are refused, with what to do', async () => {
    const records = Array.from({ length: 51 }, (_, index) =>
      spansRecord(at(index), [span('1'.repeat(16))], { 'service.name': `service-${index}` }),
    );
    await both.exporter.export(batchOf(...records), forever);
    await expect(both.reader.ask({ ask: 'routes' }, window)).rejects.toMatchObject({
      code: 'TOO_MANY_LOG_GROUPS',
      hint: expect.stringContaining('log_group'),
    });
  });

  test('a service that does not answer is an error that says so, and an abort is the caller’s', async () => {
    await both.exporter.export(batchOf(spansRecord(at(0), [span('1'.repeat(16))], {})), forever);
    both.peer.away();
    await expect(both.reader.ask({ ask: 'routes' }, window)).rejects.toThrow('cannot be reached');
    const reason = new Error('enough');
    await expect(both.reader.ask({ ask: 'routes' }, window, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
