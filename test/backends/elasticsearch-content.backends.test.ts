import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { backend } from '../../monitoring/backends/elasticsearch/index.ts';
import type { Batch, Exported, Exporter } from '../../monitoring/exporter.ts';
import type { Question, Reader } from '../../monitoring/reader.ts';
import type { Attributes } from '../../monitoring/telemetry.ts';
import { batchOf, logsRecord, metricsRecord, spansRecord, statsdRecord } from '../../monitoring/testing/payloads.ts';
import { fixed64, hex, message, text } from '../../monitoring/testing/protobuf.ts';
import { startElasticsearch } from './servers/elasticsearch.ts';
import type { Server } from './servers/server.ts';
import { verifies } from './verified.ts';

const forever = new AbortController().signal;
const AT = Date.UTC(2026, 10, 20, 9, 0, 0);
const NS = BigInt(AT) * 1_000_000n;
const HOUR = { from: AT, to: AT + 3_600_000 };
const TRACE = 'feedfacecafebeef0123456789abcdef';
const SHOP = { 'service.name': 'shop' };

let server: Server;
let tests = 0;
let prefix: string;
let exporter: Exporter;
let reader: Reader;

beforeAll(async () => {
  server = await startElasticsearch();
  verifies({ backend: 'elasticsearch', against: 'real', by: `Elasticsearch ${server.version}` });
});

afterAll(async () => await server?.stop());

beforeEach(async () => {
  await exporter?.shutdown(forever);
  prefix = `content_${process.pid}_${Date.now() % 1e6}_${tests++}`;
  const made = backend.create({ name: 'elk', type: 'elasticsearch', dataDir: '', url: server.url, prefix });
  exporter = made.exporter;
  reader = made.reader!;
  await exporter.start();
});

async function send(batch: Batch): Promise<Exported> {
  const exported = await exporter.export(batch, forever);
  if (exported.error) throw exported.error;
  await call('POST', `/*-${prefix}.*/_refresh`);
  return exported;
}

async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Record<string, unknown>;
}

const at = (position: number) => ({ position, receivedAt: AT });
const span = (attributes: Attributes, spanId = '00000000000000a1') => ({
  ...{ traceId: TRACE, spanId, startNs: NS, durationNs: 1_000n, attributes },
});
const trace = async () => (await reader.ask({ ask: 'trace', trace_id: TRACE }, HOUR))!;

