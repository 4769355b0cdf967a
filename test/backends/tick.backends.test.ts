import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../core/clock.ts';
import { randomHex, seededRandom } from '../../core/testing/seeded-random.ts';
import { measurement, quoted, tag, tagPart } from '../../monitoring/backends/tick/encode/line-protocol.ts';
import { backend, createTick } from '../../monitoring/backends/tick/index.ts';
import { parseLines } from '../../monitoring/backends/tick/testing/parse-lines.ts';
import type { Batch } from '../../monitoring/exporter.ts';
import type { Page, TraceSummary } from '../../monitoring/telemetry.ts';
import { describeExporter } from '../../monitoring/testing/describe-exporter.ts';
import { describeReader } from '../../monitoring/testing/describe-reader.ts';
import { batchOf, logsRecord, metricsRecord, spansRecord, statsdRecord } from '../../monitoring/testing/payloads.ts';
import { Influx } from './influx.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import type { Server } from './servers/server.ts';
import { verifies } from './verified.ts';

const forever = new AbortController().signal;
const HOUR_MS = 3_600_000;
/** A whole hour, so that it lies in one place of every chart. */
const NOW_MS = Date.UTC(2026, 10, 20, 9);
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
let influxdb: Server;
let databases = 0;

beforeAll(async () => {
  influxdb = await startInfluxdb();
  verifies({ backend: 'tick', against: 'real', by: `InfluxDB ${influxdb.version}` });
}, 600_000);

afterAll(async () => {
  await influxdb?.stop();
});

/** A database of its own. */
function settings(more: Record<string, string> = {}) {
  const database = `test_${process.pid}_${databases++}`;
  const own = { name: 'tick', type: 'tick', dataDir: join(influxdb.folder, database), url: influxdb.url };
  return { ...own, database, retention: '520w', ...more };
}

async function started(more: Record<string, string> = {}) {
  const one = settings(more);
  const { exporter, reader } = createTick(one, systemClock);
  await exporter.start();
  return { exporter, reader, database: one.database, influx: new Influx(one.url, one.database) };
}

describeExporter('tick (InfluxDB)', {
  canHold: true,
  async prepare() {
    const one = settings();
    const influx = new Influx(one.url, one.database);
    return {
      create: () => createTick(one, systemClock).exporter,
      trace: (traceId) => influx.trace(traceId),
      counter: (name) => influx.sum(name, 'value'),
      breakDown: () => influxdb.kill(),
      async mend() {
        if (influxdb.pid === 0) await influxdb.restart();
        else influxdb.resume();
      },
      hold: async () => influxdb.pause(),
      async close() {
        if (influxdb.pid === 0) await influxdb.restart();
      },
    };
  },
});

describeReader('tick (InfluxDB)', {
  // The nearest rank over every span.
  percentileError: 0,
  async prepare() {
    const { exporter, reader } = createTick(settings(), systemClock);
    return { exporter, reader, close: async () => undefined };
  },
});

