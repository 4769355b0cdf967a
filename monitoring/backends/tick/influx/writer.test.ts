import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../../core/testing/virtual-clock.ts';
import type { BackendSettings, Batch, Exported } from '../../../exporter.ts';
import { batchOf, logsRecord, spansRecord, statsdRecord } from '../../../testing/payloads.ts';
import { createTick } from '../index.ts';
import { InfluxdbStandIn } from '../testing/influxdb-stand-in.ts';

const NS = 1_790_000_000_000_000_000n;
const forever = new AbortController().signal;
const traceId = 'a'.repeat(32);
let influxdb: InfluxdbStandIn;
let exporter: ReturnType<typeof createTick>['exporter'];
let clock: VirtualClock;

beforeEach(async () => {
  influxdb = new InfluxdbStandIn();
  await influxdb.start();
  clock = new VirtualClock(1_790_000_000_000);
});

afterEach(async () => {
  await exporter?.shutdown(forever);
  await influxdb.stop();
});

async function started(more: Partial<BackendSettings> = {}): Promise<void> {
  const settings = { name: 'tick', type: 'tick', dataDir: '/nowhere', url: influxdb.url, ...more };
  exporter = createTick(settings, clock).exporter;
  await exporter.start();
}

/** Three records of logs whose messages are their numbers. */
function batch(counts = [5, 5, 5]): Batch {
  const records = counts.map((count, record) => {
    const logs = Array.from({ length: count }, (_, index) => ({ timeNs: NS, body: `${record}.${index}`, traceId }));
    return logsRecord({ position: record * 1_000, receivedAt: 0 }, logs, {});
  });
  return batchOf(...records);
}

const send = (what: Batch): Promise<Exported> => exporter.export(what, forever);
const writes = () => influxdb.requests.filter(({ line }) => line.endsWith('/write')).length;

describe('an answer of InfluxDB', () => {
  test('that it dropped points is counted against the records they were in', async () => {
    await started();
    influxdb.refuses = ({ fields }) =>
      ['0.1', '0.3', '2.4'].includes(String(fields.message)) ? 'points beyond retention policy' : undefined;
    const { accepted, rejected, retry } = await send(batch());
    expect(retry).toBeUndefined();
    expect(accepted).toEqual({ logs: 12 });
    expect(rejected).toMatchObject([
      { signal: 'logs', count: 2, reason: 'points beyond retention policy', position: 0 },
      { signal: 'logs', count: 1, reason: 'points beyond retention policy', position: 2_000 },
    ]);
    expect(influxdb.find('logs', 'trace_id', traceId)).toHaveLength(12);
  });

  test('that a tag has too many values is one reason, whatever the value', async () => {
    await started();
    influxdb.refuses = ({ fields }) =>
      String(fields.message).endsWith('.0')
        ? `max-values-per-tag limit exceeded (100000/100000): measurement="logs" tag="service" value="a\\"${fields.message}"`
        : undefined;
    const { rejected } = await send(batch());
    expect(new Set(rejected.map(({ reason }) => reason))).toEqual(
      new Set(['max-values-per-tag limit exceeded (100000/100000): measurement="logs" tag="service"']),
    );
    expect(rejected.map(({ position, count }) => [position, count])).toEqual([
      [0, 1],
      [1_000, 1],
      [2_000, 1],
    ]);
  });

  test('that a record lost everything needs no search', async () => {
    await started();
    influxdb.refuses = () => 'max-series-per-database limit exceeded: (1000000)';
    const before = writes();
    const { rejected, accepted } = await send(batch([5]));
    expect([rejected[0]!.count, accepted]).toEqual([5, {}]);
    expect(writes() - before).toBe(1);
  });

  test('that a point of StatsD was dropped counts the lines that it sums up', async () => {
    await started();
    influxdb.refuses = ({ measurement }) =>
      measurement === 'orders'
        ? 'field type conflict: input field "value" on measurement "orders" is type float'
        : undefined;
    const lines = ['orders:1|c', 'a:1|c', 'orders:1|c', 'orders:1|c', 'b:1|g'];
    const { accepted, rejected } = await send(batchOf(statsdRecord({ position: 0, receivedAt: 0 }, lines)));
    expect([accepted, rejected.map(({ count }) => count)]).toEqual([{ metrics: 2 }, [3]]);
  });

  test('that a line cannot be read leaves the other lines of its record alone', async () => {
    await started();
    influxdb.replies.push(
      { status: 400, body: { error: "partial write: unable to parse 'x': invalid number dropped=0" } },
      { status: 400, body: { error: "unable to parse 'x': invalid number" } },
      { status: 204 },
      { status: 400, body: { error: "unable to parse 'logs,x=1 y': invalid number" } },
    );
    // Four lines, their first half, its first line, its second.
    const { accepted, rejected } = await send(batch([4]));
    expect(accepted).toEqual({ logs: 3 });
    expect(rejected).toMatchObject([{ count: 1, reason: 'unable to parse: invalid number', position: 0 }]);
  });

  test('that the database has gone makes it again', async () => {
    await started();
    influxdb.databases.clear();
    expect(await send(batch())).toEqual({ accepted: { logs: 15 }, rejected: [] });
    expect([...influxdb.databases]).toEqual(['ringdown']);
  });

  test('that the database is missing, and stays so, comes back as a retry', async () => {
    await started();
    const missing = { status: 404, body: { error: 'database not found: "ringdown"' } };
    influxdb.replies.push(missing, missing);
    const { retry, accepted, error } = await send(batch());
    expect([retry?.records.length, accepted, error?.message]).toEqual([
      3,
      {},
      expect.stringContaining('database not found'),
    ]);
  });

  test('that a request is too large divides it', async () => {
    await started({ compression: 'none' });
    influxdb.maxBodyBytes = 2_000;
    expect(await send(batch([20, 20]))).toEqual({ accepted: { logs: 40 }, rejected: [] });
    expect(influxdb.find('logs', 'trace_id', traceId)).toHaveLength(40);
  });

  test('that a single line is too large refuses it', async () => {
    await started({ compression: 'none' });
    influxdb.maxBodyBytes = 1_000;
    const logs = ['a', 'x'.repeat(5_000)].map((body) => ({ timeNs: NS, body }));
    const { accepted, rejected } = await send(batchOf(logsRecord({ position: 0, receivedAt: 0 }, logs, {})));
    expect([accepted, rejected]).toMatchObject([{ logs: 1 }, [{ count: 1, reason: 'request too large' }]]);
  });

  test('that it is busy hands everything back, with the time it names', async () => {
    await started();
    for (const status of [429, 503]) {
      influxdb.replies.push({ status, headers: { 'retry-after': '7' }, body: { error: 'busy' } });
      const { retry, retryAfterMs, accepted, error } = await send(batch());
      expect([retry, retryAfterMs, accepted]).toEqual([batch(), 7_000, {}]);
      expect(error?.message).toContain(`${status}: busy`);
    }
  });

  test('that it does not know who asks says what to look at, and no secret', async () => {
    await started({ username: 'kim', password: 'canary-secret' });
    influxdb.replies.push({ status: 401, body: { error: 'authorization failed' } });
    const { retry, error, rejected } = await send(batch());
    expect([retry?.records.length, rejected]).toEqual([3, []]);
    expect(error?.message).toMatch(/401.*authorization failed.*password/);
    expect(error?.message).not.toContain('canary');
    expect(influxdb.requests.at(-1)!.authorization).toBe(
      `Basic ${Buffer.from('kim:canary-secret').toString('base64')}`,
    );
  });

  test('of a server that is no InfluxDB keeps the data', async () => {
    await started();
    influxdb.replies.push({ status: 405, body: 'no' });
    const { retry, error } = await send(batch());
    expect(retry).toEqual(batch());
    expect(error?.message).toContain('url');
  });

  test('that fails after a part was written settles what was written, in whole records', async () => {
    await started();
    influxdb.replies.push({ status: 204 }, { status: 500, body: { error: 'timeout' } });
    const spans = Array.from({ length: 6_000 }, (_, index) => ({
      ...{ traceId, spanId: index.toString(16).padStart(16, '0'), startNs: NS, durationNs: 1n },
    }));
    const records = [0, 1, 2].map((index) => spansRecord({ position: index * 10_000, receivedAt: 0 }, spans, {}));
    const { accepted, retry } = await send(batchOf(...records));
    // 10,000 lines a request: the second record is in both.
    expect(accepted).toEqual({ traces: 6_000 });
    expect(retry?.records.map(({ position }) => position)).toEqual([10_000, 20_000]);
  });

  test('that refuses everything, whatever it is, is not searched for ever', async () => {
    await started();
    influxdb.replies.push(...Array.from({ length: 3_000 }, () => ({ status: 400, body: { error: 'no, I will not' } })));
    const before = writes();
    const { accepted, rejected } = await send(batch([600, 600]));
    expect([accepted, rejected.reduce((sum, { count }) => sum + count, 0)]).toEqual([{}, 1_200]);
    expect(writes() - before).toBeLessThan(1_000);
  });
});

