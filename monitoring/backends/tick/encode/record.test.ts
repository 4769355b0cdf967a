import { describe, expect, test } from '@jest/globals';
import { GaugeState } from '../../../statsd/index.ts';
import { logsRecord, metricsRecord, spansRecord, statsdRecord } from '../../../testing/payloads.ts';
import { type Point, parseLines } from '../testing/parse-lines.ts';
import { encodeRecord } from './record.ts';

const NS = 1_790_000_000_123_456_789n;
const placed = { position: 4_000, receivedAt: 1_790_000_000_500 };
const resource = { 'service.name': 'shop', 'service.version': '1.2', 'deployment.environment.name': 'live' };
const traceId = 'a'.repeat(32);

function pointsOf(record: Parameters<typeof encodeRecord>[0]): Point[] {
  return parseLines(encodeRecord(record, new GaugeState()).lines.texts.join('\n')).map((point) => {
    if ('error' in point) throw new Error(point.error);
    return point;
  });
}

describe('a span as a point', () => {
  test('has what is bounded as tags, and ids, people and paths as fields', () => {
    const span = {
      traceId,
      spanId: 'b'.repeat(16),
      name: 'GET /v1/posts/:id',
      startNs: NS,
      durationNs: 1_500_000n,
      status: 2,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/v1/posts/:id',
        'http.response.status_code': 503,
        'client.address': '10.0.0.1',
        'user.id': 'kim',
        'url.path': '/v1/posts/17',
        'user_agent.synthetic.type': 'test',
      },
    };
    const [point, times, version] = pointsOf(spansRecord(placed, [span], resource));
    expect([times!.measurement, { ...times!.tags }]).toEqual(['traces', { part: 'aa' }]);
    expect(point!.measurement).toBe('spans');
    expect({ ...point!.tags }).toEqual({
      ...{ entry: 'true', env: 'live', error: 'true', kind: 'server', method: 'GET', route: '/v1/posts/:id' },
      ...{ service: 'shop', status_class: '5xx', synthetic: 'true' },
    });
    expect(point!.fields).toMatchObject({
      ...{ trace_id: traceId, duration_ns: 1_500_000n, ns: 456_789n, failed: 1n, status: 'error', status_code: 503n },
      ...{ client: '10.0.0.1', user: 'kim', version: '1.2' },
    });
    expect(JSON.parse(String(point!.fields.attributes))).toEqual(span.attributes);
    expect(point!.time).toBe(1_790_000_000_123_004_000n);
    expect([version!.measurement, { ...version!.tags }]).toEqual([
      'versions',
      { env: 'live', service: 'shop', version: '1.2' },
    ]);
  });

  test('of no HTTP goes by its name, and of no service is told so', () => {
    const span = { traceId, spanId: 'c'.repeat(16), name: 'grpc.Say', startNs: NS, durationNs: 1n };
    const [point, ...more] = pointsOf(spansRecord(placed, [span], {}));
    expect(point!.tags).toMatchObject({ operation: 'grpc.Say', service: 'unknown_service', env: 'default' });
    expect(more.map(({ measurement }) => measurement)).toEqual(['traces']);
  });

  test('keeps attributes that are too long for a field as JSON, cut', () => {
    const attributes = {
      long: 'x'.repeat(300_000),
      list: Array.from({ length: 50 }, () => 'y'.repeat(5_000)),
      short: 'z',
    };
    const span = { traceId, spanId: 'c'.repeat(16), startNs: NS, durationNs: 1n, attributes };
    const [point] = pointsOf(spansRecord(placed, [span], {}));
    const kept = JSON.parse(String(point!.fields.attributes)) as typeof attributes;
    expect(Buffer.byteLength(String(point!.fields.attributes))).toBeLessThan(65_536);
    expect(kept.short).toBe('z');
    expect(kept.long).toMatch(/^x+…\[cut\]$/);
  });
});