describe('what InfluxDB refuses', () => {
  test('a field of another type: the points of that record, and no others', async () => {
    const { exporter, influx } = await started();
    await influx.write(`orders,metric_type=counter value=1i ${NOW_NS}`);
    const bad = statsdRecord({ position: 0, receivedAt: NOW_MS }, ['orders:1|c', 'a:1|c', 'orders:2|c']);
    const good = statsdRecord({ position: 500, receivedAt: NOW_MS }, ['a:5|c', 'b:1|g']);
    const { accepted, rejected, retry } = await exporter.export(batchOf(bad, good), forever);
    expect([accepted, retry]).toEqual([{ metrics: 3 }, undefined]);
    expect(rejected).toMatchObject([
      { count: 2, position: 0, reason: expect.stringMatching(/^field type conflict: .*"value".*"orders"/) },
    ]);
    expect(await influx.sum('a', 'value')).toBe(6);
    await exporter.shutdown(forever);
  });

  test('what is older than the retention', async () => {
    const { exporter, influx } = await started({ retention: '1h' });
    const at = (ageMs: number, body: string) => ({ timeNs: BigInt(Date.now() - ageMs) * 1_000_000n, body });
    const logs = [at(0, 'new'), at(3 * HOUR_MS, 'old'), at(4 * HOUR_MS, 'older')];
    const mixed = logsRecord({ position: 0, receivedAt: NOW_MS }, logs, {});
    const fresh = logsRecord({ position: 900, receivedAt: NOW_MS }, [at(0, 'another')], {});
    const { accepted, rejected } = await exporter.export(batchOf(mixed, fresh), forever);
    expect([accepted, rejected]).toMatchObject([
      { logs: 2 },
      [{ count: 2, position: 0, reason: 'points beyond retention policy' }],
    ]);
    expect(await influx.count('logs', 'message')).toBe(2);
    await exporter.shutdown(forever);
  });

  test('more than 100,000 values of a tag', async () => {
    const { exporter, influx } = await started();
    for (let at = 0; at < 100_000; at += 10_000) {
      const lines = Array.from({ length: 10_000 }, (_, index) => `logs,service=s${at + index} severity=1i ${NOW_NS}`);
      await influx.write(lines.join('\n'));
    }
    const log = (service: string, position: number) =>
      logsRecord({ position, receivedAt: NOW_MS }, [{ timeNs: NOW_NS, body: service }], { 'service.name': service });
    const { accepted, rejected } = await exporter.export(
      batchOf(log('s17', 0), log('new', 300), log('newer', 600)),
      forever,
    );
    expect(accepted).toEqual({ logs: 1 });
    expect(rejected.map(({ position, count }) => [position, count])).toEqual([
      [300, 1],
      [600, 1],
    ]);
    const reasons = new Set(rejected.map(({ reason }) => reason));
    expect([...reasons]).toEqual([expect.stringMatching(/^max-values-per-tag limit exceeded \(100000\/100000\)/)]);
    await exporter.shutdown(forever);
  }, 120_000);
});

test('whatever names, tags and texts hold is read back as our grammar says', async () => {
  const { exporter, influx } = await started();
  const hostile = fc.string({
    unit: fc.constantFrom('a', 'é', '💥', ',', '=', ' ', '"', '\\', '\n', '\r', '#', "'", '/'),
    minLength: 1,
    maxLength: 10,
  });
  const samples = fc.sample(fc.tuple(hostile, hostile, hostile, hostile), { numRuns: 400, seed: 3 });
  const lines = samples.map(
    ([name, key, value, text], index) =>
      `${measurement(`m${name}`)}${tag(tagPart(`k${key}`), value)} i=${index}i,f=${quoted(text)} ${NOW_NS + BigInt(index)}`,
  );
  await influx.write(lines.join('\n'));
  const points = parseLines(lines.join('\n'));
  const rows = await influx.rows('SELECT i, f FROM /.*/');
  expect(rows).toHaveLength(samples.length);
  for (const [, index, text] of rows) expect([index, text]).toEqual([index, samples[index as number]![3]]);
  const names = new Set((await influx.rows('SHOW MEASUREMENTS')).map(([name]) => name));
  expect(names).toEqual(new Set(points.map((point) => ('error' in point ? point.error : point.measurement))));
  const values = (await influx.rows('SHOW TAG VALUES WITH KEY =~ /.*/')).map(([key, value]) => `${key}=${value}`);
  const expected = points.flatMap((point) =>
    'error' in point ? [] : Object.entries(point.tags).map(([key, value]) => `${key}=${value}`),
  );
  expect(new Set(values)).toEqual(new Set(expected));
  await exporter.shutdown(forever);
});