describe('the other generations', () => {
  test('v2 writes to a bucket with a token, and makes it', async () => {
    await started({ api: 'v2', org: 'acme', token: 'canary', database: 'telemetry' });
    expect([...influxdb.databases]).toEqual(['telemetry']);
    influxdb.refuses = ({ fields }) => (fields.message === '1.1' ? 'field type conflict' : undefined);
    const { accepted, rejected } = await send(batch());
    expect([accepted, rejected]).toMatchObject([{ logs: 14 }, [{ count: 1, position: 1_000 }]]);
    expect(influxdb.requests.at(-1)).toEqual({ line: 'POST /api/v2/write', authorization: 'Token canary' });
  });

  test('v3 writes to a database with a token, and makes it', async () => {
    await started({ api: 'v3', token: 'canary' });
    expect(await send(batch())).toEqual({ accepted: { logs: 15 }, rejected: [] });
    expect([...influxdb.databases]).toEqual(['ringdown']);
    expect(influxdb.requests.at(-1)).toEqual({ line: 'POST /api/v3/write_lp', authorization: 'Bearer canary' });
  });
});

test('many refused spans beside versions and logs beside annotations take few requests to count', async () => {
  await started();
  const spans = Array.from({ length: 500 }, (_, index) => ({
    ...{ traceId, spanId: index.toString(16).padStart(16, '0'), startNs: NS, durationNs: BigInt(index) },
  }));
  const events = { 'event.name': 'ringdown.run' };
  const logs = Array.from({ length: 300 }, (_, index) => ({ timeNs: NS, body: `${index}`, attributes: events }));
  influxdb.refuses = ({ fields }) =>
    Number(fields.duration_ns ?? fields.message ?? 1) % 2 === 0 ? 'points beyond retention policy' : undefined;
  const before = writes();
  const { accepted, rejected } = await send(
    batchOf(
      spansRecord({ position: 0, receivedAt: 0 }, spans, { 'service.version': '1' }),
      logsRecord({ position: 50_000, receivedAt: 0 }, logs, {}),
    ),
  );
  expect(accepted).toEqual({ traces: 250, logs: 150 });
  expect(rejected.map(({ position, count }) => [position, count])).toEqual([
    [0, 250],
    [50_000, 150],
  ]);
  expect(writes() - before).toBeLessThan(10);
});