describe('a log record as a point', () => {
  test('keeps its exception apart', () => {
    const attributes = {
      'exception.type': 'Error',
      'exception.message': 'a\n"b" \\',
      'exception.stacktrace': 'at\n x',
      a: 1,
    };
    const [point] = pointsOf(
      logsRecord(placed, [{ timeNs: NS, severityNumber: 17, body: 'oh\nno\\', attributes }], resource),
    );
    expect({ ...point!.tags }).toEqual({ env: 'live', level: 'error', service: 'shop' });
    expect(point!.fields).toMatchObject({ message: 'oh\nno\\', exception_message: 'a\n"b" \\', attributes: '{"a":1}' });
  });

  test('of a run, an incident or a deployment is an annotation besides', () => {
    const attributes = {
      'event.name': 'ringdown.incident',
      'ringdown.incident.id': 'i-1',
      'ringdown.incident.state': 'triggered',
      service: 'shop',
      environment: 'live',
      url: 'https://ringdown.example.com/incidents/i-1',
    };
    const record = logsRecord(placed, [{ timeNs: NS, body: 'Writing a post fails', attributes }], {});
    const [log, annotation] = pointsOf(record);
    expect(log!.measurement).toBe('logs');
    expect([annotation!.measurement, { ...annotation!.tags }]).toEqual([
      'annotations',
      { env: 'live', event: 'ringdown.incident', service: 'shop', state: 'triggered' },
    ]);
    expect(annotation!.fields).toMatchObject({ title: 'Writing a post fails', id: 'i-1', url: attributes.url });
    expect(encodeRecord(record, new GaugeState()).lines.items).toEqual([1, 0]);
  });
});

describe('data points', () => {
  test('without a time have that of their receipt, which InfluxDB keeps', () => {
    const [point] = pointsOf(metricsRecord(placed, [{ name: 'depth', type: 'gauge', value: 7, timeNs: 0n }], resource));
    expect(point!.time / 1_000_000n).toBe(BigInt(placed.receivedAt));
    expect(point!.fields.ns).toBe(0n);
  });

  test('are a measurement per metric, with type, unit and temporality as tags', () => {
    const points = pointsOf(
      metricsRecord(
        placed,
        [
          { name: 'queue depth', type: 'gauge', value: 7, timeNs: NS, attributes: { queue: 'mail', 'user.id': 'kim' } },
          { name: 'jobs', type: 'sum', value: 3, timeNs: NS, startNs: NS - 1_000_000n, temporality: 'cumulative' },
          {
            name: 'took',
            type: 'histogram',
            unit: 's',
            sum: 4,
            bounds: [1, 2],
            bucketCounts: [1, 2, 0],
            timeNs: NS,
            temporality: 'delta',
          },
        ],
        resource,
      ),
    );
    expect(points.map(({ measurement, tags }) => [measurement, { ...tags }])).toEqual([
      ['queue depth', { env: 'live', metric_type: 'gauge', queue: 'mail', service: 'shop', temporality: 'none' }],
      ['jobs', { env: 'live', metric_type: 'sum', service: 'shop', temporality: 'cumulative' }],
      ['took', { env: 'live', metric_type: 'histogram', service: 'shop', temporality: 'delta', unit: 's' }],
    ]);
    expect(points[0]!.fields).toMatchObject({ value: 7, attributes: '{"user.id":"kim"}' });
    expect(points[1]!.fields).toMatchObject({ value: 3, start_ms: 1_790_000_000_122n });
    expect(points[2]!.fields).toMatchObject({ count: 3n, sum: 4, buckets: '{"bounds":[1,2],"counts":[1,2,0]}' });
    expect(new Set(points.map(({ time }) => time)).size).toBe(3);
  });

  test('without a number that InfluxDB has are filtered', () => {
    const seeds = [Number.NaN, Number.POSITIVE_INFINITY, 1].map((value, index) => ({
      ...{ name: `m${index}`, type: 'gauge' as const, value, timeNs: NS },
    }));
    const { filtered, malformed, lines } = encodeRecord(metricsRecord(placed, seeds, {}), new GaugeState());
    expect([filtered, malformed, lines.texts.length]).toEqual([2, 0, 1]);
  });

  test('of StatsD weigh as many items as they sum up lines', () => {
    const record = statsdRecord(placed, [
      'orders:1|c',
      'a:5|g|#x:1',
      'orders:2|c',
      'bad',
      'took:3:4|ms',
      'orders:1|c|#x:1',
      'took:9|ms',
    ]);
    const { lines, malformed } = encodeRecord(record, new GaugeState());
    expect(malformed).toBe(1);
    expect(lines.items).toEqual([2, 1, 2, 1]);
    const points = pointsOf(record);
    expect(
      points.map(({ measurement, tags, fields }) => [
        measurement,
        tags.metric_type,
        tags.x,
        Number(fields.value ?? fields.count),
      ]),
    ).toEqual([
      ['orders', 'counter', undefined, 3],
      ['a', 'gauge', '1', 5],
      ['took', 'timer', undefined, 3],
      ['orders', 'counter', '1', 1],
    ]);
  });
});