describe('a trace', () => {
  test('is found as soon as it was taken, span after span, so that a page carries it', async () => {
    for (let sent = 1; sent <= 3; sent++) {
      const record = spansRecord(at(sent * 100), [span({}, `00000000000000a${sent}`)], { 'service.name': 'shop' });
      expect(await exporter.export(batchOf(record), forever)).toMatchObject({ accepted: { traces: 1 } });
      expect((await trace()).spans).toHaveLength(sent);
    }
  });

  test('comes back exactly: nanoseconds, nested attributes, events, and its logs', async () => {
    const attributes: Attributes = {
      "it's": '"quoted" \\ \n \u2028 ☃ 👩‍🚀',
      list: [1, 'two', false, null],
      map: { deep: { deeper: [0.5] }, 'with.dot': 1 },
      big: '9007199254740993',
      ratio: 0.1,
      negative: -7,
      yes: true,
      'http.route': '/v1/posts',
      'http.response.status_code': 201,
      'url.path': 5,
      __proto__x: 'own',
    };
    const startNs = NS + 123_456_789n;
    const events: { timeNs: bigint; name: string; attributes: Attributes }[] = [
      { timeNs: startNs + 1n, name: 'exception', attributes: { 'exception.message': 'boom' } },
      { timeNs: startNs + 2n, name: 'bare', attributes: {} },
    ];
    const root = { traceId: TRACE, spanId: '00000000000000a1', name: 'POST', kind: 3, startNs, durationNs: 5_000_001n };
    const child = {
      ...{
        traceId: TRACE,
        spanId: 'ffffffffffffffff',
        parentSpanId: root.spanId,
        startNs: startNs + 7n,
        durationNs: 1n,
      },
      ...{ status: 2, statusMessage: 'went wrong', attributes, events },
    };
    const log = {
      timeNs: startNs + 9n,
      severityText: 'WARNING',
      body: { code: 5 },
      traceId: TRACE,
      spanId: child.spanId,
    };
    await send(
      batchOf(
        spansRecord(at(0), [child, root], { 'service.name': 'exact', 'service.version': '9', pid: 7 }),
        logsRecord(at(1), [log], { 'service.name': 'exact' }),
      ),
    );
    expect(await reader.ask({ ask: 'trace', trace_id: TRACE.toUpperCase() }, HOUR)).toEqual({
      trace_id: TRACE,
      spans: [
        {
          ...{ trace_id: TRACE, span_id: root.spanId, parent_span_id: null, name: 'POST', kind: 'client' },
          ...{ service: 'exact', service_version: '9', start_time: '2026-11-20T09:00:00.123456789Z' },
          ...{ duration_ms: 5.000001, status: 'unset', status_message: null, attributes: {}, events: [] },
          resource: { 'service.name': 'exact', 'service.version': '9', pid: 7 },
        },
        {
          ...{
            trace_id: TRACE,
            span_id: 'ffffffffffffffff',
            parent_span_id: root.spanId,
            name: 'GET /',
            kind: 'server',
          },
          ...{ service: 'exact', service_version: '9', start_time: '2026-11-20T09:00:00.123456796Z' },
          ...{ duration_ms: 0.000001, status: 'error', status_message: 'went wrong', attributes },
          resource: { 'service.name': 'exact', 'service.version': '9', pid: 7 },
          events: [
            { time: '2026-11-20T09:00:00.123456790Z', name: 'exception', attributes: { 'exception.message': 'boom' } },
            { time: '2026-11-20T09:00:00.123456791Z', name: 'bare', attributes: {} },
          ],
        },
      ],
      logs: [
        {
          ...{ time: '2026-11-20T09:00:00.123456798Z', level: 'warn', message: '{"code":5}', service: 'exact' },
          ...{ trace_id: TRACE, span_id: 'ffffffffffffffff', exception: null, attributes: {} },
        },
      ],
    });
  });

  test('takes attributes that are awkward: empty and dotted keys, long and deep values, no numbers, control characters', async () => {
    let deep: Attributes[string] = 'bottom';
    for (let level = 0; level < 100; level++) deep = { down: deep };
    const attributes = {
      'a.b': 1,
      'a.b.c': 2,
      a: 3,
      '': 'empty',
      '.': 'dots',
      ' ': 'space',
      long: 'x'.repeat(40_000),
      deep,
      nan: Number.NaN,
      control: '\u0000\u0001\u001f\u007f',
      ['k'.repeat(300)]: 'long key',
    };
    const exported = await send(batchOf(spansRecord(at(0), [span(attributes)], SHOP)));
    expect(exported).toEqual({ accepted: { traces: 1 }, rejected: [] });
    expect((await trace()).spans[0]!.attributes).toEqual({ ...attributes, nan: 'NaN' });
  });

  test('has of a key that comes twice the last value, and of broken UTF-8 what can be read', async () => {
    const pair = (key: string, value: Uint8Array) => message(9, text(1, key), value);
    const record = spansRecord(at(0), [], SHOP);
    const own = message(
      2,
      ...[hex(1, TRACE), hex(2, '00000000000000a1'), text(5, 'GET /'), fixed64(7, NS)],
      pair('twice', message(2, text(1, 'first'))),
      pair('once', message(2, text(1, 'only'))),
      pair('twice', message(2, text(1, 'last'))),
      pair('broken', message(2, hex(1, 'c3286f6b'))),
    );
    const bytes = message(
      1,
      message(1, message(1, text(1, 'service.name'), message(2, text(1, 'shop')))),
      message(2, own),
    );
    expect(await send(batchOf({ ...record, items: 1, bytes }))).toEqual({ accepted: { traces: 1 }, rejected: [] });
    expect((await trace()).spans[0]!.attributes).toEqual({ once: 'only', twice: 'last', broken: '\ufffd(ok' });
  });

  test('that no date_nanos holds is refused with the words of Elasticsearch, its neighbours are taken', async () => {
    const future = { ...span({}, '00000000000000b1'), startNs: 2n ** 63n + 5n };
    const exported = await send(batchOf(spansRecord(at(3), [span({}), future], SHOP)));
    expect(exported.accepted).toEqual({ traces: 1 });
    expect(exported.rejected).toEqual([
      {
        signal: 'traces',
        count: 1,
        position: 3,
        reason: expect.stringMatching(/^document_parsing_exception: .*@timestamp/),
      },
    ]);
    // Equal reasons are counted together.
    expect(exported.rejected[0]!.reason).not.toMatch(/2262|9223|id '/);
  });
});

test('a thousand names of attributes and of services do not grow the mapping, and odd names make valid streams', async () => {
  const attributes = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`key.${index}`, index]));
  const names = ['Shop-Front', 'a/b\\c*?"<>|,# :d', '..', 'é'.repeat(80), '', '배송'];
  const records = names.map((name, index) =>
    spansRecord(at(index), [span(attributes, `00000000000000a${index}`)], {
      'service.name': name,
      'deployment.environment.name': 'Prod-EU/1',
    }),
  );
  expect(await send(batchOf(...records))).toEqual({ accepted: { traces: names.length }, rejected: [] });
  expect((await trace()).spans.map(({ service }) => service).sort()).toEqual(
    names.map((name) => name || 'unknown_service').sort(),
  );
  const fields = (await call('GET', `/traces-${prefix}.*/_field_caps?fields=*&filters=-metadata`)) as {
    fields: object;
  };
  expect(Object.keys(fields.fields).length).toBeLessThan(60);
  const streams = Object.keys(await call('GET', `/traces-${prefix}.*/_mapping`));
  expect(streams.some((name) => name.includes(`traces-${prefix}.shop_front-prod_eu_1`))).toBe(true);
});

