import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { BackendSettings, SpoolRecord } from '../../exporter.ts';
import { encodeMetrics } from '../../otlp/encode-metrics.ts';
import type { DecodedPoint } from '../../otlp/index.ts';
import type { Attributes } from '../../telemetry.ts';
import {
  batchOf,
  malformedRecord,
  metricsRecord,
  type SpanSeed,
  spansRecord,
  statsdRecord,
} from '../../testing/payloads.ts';
import { createPrometheus } from './index.ts';

const NOW_MS = 1_790_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const forever = new AbortController().signal;
const RESOURCE = { 'service.name': 'shop', 'deployment.environment.name': 'live' };

let folder: string;
let clock: VirtualClock;
let made: ReturnType<typeof createPrometheus>;
let position = 0;

function create(more: Partial<BackendSettings> = {}) {
  const settings = { name: 'prom', type: 'prometheus', dataDir: folder, listen: '127.0.0.1:0', ...more };
  made = createPrometheus(settings, clock);
  return made.exporter;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-prometheus-'));
  clock = new VirtualClock(NOW_MS);
  position = 0;
});

afterEach(async () => {
  await made.exporter.shutdown(forever);
  rmSync(folder, { recursive: true, force: true });
});

const placed = () => ({ position: position++, receivedAt: NOW_MS });

function request(attributes: Attributes, more: Partial<SpanSeed> = {}): SpanSeed {
  return {
    traceId: 'ab'.repeat(16),
    spanId: 'cd'.repeat(8),
    startNs: NOW_NS,
    durationNs: 3_000_000n,
    attributes: { 'http.request.method': 'GET', 'http.route': '/v1/posts', ...attributes },
    ...more,
  };
}

const point = (more: Partial<DecodedPoint>): DecodedPoint =>
  ({
    type: 'sum',
    name: 'orders',
    unit: '',
    description: '',
    timeNs: NOW_NS,
    startNs: 0n,
    attributes: {},
    resource: RESOURCE,
    temporality: 'delta',
    monotonic: true,
    value: 1,
    ...more,
  }) as DecodedPoint;

function pointsRecord(...points: DecodedPoint[]): SpoolRecord {
  return { ...placed(), signal: 'metrics', encoding: 'otlp', items: points.length, bytes: encodeMetrics(points) };
}

/** The line that begins so, without it. */
function line(page: string, start: string): string | undefined {
  return page
    .split('\n')
    .find((one) => one.startsWith(start))
    ?.slice(start.length);
}

describe('requests of spans', () => {
  test('are counted by service, route, method, class of status and whether a scenario made them', async () => {
    const exporter = create();
    await exporter.start();
    const record = spansRecord(
      placed(),
      [
        request({ 'http.response.status_code': 200 }),
        request({ 'http.response.status_code': 204 }),
        request({ 'http.response.status_code': 503 }),
        request({ 'http.response.status_code': 200, 'user_agent.synthetic.type': 'test' }),
        request({}, { kind: 3 }),
      ],
      RESOURCE,
    );
    expect(await exporter.export(batchOf(record), forever)).toEqual({
      accepted: { traces: 4 },
      filtered: { traces: 1 },
      rejected: [],
    });
    const count = (status: string, synthetic: boolean) =>
      line(
        exporter.page('text'),
        `ringdown_request_duration_seconds_count{deployment_environment_name="live",http_request_method="GET",http_route="/v1/posts",service_name="shop",status_class="${status}",synthetic="${synthetic}"} `,
      );
    expect([count('2xx', false), count('5xx', false), count('2xx', true)]).toEqual(['2', '1', '1']);
  });

  test('carry the trace that fell into a bucket, in OpenMetrics only', async () => {
    const exporter = create();
    await exporter.start();
    await exporter.export(batchOf(spansRecord(placed(), [request({})], RESOURCE)), forever);
    const page = exporter.page('openmetrics');
    const exemplars = page.split('\n').filter((one) => one.includes(' # '));
    expect(exemplars).toHaveLength(1);
    expect(exemplars[0]).toMatch(
      /_bucket\{.*le="0\.00390625"\} 1 # \{trace_id="(ab){16}",span_id="(cd){8}"\} 0\.003 1790000000\.003$/,
    );
    expect(page.endsWith('# EOF\n')).toBe(true);
    expect(exporter.page('text')).not.toContain(' # {');
  });

  test('that come again after a lost answer count once, and a replayed record is told the same', async () => {
    const exporter = create();
    await exporter.start();
    const bad = malformedRecord(placed(), 'metrics', 2);
    const batch = batchOf(bad, statsdRecord(placed(), ['orders:2|c', 'x']), spansRecord(placed(), [request({})], {}));
    const first = await exporter.export(batch, forever);
    expect(first.rejected).toMatchObject([{ count: 2 }, { count: 1, reason: 'malformed StatsD line' }]);
    expect(await exporter.export(batch, forever)).toEqual(first);
    expect(await exporter.export({ records: [bad], end: 1 }, forever)).toMatchObject({ rejected: [{ count: 2 }] });
    expect(line(exporter.page('text'), 'orders_total ')).toBe('2');
    expect(exporter.page('text')).toMatch(/_count\{.*\} 1\n/);
  });
});