test('killed in the middle of a load and started again, it holds every item once', async () => {
  const { exporter, influx } = await started();
  const random = seededRandom(11);
  const traceId = randomHex(random, 32);
  const batches = Array.from({ length: 24 }, (_, index): Batch => {
    const spans = Array.from({ length: 500 }, () => ({
      ...{ traceId, spanId: randomHex(random, 16), startNs: NOW_NS + BigInt(index) * 1_000n, durationNs: 1_000n },
    }));
    const logs = spans.slice(0, 200).map((_, log) => ({ timeNs: NOW_NS, body: `${index}.${log}`, traceId }));
    const position = index * 117_003;
    return batchOf(
      spansRecord({ position, receivedAt: NOW_MS }, spans, {}),
      logsRecord({ position: position + 60_000, receivedAt: NOW_MS }, logs, {}),
    );
  });
  let accepted = 0;
  for (const [index, batch] of batches.entries()) {
    const fault = index % 8 === 3 ? influxdb.kill() : undefined;
    let rest: Batch | undefined = batch;
    while (rest) {
      const exported = await exporter.export(rest, AbortSignal.timeout(10_000));
      accepted += (exported.accepted.traces ?? 0) + (exported.accepted.logs ?? 0);
      expect(exported.rejected).toEqual([]);
      rest = exported.retry;
      await fault;
      if (influxdb.pid === 0) await influxdb.restart();
    }
  }
  expect(accepted).toBe(24 * 700);
  expect([await influx.count('spans', 'duration_ns'), await influx.count('logs', 'message')]).toEqual([12_000, 4_800]);
  const { spanIds, messages } = await influx.trace(traceId);
  expect([new Set(spanIds).size, new Set(messages).size]).toEqual([12_000, 4_800]);
  await exporter.shutdown(forever);
}, 120_000);

test('databases, policies and the continuous query are made once, and changed where settings changed', async () => {
  const one = settings({ retention: '30d' });
  const first = await backend.provision!(one, forever);
  expect(first.filter((line) => line.endsWith('made'))).toHaveLength(4);
  const again = await backend.provision!(one, forever);
  expect(again.map((line) => line.replace(/.*: /, ''))).toEqual(['found', 'found', 'found', 'found']);
  const changed = await backend.provision!({ ...one, retention: '7d' }, forever);
  expect(changed.filter((line) => !line.endsWith('found'))).toEqual(['retention policy ringdown of 7 d: changed']);
  const influx = new Influx(one.url, one.database);
  expect(
    (await influx.rows('SHOW RETENTION POLICIES')).map(([name, duration, , , isDefault]) => [
      name,
      duration,
      isDefault,
    ]),
  ).toEqual(
    expect.arrayContaining([
      ['ringdown', '168h0m0s', true],
      ['rollup', '8760h0m0s', false],
    ]),
  );
});

test('the continuous query sums up requests per route and minute', async () => {
  const { exporter, influx, database } = await started({ retention: '1d' });
  const start = BigInt(Date.now() - 120_000) * 1_000_000n;
  const span = (index: number) => ({
    ...{
      traceId: 'a'.repeat(32),
      spanId: index.toString(16).padStart(16, '0'),
      startNs: start,
      durationNs: BigInt(index) * 1_000_000n,
    },
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/x',
      'http.response.status_code': index > 18 ? 500 : 200,
    },
  });
  const spans = Array.from({ length: 20 }, (_, index) => span(index + 1));
  await exporter.export(
    batchOf(spansRecord({ position: 0, receivedAt: NOW_MS }, spans, { 'service.name': 'shop' })),
    forever,
  );
  // What InfluxDB does every minute, done now.
  const [, text] = (await influx.rows('SHOW CONTINUOUS QUERIES')).find(([, q]) =>
    String(q).includes(` ON ${database} `),
  )!;
  const select = /BEGIN (.*) END$/.exec(String(text))![1]!;
  await influx.rows(select.replace(' GROUP BY', ` AND time > now() - 10m GROUP BY`));
  const columns = 'requests, failed, p95_ns, route::tag, service::tag';
  const rows = await influx.rows(`SELECT ${columns} FROM rollup.requests_1m`);
  expect(rows.map((row) => row.slice(1))).toEqual([[20, 2, 19_000_000, '/x', 'shop']]);
  await exporter.shutdown(forever);
});