test('templates are put once, changed when the retention changes, and stand above those of the vendor', async () => {
  const settings = { name: 'elk', type: 'elasticsearch', dataDir: '', url: server.url, prefix };
  const again = await backend.provision!(settings, forever);
  expect(again).toHaveLength(7);
  for (const line of again) expect(line).toMatch(/: as it should be$/);
  const changed = await backend.provision!({ ...settings, retention: '2d' }, forever);
  expect(changed.filter((line) => line.endsWith(': changed'))).toHaveLength(3);
  expect(changed.filter((line) => line.startsWith('streams '))).toHaveLength(3);
  await send(batchOf(logsRecord(at(0), [{ timeNs: NS, body: 'one' }], SHOP)));
  const [index] = Object.entries(await call('GET', `/logs-${prefix}.*/_mapping`)) as [string, { mappings: object }][];
  expect(index![1].mappings).toMatchObject({ dynamic: 'false', properties: { '@timestamp': { type: 'date_nanos' } } });
  expect(await call('GET', `/_index_template/logs-${prefix}`)).toMatchObject({
    index_templates: [{ index_template: { priority: 500, template: { lifecycle: { data_retention: '48h' } } } }],
  });
});

describe('metrics', () => {
  const bounds = [0.005, 0.01, 0.1];

  beforeEach(async () => {
    let position = 0;
    const startNs = NS - 1_000_000n;
    for (let minute = 0; minute < 5; minute++) {
      const receivedAt = AT + minute * 60_000 + 30_000;
      const timeNs = BigInt(receivedAt) * 1_000_000n;
      const counts = (times: number) => [times, 2 * times, 3 * times, 0];
      const histogram = { unit: 's', type: 'histogram' as const, bounds, timeNs, startNs };
      await exporter.export(
        batchOf(
          metricsRecord(
            { position: position++, receivedAt },
            [
              { name: 'queue', type: 'gauge', value: 10 + minute, timeNs, attributes: { shard: 'a' } },
              { name: 'queue', type: 'gauge', value: 20 + minute, timeNs, attributes: { shard: 'b' } },
              // Begins again after the third minute.
              {
                ...{ name: 'served', type: 'sum', value: minute < 3 ? 10 * (minute + 1) : minute, timeNs },
                startNs: minute < 3 ? startNs : NS + 170_000_000_000n,
              },
              { name: 'added', type: 'sum', temporality: 'delta', value: 4, timeNs, startNs },
              { name: 'latency', ...histogram, sum: minute + 1, bucketCounts: counts(minute + 1) },
              { name: 'latency.delta', ...histogram, temporality: 'delta', sum: 1, bucketCounts: counts(1) },
            ],
            { 'service.name': 'meter' },
          ),
          statsdRecord({ position: position++, receivedAt }, [
            'orders:3|c|#city:seoul',
            'orders:2|c|@0.5|#city:busan',
            ...Array.from({ length: 100 }, (_, index) => `render:${index + 1}|ms`),
            'level:10|g',
            'level:-4|g',
            'users:kim|s',
            'users:kim|s',
            'users:lee|s',
          ]),
        ),
        forever,
      );
    }
    await call('POST', `/*-${prefix}.*/_refresh`);
  });

  const ask = async (question: Partial<Question> & { name: string }, interval_ms = 60_000) =>
    await reader.ask(
      { ask: 'metric', aggregate: 'sum', interval_ms, ...question } as Extract<Question, { ask: 'metric' }>,
      { from: AT, to: AT + 300_000 },
    );
  const values = (series: { points: [number, number | null][] }[]) =>
    series.map(({ points }) => points.map(([, value]) => value));

  test('of all kinds add up by minute, label and percentile; running totals are told as their increase', async () => {
    expect(values(await ask({ name: 'orders' }))).toEqual([[7, 7, 7, 7, 7]]);
    const cities = await ask({ name: 'orders', group_by: 'city' });
    expect(cities.map(({ attributes }) => ({ ...attributes }))).toEqual([{ city: 'busan' }, { city: 'seoul' }]);
    expect(values(cities)).toEqual([Array(5).fill(4), Array(5).fill(3)]);
    expect(values(await ask({ name: 'orders', attributes: { city: 'seoul' } }))).toEqual([Array(5).fill(3)]);
    expect(values(await ask({ name: 'orders', aggregate: 'rate' }))[0]![0]).toBeCloseTo(7 / 60);
    expect(values(await ask({ name: 'queue', aggregate: 'max' }))).toEqual([[20, 21, 22, 23, 24]]);
    expect(values(await ask({ name: 'queue', aggregate: 'avg', group_by: 'shard' }))).toEqual([
      [10, 11, 12, 13, 14],
      [20, 21, 22, 23, 24],
    ]);
    expect((await ask({ name: 'queue', group_by: 'service.name' }))[0]!.attributes).toMatchObject({
      'service.name': 'meter',
    });
    expect(values(await ask({ name: 'level', aggregate: 'min' }))).toEqual([[6, 6, 6, 6, 6]]);
    expect(values(await ask({ name: 'users' }))).toEqual([[2, 2, 2, 2, 2]]);
    expect(values(await ask({ name: 'served' }))).toEqual([[10, 10, 10, 3, 1]]);
    expect(values(await ask({ name: 'added' }))).toEqual([[4, 4, 4, 4, 4]]);
    expect(values(await ask({ name: 'latency', aggregate: 'count' }))).toEqual([[6, 6, 6, 6, 6]]);
    expect(values(await ask({ name: 'latency.delta', aggregate: 'count' }))).toEqual([[6, 6, 6, 6, 6]]);
    for (const name of ['latency', 'latency.delta']) {
      for (const value of values(await ask({ name, aggregate: 'p50' }))[0]!) expect(value).toBeCloseTo(0.01);
    }
    const [points] = values(await ask({ name: 'orders' }, 10_000));
    expect(points).toHaveLength(30);
    expect(points!.filter((value) => value !== null)).toEqual([7, 7, 7, 7, 7]);
  });

  test('of StatsD timers have percentiles, extremes and a mean', async () => {
    for (const [aggregate, wanted] of [
      ['p50', 50],
      ['p95', 95],
      ['p99', 99],
      ['avg', 50.5],
      ['min', 1],
      ['max', 100],
      ['count', 100],
    ] as const) {
      for (const value of values(await ask({ name: 'render', aggregate }))[0]!) {
        expect(Math.abs(value! / wanted - 1)).toBeLessThan(0.045);
      }
    }
  });

  test('are listed by name, with the duration of requests, which spans tell where nobody sends it', async () => {
    const spans = [1_000_000n, 3_000_000n].map((durationNs, index) => ({
      ...span({ 'http.route': '/a' }, `00000000000000c${index}`),
      durationNs,
    }));
    await send(batchOf(spansRecord(at(900), spans, SHOP)));
    const names = await reader.ask({ ask: 'metric_names' }, HOUR);
    expect(names).toContainEqual({ name: 'latency', unit: 's', type: 'histogram' });
    expect(names).toContainEqual({ name: 'render', unit: 'ms', type: 'exponential_histogram' });
    expect(names).toContainEqual({ name: 'http.server.request.duration', unit: 's', type: 'histogram' });
    const [series] = await ask({ name: 'http.server.request.duration', aggregate: 'avg', group_by: 'http.route' });
    expect(series).toMatchObject({ unit: 's', attributes: { 'http.route': '/a' } });
    expect(series!.points[0]![1]).toBeCloseTo(0.002, 9);
  });
});