describe('metrics', () => {
  test('deltas add up, running totals and levels are shown as they are, the newest by time', async () => {
    const exporter = create();
    await exporter.start();
    await exporter.export(
      batchOf(
        pointsRecord(point({ value: 2 }), point({ value: 3 })),
        pointsRecord(
          point({ name: 'bytes.read', unit: 'By', temporality: 'cumulative', value: 900 }),
          point({ name: 'bytes.read', unit: 'By', temporality: 'cumulative', value: 700, timeNs: NOW_NS - 1n }),
        ),
        pointsRecord(
          point({ type: 'gauge', name: 'pool/size', value: 7 }),
          point({ monotonic: false, name: 'depth', value: -4 }),
        ),
      ),
      forever,
    );
    const page = exporter.page('text');
    const labels = '{deployment_environment_name="live",service_name="shop"} ';
    expect(line(page, `orders_total${labels}`)).toBe('5');
    expect(line(page, `bytes_read_bytes_total${labels}`)).toBe('900');
    expect(line(page, `pool_size${labels}`)).toBe('7');
    expect(line(page, `depth${labels}`)).toBe('-4');
    expect(page).toContain('# TYPE orders_total counter\n');
    expect(exporter.page('openmetrics')).toContain('# TYPE orders counter\n');
  });

  test('a delta that would spoil a total is refused', async () => {
    const exporter = create();
    await exporter.start();
    const values = [3, Number.NaN, Number.POSITIVE_INFINITY, -2, 4];
    const { accepted, rejected } = await exporter.export(
      batchOf(pointsRecord(...values.map((value) => point({ value })))),
      forever,
    );
    expect({ accepted, rejected }).toMatchObject({ accepted: { metrics: 2 }, rejected: [{ count: 3 }] });
    expect(exporter.page('text')).toMatch(/^orders_total\{.*\} 7$/m);
  });

  test('histograms keep their bounds; exponential ones get bounds that none of their buckets spans', async () => {
    const exporter = create();
    await exporter.start();
    const explicit = metricsRecord(
      placed(),
      [
        {
          type: 'histogram',
          name: 'size',
          temporality: 'delta',
          timeNs: NOW_NS,
          sum: 30,
          bounds: [1, 10],
          bucketCounts: [1, 2, 3],
        },
      ],
      RESOURCE,
    );
    const lines = Array.from({ length: 100 }, (_, index) => `wait:${index + 1}|ms`);
    await exporter.export(batchOf(explicit, statsdRecord(placed(), lines)), forever);
    const page = exporter.page('text');
    const labels = 'deployment_environment_name="live",service_name="shop"';
    expect(['1', '10', '+Inf'].map((le) => line(page, `size_bucket{${labels},le="${le}"} `))).toEqual(['1', '3', '6']);
    expect(line(page, `size_sum{${labels}} `)).toBe('30');
    for (const le of [1, 2, 4, 16, 64]) expect(line(page, `wait_milliseconds_bucket{le="${le}"} `)).toBe(String(le));
    expect(line(page, 'wait_milliseconds_count ')).toBe('100');
  });

  test('label values are escaped, names cleaned, names that meet share their label', async () => {
    const exporter = create();
    await exporter.start();
    const attributes = { 'a.b': 'one', 'a-b': 'two "quoted"\n\\', '9lives': true };
    await exporter.export(batchOf(pointsRecord(point({ name: '9.füße', attributes, resource: {} }))), forever);
    expect(exporter.page('text')).toContain('_9_f_e_total{_9lives="true",a_b="two \\"quoted\\"\\n\\\\;one"} 1\n');
  });

  test('units are looked up among units alone', async () => {
    const exporter = create();
    await exporter.start();
    await exporter.export(batchOf(pointsRecord(point({ unit: '__proto__' }), point({ unit: 'constructor' }))), forever);
    expect(line(exporter.page('text'), 'orders_total{deployment_environment_name="live",service_name="shop"} ')).toBe(
      '2',
    );
  });

  test('an attribute named like the label of a bucket stands beside it, under another name', async () => {
    const exporter = create();
    await exporter.start();
    const attributes = { le: '5', quantile: 'x' };
    const size = {
      type: 'histogram',
      name: 'size',
      timeNs: NOW_NS,
      sum: 1,
      bounds: [1],
      bucketCounts: [1, 0],
    } as const;
    await exporter.export(batchOf(metricsRecord(placed(), [{ ...size, attributes }], {})), forever);
    const buckets = exporter.page('text').match(/^size_bucket.*$/gm);
    expect(buckets).toEqual([
      'size_bucket{exported_le="5",exported_quantile="x",le="1"} 1',
      'size_bucket{exported_le="5",exported_quantile="x",le="+Inf"} 1',
    ]);
  });

  test('past the bound new label sets share a series, new metrics are refused, and both are counted', async () => {
    const exporter = create({ max_series: 3 });
    await exporter.start();
    const points = Array.from({ length: 10 }, (_, user) => point({ attributes: { user: String(user) }, resource: {} }));
    const other = pointsRecord(point({ name: 'other' }));
    const exported = await exporter.export(batchOf(pointsRecord(...points), other), forever);
    expect(exported).toEqual({
      accepted: { metrics: 10 },
      rejected: [{ signal: 'metrics', count: 1, reason: 'more than 3 series (max_series)', position: other.position }],
    });
    const page = exporter.page('text');
    expect(line(page, 'orders_total{otel_metric_overflow="true"} ')).toBe('7');
    expect(line(page, 'ringdown_scrape_overflowed_points_total ')).toBe('7');
  });

  test('one name of two types is refused the second time', async () => {
    const exporter = create();
    await exporter.start();
    const second = pointsRecord(point({ type: 'gauge', name: 'size' }));
    const first = metricsRecord(
      placed(),
      [{ type: 'histogram', name: 'size', timeNs: NOW_NS, sum: 1, bounds: [1], bucketCounts: [1, 0] }],
      RESOURCE,
    );
    const exported = await exporter.export({ records: [first, second], end: position }, forever);
    expect(exported.rejected).toMatchObject([{ count: 1, reason: '"size" is a histogram already, not a gauge' }]);
  });

  test('what nothing is heard of is no longer shown', async () => {
    const exporter = create({ expire_after: '10m' });
    await exporter.start();
    await exporter.export(batchOf(statsdRecord(placed(), ['orders:1|c'])), forever);
    await clock.advance(599_000);
    expect(exporter.page('text')).toContain('orders_total 1');
    await clock.advance(2_000);
    expect(exporter.page('text')).not.toContain('orders_total');
  });
});