describe('the other questions', () => {
  const window = { from: NOW_MS - HOUR_MS, to: NOW_MS + HOUR_MS };
  const traceId = 'b'.repeat(32);
  const span = (spanId: number, more: Partial<Parameters<typeof spansRecord>[1][number]> = {}) => ({
    ...{ traceId, spanId: spanId.toString(16).padStart(16, '0'), startNs: NOW_NS, durationNs: 1_000_000n },
    ...more,
  });
  const http = (route: string, status: number) => ({
    'http.request.method': 'GET',
    'http.route': route,
    'http.response.status_code': status,
  });

  test('routes: counts, errors and percentiles; what is no HTTP goes by its name', async () => {
    const { exporter, reader } = await started();
    const spans = Array.from({ length: 100 }, (_, index) =>
      span(index, { durationNs: BigInt(index + 1) * 1_000_000n, attributes: http('/a', index < 10 ? 503 : 200) }),
    );
    spans.push(span(200, { name: 'grpc.Say' }), span(201, { kind: 3, name: 'not a request' }));
    await exporter.export(
      batchOf(spansRecord({ position: 0, receivedAt: NOW_MS }, spans, { 'service.name': 'shop' })),
      forever,
    );
    expect(await reader.ask({ ask: 'routes' }, window)).toEqual([
      { service: 'shop', method: 'GET', route: '/a', count: 100, errors: 10, p50_ms: 50, p95_ms: 95, p99_ms: 99 },
      { service: 'shop', method: '', route: 'grpc.Say', count: 1, errors: 0, p50_ms: 1, p95_ms: 1, p99_ms: 1 },
    ]);
    expect(await reader.ask({ ask: 'routes', route: 'grpc.Say' }, window)).toHaveLength(1);
    expect(await reader.ask({ ask: 'routes', service: "o'brien" }, window)).toEqual([]);
    await exporter.shutdown(forever);
  });

  test('traces: one line each, by its first request, page by page', async () => {
    const { exporter, reader } = await started();
    const ids = Array.from({ length: 120 }, (_, index) => index.toString(16).padStart(32, 'c'));
    const spans = ids.flatMap((id, index) => {
      const startNs = NOW_NS + BigInt(index) * 1_000_000n;
      // A root of a browser, the request it makes, and one that this makes of another service.
      return [
        span(index * 3, { traceId: id, kind: 3, startNs: startNs - 5_000n, durationNs: 9_000_000n }),
        span(index * 3 + 1, {
          traceId: id,
          startNs,
          parentSpanId: 'd'.repeat(16),
          attributes: http('/a', index === 7 ? 500 : 200),
        }),
        span(index * 3 + 2, {
          traceId: id,
          startNs: startNs + 1_000n,
          parentSpanId: 'e'.repeat(16),
          durationNs: BigInt(index + 1) * 1_000n,
        }),
      ];
    });
    await exporter.export(batchOf(spansRecord({ position: 0, receivedAt: NOW_MS }, spans, {})), forever);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<TraceSummary> = await reader.ask(
        { ask: 'traces', order: 'latest', limit: 50, ...(cursor ? { cursor } : {}) },
        window,
      );
      for (const { trace_id, route } of page.items) seen.push(route === '/a' ? trace_id : `not the first: ${trace_id}`);
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen).toEqual(ids.toReversed());
    const failed = await reader.ask({ ask: 'traces', order: 'latest', errors_only: true, limit: 5 }, window);
    expect(failed.items.map(({ trace_id, status_code, error }) => [trace_id, status_code, error])).toEqual([
      [ids[7], 500, true],
    ]);
    await exporter.shutdown(forever);
  });

  test('a trace: its spans with events, and logs with exceptions, in their order', async () => {
    const { exporter, reader } = await started();
    const events = [{ timeNs: NOW_NS + 5n, name: 'retry', attributes: { attempt: 2 } }];
    const spans = [
      span(2, { startNs: NOW_NS + 20n, parentSpanId: '1'.padStart(16, '0') }),
      span(1, { events, statusMessage: 'oh' }),
    ];
    const logs = [
      { timeNs: NOW_NS, body: { a: [1, 'x'] }, traceId, attributes: { 'exception.type': 'TypeError', n: 1 } },
    ];
    const resource = { 'service.name': 'shop', 'service.version': '1.0', 'host.name': 'a' };
    await exporter.export(
      batchOf(
        spansRecord({ position: 0, receivedAt: NOW_MS }, spans, resource),
        logsRecord({ position: 900, receivedAt: NOW_MS }, logs, resource),
      ),
      forever,
    );
    const trace = await reader.ask({ ask: 'trace', trace_id: traceId.toUpperCase() }, window);
    expect(
      trace!.spans.map(({ span_id, start_time }) => [Number.parseInt(span_id, 16), start_time.slice(-11)]),
    ).toEqual([
      [1, '.000000000Z'],
      [2, '.000000020Z'],
    ]);
    expect(trace!.spans[0]).toMatchObject({
      events: [{ name: 'retry', attributes: { attempt: 2 }, time: expect.stringMatching(/\.000000005Z$/) }],
      resource,
      status_message: 'oh',
      service_version: '1.0',
    });
    expect(trace!.logs).toMatchObject([
      { message: '{"a":[1,"x"]}', exception: { type: 'TypeError', message: null }, attributes: { n: 1 } },
    ]);
    await exporter.shutdown(forever);
  });

  test('a trace of which there are logs alone is found as well', async () => {
    const { exporter, reader } = await started();
    const logs = ['one', 'two'].map((body, index) => ({ timeNs: NOW_NS + BigInt(index), body, traceId }));
    await exporter.export(batchOf(logsRecord({ position: 0, receivedAt: NOW_MS }, logs, {})), forever);
    const trace = await reader.ask({ ask: 'trace', trace_id: traceId }, window);
    expect([trace!.spans, trace!.logs.map(({ message }) => message)]).toEqual([[], ['one', 'two']]);
    const page = await reader.ask({ ask: 'logs', trace_id: traceId, limit: 5 }, window);
    expect(page.items.map(({ message }) => message)).toEqual(['two', 'one']);
    await exporter.shutdown(forever);
  });

  test('versions: when each was first seen', async () => {
    const { exporter, reader } = await started();
    const of = (version: string, position: number, startNs: bigint) =>
      spansRecord({ position, receivedAt: NOW_MS }, [span(position, { startNs })], {
        'service.name': 'shop',
        'service.version': version,
      });
    await exporter.export(
      batchOf(of('2', 5_000, NOW_NS + 7_000_000_123n), of('1', 0, NOW_NS), of('2', 9_000, NOW_NS + 9_000_000_000n)),
      forever,
    );
    expect(await reader.ask({ ask: 'versions' }, window)).toEqual([
      { service: 'shop', version: '1', first_seen: '2026-11-20T09:00:00.000000000Z' },
      { service: 'shop', version: '2', first_seen: '2026-11-20T09:00:07.000000123Z' },
    ]);
    expect(await reader.ask({ ask: 'versions' }, { from: NOW_MS + 8_000, to: NOW_MS + HOUR_MS })).toEqual([]);
    await exporter.shutdown(forever);
  });

  test('metrics: levels, running totals and distributions', async () => {
    const { exporter, reader } = await started();
    const at = (minute: number) => NOW_NS + BigInt(minute * 60_000_000_000);
    const total = (value: number, minute: number, startNs = at(-20)) =>
      ({
        name: 'jobs',
        type: 'sum',
        value,
        timeNs: at(minute),
        startNs,
        temporality: 'cumulative',
        attributes: { queue: 'mail' },
      }) as const;
    const points = [
      ...[3, 5, 10].map(
        (value, index) => ({ name: 'depth', type: 'gauge', value, timeNs: at(0) + BigInt(index) }) as const,
      ),
      ...[total(100, -1), total(130, 1), total(150, 2), total(5, 3, at(2))],
      {
        name: 'took',
        type: 'histogram',
        unit: 's',
        sum: 30,
        bounds: [1, 2, 4],
        bucketCounts: [0, 50, 50, 0],
        timeNs: at(1),
        temporality: 'delta',
      } as const,
    ];
    await exporter.export(
      batchOf(metricsRecord({ position: 0, receivedAt: NOW_MS }, points, { 'service.name': 'shop' })),
      forever,
    );
    const ask = async (name: string, aggregate: 'avg' | 'sum' | 'p50' | 'count' | 'max', group_by?: string) => {
      const question = {
        ask: 'metric',
        name,
        aggregate,
        interval_ms: 60_000,
        ...(group_by ? { group_by } : {}),
      } as const;
      const series = await reader.ask(question, { from: NOW_MS, to: NOW_MS + 240_000 });
      return series.map(({ attributes, unit, points: found }) => [
        Object.values(attributes)[0] ?? unit,
        found.map(([, value]) => value),
      ]);
    };
    expect(await ask('depth', 'avg')).toEqual([['', [6, null, null, null]]]);
    expect(await ask('depth', 'max', 'service.name')).toEqual([['shop', [10, null, null, null]]]);
    expect(await ask('jobs', 'sum', 'queue')).toEqual([['mail', [null, 30, 20, 5]]]);
    expect(await ask('took', 'p50')).toEqual([['s', [null, 2, null, null]]]);
    expect(await ask('took', 'count')).toEqual([['s', [null, 100, null, null]]]);
    expect(await ask('nothing', 'sum')).toEqual([]);
    expect(await reader.ask({ ask: 'metric_names' }, window)).toEqual([
      { name: 'depth', unit: '', type: 'gauge' },
      { name: 'jobs', unit: '', type: 'sum' },
      { name: 'took', unit: 's', type: 'histogram' },
    ]);
    await expect(ask('jobs', 'sum', 'user.id')).rejects.toMatchObject({ code: 'CANNOT_ANSWER' });
    await exporter.shutdown(forever);
  });

  test('the duration of requests is worked out from spans where nobody sends it', async () => {
    const { exporter, reader } = await started();
    const spans = [10, 20, 30, 40].map((ms, index) => ({
      ...span(index, { durationNs: BigInt(ms) * 1_000_000n, attributes: http(index < 3 ? '/a' : '/b', 200) }),
    }));
    await exporter.export(batchOf(spansRecord({ position: 0, receivedAt: NOW_MS }, spans, {})), forever);
    const question = { ask: 'metric', name: 'http.server.request.duration', group_by: 'http.route' } as const;
    const ask = async (aggregate: 'avg' | 'p95' | 'count') =>
      (await reader.ask({ ...question, aggregate, interval_ms: 60_000 }, { from: NOW_MS, to: NOW_MS + 60_000 })).map(
        ({ attributes, unit, points }) => [attributes['http.route'], unit, points[0]![1]],
      );
    expect(await ask('count')).toEqual([
      ['/a', 's', 3],
      ['/b', 's', 1],
    ]);
    expect(await ask('avg')).toEqual([
      ['/a', 's', 0.02],
      ['/b', 's', 0.04],
    ]);
    expect(await ask('p95')).toEqual([
      ['/a', 's', 0.03],
      ['/b', 's', 0.04],
    ]);
    expect(await reader.ask({ ask: 'metric_names' }, window)).toEqual([
      { name: 'http.server.request.duration', unit: 's', type: 'histogram' },
    ]);
    await exporter.shutdown(forever);
  });

  test('a question about nothing is answered with nothing, one that cannot be asked rejects', async () => {
    const { exporter, reader } = await started();
    expect(await reader.ask({ ask: 'trace', trace_id: traceId }, window)).toBeNull();
    expect(await reader.ask({ ask: 'logs', limit: 5 }, window)).toEqual({ items: [], next_cursor: null });
    expect(await reader.ask({ ask: 'requests', measure: 'p95', limit: 5 }, window)).toEqual([]);
    expect(await reader.ask({ ask: 'metric_names' }, window)).toEqual([]);
    await exporter.shutdown(forever);
    const away = createTick({ ...settings(), url: 'http://127.0.0.1:1' }, systemClock);
    await expect(away.reader.ask({ ask: 'metric_names' }, window)).rejects.toThrow(/127\.0\.0\.1:1 does not answer/);
  });
});