test('routes, traces, versions and logs are told as other backends tell them', async () => {
  const client = {
    traceId: 'a'.repeat(32),
    spanId: '0000000000000001',
    kind: 3,
    name: 'run',
    startNs: NS,
    durationNs: 9n,
  };
  const served = (n: number, route: string, status: number) => ({
    ...{ traceId: client.traceId, spanId: `000000000000000${n}`, parentSpanId: client.spanId, name: `GET ${route}` },
    ...{ startNs: NS + BigInt(n), durationNs: BigInt(n) * 1_000_000n },
    attributes: { 'http.request.method': 'GET', 'http.route': route, 'http.response.status_code': status },
  });
  const job = {
    ...client,
    traceId: 'b'.repeat(32),
    spanId: '0000000000000009',
    kind: 1,
    name: 'job',
    startNs: NS + 99n,
  };
  const rpc = { ...job, traceId: 'c'.repeat(32), kind: 2, name: 'Greet', startNs: NS + 98n };
  const exceptions = { 'exception.type': 'SqliteError', 'exception.message': 'Disk I/O', tenant: 5 };
  await send(
    batchOf(
      spansRecord(at(0), [served(3, '/b', 503), client, served(2, '/a', 200), job, rpc], {
        'service.name': 'mixed',
        'service.version': '1.0',
      }),
      spansRecord(at(1), [{ ...job, traceId: 'd'.repeat(32), startNs: NS + 60_000_000_000n }], {
        'service.name': 'mixed',
        'service.version': '2.0',
      }),
      logsRecord(at(2), [{ timeNs: NS, body: 'failed', severityNumber: 17, attributes: exceptions }], SHOP),
      logsRecord(at(3), [{ timeNs: NS, body: 'Füße und Straße', severityNumber: 9 }], SHOP),
    ),
  );
  const routes = await reader.ask({ ask: 'routes' }, HOUR);
  expect(routes).toHaveLength(3);
  expect(routes.find(({ route }) => route === '/b')).toMatchObject({ method: 'GET', count: 1, errors: 1, p95_ms: 3 });
  expect(routes.find(({ route }) => route === 'Greet')).toMatchObject({ method: '', count: 1, errors: 0 });
  const page = await reader.ask({ ask: 'traces', order: 'latest', limit: 2 }, HOUR);
  expect(page.items.map(({ name }) => name)).toEqual(['job', 'job']);
  const rest = await reader.ask({ ask: 'traces', order: 'latest', limit: 5, cursor: page.next_cursor! }, HOUR);
  expect(rest.items.map(({ name, route }) => [name, route])).toEqual([
    ['Greet', 'Greet'],
    ['GET /a', '/a'],
  ]);
  const failed = await reader.ask({ ask: 'traces', order: 'slowest', errors_only: true, limit: 5 }, HOUR);
  expect(failed.items).toMatchObject([{ name: 'GET /b', error: true, status_code: 503, duration_ms: 3 }]);
  expect(await reader.ask({ ask: 'versions', service: 'mixed' }, HOUR)).toEqual([
    { service: 'mixed', version: '1.0', first_seen: '2026-11-20T09:00:00.000000000Z' },
    { service: 'mixed', version: '2.0', first_seen: '2026-11-20T09:01:00.000000000Z' },
  ]);
  const later = { from: AT + 1_000, to: HOUR.to };
  expect((await reader.ask({ ask: 'versions' }, later)).map(({ version }) => version)).toEqual(['2.0']);
  const [log] = (await reader.ask({ ask: 'logs', text: 'disk i/o', limit: 5 }, HOUR)).items;
  expect(log).toMatchObject({
    exception: { type: 'SqliteError', message: 'Disk I/O', stacktrace: null },
    attributes: { tenant: 5 },
  });
  expect((await reader.ask({ ask: 'logs', text: 'FÜSSE', limit: 5 }, HOUR)).items).toEqual([]);
  expect((await reader.ask({ ask: 'logs', text: 'FÜ', limit: 5 }, HOUR)).items).toHaveLength(1);
  const nonsense = reader.ask({ ask: 'logs', limit: 5, cursor: 'nonsense' }, HOUR);
  await expect(nonsense).rejects.toThrow('cursor');
  const statuses = await reader.ask(
    { ask: 'requests', measure: 'count', group_by: 'http.response.status_code', limit: 5 },
    HOUR,
  );
  expect(statuses.map(({ group }) => group).sort()).toEqual(['200', '503', null]);
});