describe('restarts', () => {
  test('counters go on after a good end, and begin at zero after a crash', async () => {
    const first = create();
    await first.start();
    const batch = batchOf(statsdRecord(placed(), ['orders:5|c']));
    await first.export(batch, forever);
    await first.shutdown(forever);
    const second = create();
    await second.start();
    expect(line(second.page('text'), 'orders_total ')).toBe('5');
    await second.export(batch, forever);
    expect(line(second.page('text'), 'orders_total ')).toBe('5');
    const refused = batchOf(pointsRecord(point({ value: 1 }), point({ value: Number.NaN })));
    const told = await second.export(refused, forever);
    expect(told.rejected).toMatchObject([{ count: 1 }]);
    await second.shutdown(forever);
    const replayed = create();
    await replayed.start();
    expect(await replayed.export(refused, forever)).toEqual(told);
    // It ends without a word.
    const third = createPrometheus({ name: 'p', type: 'prometheus', dataDir: folder, listen: '127.0.0.1:0' }, clock);
    await third.exporter.start();
    expect(third.exporter.page('text')).not.toContain('orders_total');
    await third.exporter.shutdown(forever);
  });
});

test('a start that failed can be tried again', async () => {
  const file = join(folder, 'not-a-folder');
  writeFileSync(file, '');
  const exporter = create({ dataDir: file });
  await expect(exporter.start()).rejects.toThrow();
  rmSync(file);
  await exporter.start();
  const exported = await exporter.export(batchOf(statsdRecord(placed(), ['orders:5|c'])), forever);
  expect(exported.accepted).toEqual({ metrics: 1 });
});