test('logs that came through Logstash stand among the others, page by page', async () => {
  await send(batchOf(logsRecord(at(0), [{ timeNs: NS + 5_000_000n, body: 'ours', severityNumber: 9 }], SHOP)));
  for (const [index, words] of ['first', 'second'].entries()) {
    await call('PUT', `/logs-${prefix}.shop-default/_create/shipped-${index}?refresh=true`, {
      '@timestamp': new Date(AT + index * 20).toISOString(),
      message: `Shipped ${words}`,
      log: { level: 'error' },
      service: { name: 'shop', environment: 'default' },
      trace: { id: TRACE },
      error: { type: 'TypeError', stack_trace: 'TypeError: x\n at y' },
      reqId: 7,
    });
  }
  const messages: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await reader.ask({ ask: 'logs', limit: 1, ...(cursor ? { cursor } : {}) }, HOUR);
    messages.push(...page.items.map(({ message: said }) => said));
    cursor = page.next_cursor;
  }
  expect(messages).toEqual(['Shipped second', 'ours', 'Shipped first']);
  const found = await reader.ask({ ask: 'logs', level: 'error', text: 'AT Y', service: 'shop', limit: 9 }, HOUR);
  expect(found.items).toHaveLength(2);
  expect(found.items[0]).toMatchObject({
    ...{ level: 'error', service: 'shop', trace_id: TRACE, message: 'Shipped second' },
    exception: { type: 'TypeError', message: null },
  });
  expect((await trace()).logs).toHaveLength(2);
});

test('nothing is there yet: every question has an empty answer', async () => {
  expect(await trace().catch(() => null)).toBeNull();
  expect((await reader.ask({ ask: 'logs', limit: 5 }, HOUR)).items).toEqual([]);
  expect((await reader.ask({ ask: 'traces', order: 'latest', limit: 5 }, HOUR)).items).toEqual([]);
  expect(await reader.ask({ ask: 'routes' }, HOUR)).toEqual([]);
  expect(await reader.ask({ ask: 'versions' }, HOUR)).toEqual([]);
  expect(await reader.ask({ ask: 'metric_names' }, HOUR)).toEqual([]);
  const metric = { ask: 'metric', name: 'x', aggregate: 'sum', interval_ms: 60_000 } as const;
  expect(await reader.ask(metric, HOUR)).toEqual([]);
  const rate = await reader.ask({ ask: 'requests', measure: 'error_rate', limit: 5 }, HOUR);
  expect(rate).toEqual([{ group: null, points: [[HOUR.from, null]] }]);
});