describe('the endpoint', () => {
  test('asks for the token, speaks both formats and compresses', async () => {
    const exporter = create({ token: 'hunter2' });
    await exporter.start();
    await exporter.export(batchOf(statsdRecord(placed(), ['orders:5|c'])), forever);
    expect((await fetch(exporter.url!)).status).toBe(401);
    const wrong = { authorization: 'Bearer hunter3' };
    expect((await fetch(exporter.url!, { headers: wrong })).status).toBe(401);
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const answer = await fetch(exporter.url!, { headers: { authorization: 'Bearer hunter2', accept } });
    expect(answer.headers.get('content-type')).toContain('application/openmetrics-text; version=1.0.0');
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(await answer.text()).toContain('orders_total 5\n');
    expect((await fetch(exporter.url!.replace('/metrics', '/'))).status).toBe(404);
  });

  test('a web page whose own host name points here reads nothing without a token', async () => {
    const exporter = create();
    await exporter.start();
    const { port } = new URL(exporter.url!);
    const statusFor = async (host: string): Promise<number | undefined> => {
      const asked = get({ host: '127.0.0.1', port, path: '/metrics', headers: { host } });
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect([host, await statusFor(host)]).toEqual([host, 403]);
    for (const host of ['localhost', `localhost:${port}`, '127.0.0.1', `[::1]:${port}`])
      expect([host, await statusFor(host)]).toEqual([host, 200]);
  });

  test.each([
    [{ listen: '127.0.0.1:99999' }, /host:port/],
    [{ listen: '0.0.0.0:9464' }, /0\.0\.0\.0 is not loopback and needs a token/],
    [{ token: '' }, /token: a text is expected/],
    [{ listen: '9464' }, /host:port/],
    [{ query_url: 'ftp://x' }, /query_url/],
    [{ max_series: 0, expire_after: 'soon', colour: 'red' }, /max_series.*expire_after.*unknown key "colour"/],
  ])('%j is refused before anything starts', (more, message) => {
    create();
    expect(() => createPrometheus({ name: 'p', type: 'prometheus', dataDir: folder, ...more }, clock)).toThrow(message);
  });
});
