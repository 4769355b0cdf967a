import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Signal } from '../exporter.ts';
import { double, text as field, fixed64, integer, message } from '../testing/protobuf.ts';
import { countItems, decodeLogs, decodeMetrics, decodeTraces, encodeJson, inspect, OtlpDecodeError } from './index.ts';
import {
  foreignLogs,
  foreignMetrics,
  foreignTraces,
  type HrTime,
  type LogSource,
  type SpanSource,
  samplePayload,
} from './testing/foreign-payloads.ts';

const SIGNALS: Signal[] = ['traces', 'metrics', 'logs'];
const DECODERS = { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs };
const RESOURCE = { 'service.name': 'api', 'service.version': '4.12' };

const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
    bytes[0] = bytes[0]! | 1;
    return Buffer.from(bytes).toString('hex');
  });
const time: fc.Arbitrary<HrTime> = fc.tuple(
  fc.integer({ min: 0, max: 2 ** 32 }),
  fc.integer({ min: 0, max: 999_999_999 }),
);
const text = fc.string({ unit: 'grapheme' });
const attributes = fc.dictionary(
  fc.oneof(text, fc.constantFrom('http.route', '__proto__', 'constructor', 'a'.repeat(300))),
  fc.oneof(
    text,
    fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.array(text),
    fc.array(fc.integer()),
  ),
  { maxKeys: 12, noNullPrototype: true },
);
const span: fc.Arbitrary<SpanSource> = fc.record({
  traceId: hex(16),
  spanId: hex(8),
  parentSpanId: fc.option(hex(8), { nil: undefined }),
  name: text,
  kind: fc.integer({ min: 0, max: 4 }),
  start: time,
  end: time,
  status: fc.record({ code: fc.constantFrom(0, 1, 2), message: text }),
  attributes,
  events: fc.array(fc.record({ name: text, time, attributes }), { maxLength: 3 }),
});
const ns = ([seconds, nanos]: HrTime) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
/** -0 and 0 are one number here: an integer on the wire has no sign. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)));
const own = (map: Record<string, unknown>) => plain(Object.entries(map));

describe('traces', () => {
  test('written by another implementation are read back in full', () => {
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 5 }), (spans) => {
        const foreign = foreignTraces(spans, RESOURCE, 'scope');
        const decoded = decodeTraces(foreign.protobuf);
        expect(countItems('traces', foreign.protobuf)).toBe(spans.length);
        expect(decoded.length).toBe(spans.length);
        for (const [index, source] of spans.entries()) {
          const { attributes, events, ...rest } = decoded[index]!;
          expect(rest).toEqual({
            traceId: source.traceId,
            spanId: source.spanId,
            parentSpanId: source.parentSpanId ?? '',
            name: source.name,
            kind: source.kind + 1,
            startNs: ns(source.start),
            endNs: ns(source.end),
            statusCode: source.status.code,
            statusMessage: source.status.message,
            resource: RESOURCE,
            scopeName: 'scope',
          });
          expect(own(attributes)).toEqual(own(source.attributes));
          expect(events.map((event) => [event.timeNs, event.name, own(event.attributes)])).toEqual(
            source.events.map((event) => [ns(event.time), event.name, own(event.attributes)]),
          );
        }
        expect(plain(decodeTraces(encodeJson('traces', foreign.json)))).toEqual(plain(decoded));
      }),
      { numRuns: 100, seed: 1, endOnFailure: true },
    );
  });

  test('the resource is one object for all its spans, and a __proto__ key is only a key', () => {
    const [first, second] = decodeTraces(samplePayload('traces', 2).protobuf);
    expect(first!.resource).toBe(second!.resource);
    const bytes = encodeJson('traces', {
      resourceSpans: [
        {
          resource: { attributes: [{ key: '__proto__', value: { stringValue: 'x' } }] },
          scopeSpans: [{ spans: [{ traceId: '01'.repeat(16), spanId: '02'.repeat(8) }] }],
        },
      ],
    });
    const { resource } = decodeTraces(bytes)[0]!;
    expect(Object.keys(resource)).toEqual(['__proto__']);
    expect('toString' in resource).toBe(false);
  });

  test('spans without valid ids are sifted out and the rest stays as it was', () => {
    const good = { traceId: '01'.repeat(16), spanId: '02'.repeat(8), name: 'good'.repeat(60) };
    const request = (spans: unknown[]) =>
      encodeJson('traces', { resourceSpans: [{ scopeSpans: [{ spans, schemaUrl: 'x' }] }] });
    const mixed = inspect(
      'traces',
      request([good, { name: 'none' }, { ...good, traceId: '00'.repeat(16) }, { ...good, spanId: 'ff' }, good]),
    );
    expect(mixed).toMatchObject({ items: 2, invalid: 3 });
    expect(Buffer.from(mixed.bytes)).toEqual(Buffer.from(request([good, good])));
  });
});

describe('logs', () => {
  test('written by another implementation are read back in full', () => {
    const log: fc.Arbitrary<LogSource> = fc.record({
      time,
      observed: time,
      severity: fc.integer({ min: 0, max: 24 }),
      severityText: text,
      body: fc.oneof(text, fc.integer(), fc.constant({ nested: { list: [1, 'two', true] } })),
      eventName: fc.option(text, { nil: undefined }),
      context: fc.option(fc.record({ traceId: hex(16), spanId: hex(8), traceFlags: fc.constant(1) }), {
        nil: undefined,
      }),
      attributes,
    });
    fc.assert(
      fc.property(fc.array(log, { minLength: 1, maxLength: 5 }), (logs) => {
        const foreign = foreignLogs(logs, RESOURCE);
        const decoded = decodeLogs(foreign.protobuf);
        expect(countItems('logs', foreign.protobuf)).toBe(logs.length);
        for (const [index, source] of logs.entries()) {
          const { attributes, ...rest } = decoded[index]!;
          expect(plain(rest)).toEqual(
            plain({
              timeNs: ns(source.time) || ns(source.observed),
              severityNumber: source.severity,
              severityText: source.severityText,
              body: source.body,
              traceId: source.context?.traceId ?? '',
              spanId: source.context?.spanId ?? '',
              resource: RESOURCE,
              eventName: source.eventName ?? '',
              scopeName: 'logger',
            }),
          );
          expect(own(attributes)).toEqual(own(source.attributes));
        }
        expect(plain(decodeLogs(encodeJson('logs', foreign.json)))).toEqual(plain(decoded));
      }),
      { numRuns: 100, seed: 2, endOnFailure: true },
    );
  });
});

describe('metrics', () => {
  const at = { startTime: [1_700_000_000, 1], endTime: [1_700_000_010, 2], attributes: { 'http.route': '/v1/posts' } };
  const shared = {
    unit: 'ms',
    description: 'how long',
    timeNs: 1_700_000_010_000_000_002n,
    startNs: 1_700_000_000_000_000_001n,
    attributes: at.attributes,
    resource: RESOURCE,
  };
  const descriptor = (name: string, valueType = 1) => ({
    name,
    unit: 'ms',
    description: 'how long',
    valueType,
    advice: {},
  });

  test('of every type written by another implementation are read back in full', () => {
    const foreign = foreignMetrics(
      [
        {
          descriptor: descriptor('gauge'),
          dataPointType: 2,
          aggregationTemporality: 1,
          dataPoints: [{ ...at, value: -1.5 }],
        },
        {
          descriptor: descriptor('sum', 0),
          dataPointType: 3,
          aggregationTemporality: 0,
          isMonotonic: true,
          dataPoints: [{ ...at, value: 7 }],
        },
        {
          descriptor: descriptor('histogram'),
          dataPointType: 0,
          aggregationTemporality: 1,
          dataPoints: [
            {
              ...at,
              value: { count: 3, sum: 30, min: 5, max: 20, buckets: { boundaries: [5, 10], counts: [1, 1, 1] } },
            },
          ],
        },
        {
          descriptor: descriptor('exponential'),
          dataPointType: 1,
          aggregationTemporality: 0,
          dataPoints: [
            {
              ...at,
              value: {
                count: 4,
                sum: 9,
                min: 1,
                max: 4,
                scale: -2,
                zeroCount: 1,
                positive: { offset: -3, bucketCounts: [1, 300] },
                negative: { offset: 2, bucketCounts: [2] },
              },
            },
          ],
        },
      ],
      RESOURCE,
    );
    expect(countItems('metrics', foreign.protobuf)).toBe(4);
    const decoded = decodeMetrics(foreign.protobuf);
    expect(decoded).toEqual([
      { ...shared, name: 'gauge', type: 'gauge', value: -1.5 },
      { ...shared, name: 'sum', type: 'sum', temporality: 'delta', monotonic: true, value: 7 },
      {
        ...shared,
        name: 'histogram',
        type: 'histogram',
        temporality: 'cumulative',
        count: 3,
        sum: 30,
        min: 5,
        max: 20,
        bounds: [5, 10],
        bucketCounts: [1, 1, 1],
      },
      {
        ...shared,
        name: 'exponential',
        type: 'exponential_histogram',
        temporality: 'delta',
        count: 4,
        sum: 9,
        min: 1,
        max: 4,
        scale: -2,
        zeroCount: 1,
        zeroThreshold: 0,
        positive: { offset: -3, counts: [1, 300] },
        negative: { offset: 2, counts: [2] },
      },
    ]);
    expect(decodeMetrics(encodeJson('metrics', foreign.json))).toEqual(decoded);
  });

  test('a summary, and a point flagged as having no value', () => {
    const bytes = encodeJson('metrics', {
      resource_metrics: [
        {
          scope_metrics: [
            {
              metrics: [
                {
                  name: 's',
                  summary: { dataPoints: [{ count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
                },
                {
                  name: 'g',
                  gauge: {
                    dataPoints: [{ asInt: '9007199254740993', timeUnixNano: '1700000000000000001' }, { flags: 1 }],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
    const [summary, gauge, empty] = decodeMetrics(bytes);
    expect(summary).toMatchObject({ type: 'summary', count: 2, sum: 3, quantiles: [{ quantile: 0.5, value: 1 }] });
    expect(gauge).toMatchObject({ timeNs: 1_700_000_000_000_000_001n, value: 9007199254740992 });
    expect(empty).toMatchObject({ value: null });
  });
});

describe('OTLP/JSON', () => {
  const value = (json: unknown) => {
    const log = { body: json, severityNumber: 'SEVERITY_NUMBER_ERROR', time_unix_nano: 5 };
    return decodeLogs(
      encodeJson('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [log] }], unknown: [1, { a: 2 }] }] }),
    )[0]!;
  };

  test('64-bit integers keep every digit, enums may be names, unknown keys and nulls are passed over', () => {
    expect(value({ intValue: '-9223372036854775808' }).body).toBe('-9223372036854775808');
    expect(value({ intValue: 42 }).body).toBe(42);
    expect(value({ doubleValue: 'NaN' }).body).toBe(Number.NaN);
    expect(value({ bytesValue: '3q2-7w==' }).body).toBe('3q2+7w==');
    expect(value(null)).toMatchObject({ body: null, severityNumber: 17, timeNs: 5n });
    expect(
      value({ kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ boolValue: true }, {}] } } }] } })
        .body,
    ).toEqual({ a: [true, null] });
  });

  test.each([
    ['a list', [], '$: expected an object'],
    [
      'a span that is text',
      { resourceSpans: [{ scopeSpans: [{ spans: ['x'] }] }] },
      '$.resourceSpans[0].scopeSpans[0].spans[0]: expected an object',
    ],
    [
      'an id that is not hex',
      { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'zz' }] }] }] },
      'traceId: expected hex',
    ],
    [
      'a kind that does not exist',
      { resourceSpans: [{ scopeSpans: [{ spans: [{ kind: 'SPAN_KIND_ODD' }] }] }] },
      'kind: expected a number or a name',
    ],
    [
      'a time that is negative',
      { resourceSpans: [{ scopeSpans: [{ spans: [{ endTimeUnixNano: '-1' }] }] }] },
      'endTimeUnixNano: expected an integer from 0',
    ],
  ])('%s is refused with its path', (_, json, message) => {
    expect(() => encodeJson('traces', json)).toThrow(OtlpDecodeError);
    expect(() => encodeJson('traces', json)).toThrow(message);
  });
});

describe('bytes that are not OTLP', () => {
  test.each(SIGNALS)('%s cut anywhere are refused or hold fewer items, never more', (signal) => {
    const { protobuf } = samplePayload(signal, 3);
    for (let length = 1; length < protobuf.length; length++) {
      const cut = protobuf.subarray(0, length);
      expect(() => inspect(signal, cut)).toThrow(OtlpDecodeError);
    }
    expect(countItems(signal, protobuf)).toBe(3);
    expect(countItems(signal, new Uint8Array(0))).toBe(0);
  });

  test.each(SIGNALS)('%s with flipped bytes either read or are refused; what is accepted can be decoded', (signal) => {
    const { protobuf } = samplePayload(signal, 3);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(protobuf.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (flips) => {
          const bytes = Uint8Array.from(protobuf);
          for (const [at, mask] of flips) bytes[at]! ^= mask;
          expectConsistent(signal, bytes);
        },
      ),
      { numRuns: 500, seed: 3, endOnFailure: true },
    );
  });

  test.each(SIGNALS)('random bytes as %s neither crash nor hang', (signal) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => expectConsistent(signal, bytes)),
      { numRuns: 500, seed: 4, endOnFailure: true },
    );
  });

  test('values nested without end are refused', () => {
    let value: unknown = { stringValue: 'deep' };
    for (let level = 0; level < 100; level++) value = { arrayValue: { values: [value] } };
    expect(() => encodeJson('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value }] }] }] })).toThrow(
      'nesting',
    );
    let bytes: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < 5000; level++) {
      bytes = Buffer.concat([
        Buffer.from([0x2a]),
        length(bytes),
        Buffer.concat([Buffer.from([0x0a]), length(bytes), bytes]),
      ]);
      if (bytes.length > 20_000) break;
    }
    expect(() => inspect('logs', bytes)).not.toThrow(RangeError);
  });
});

function length(bytes: Uint8Array): Buffer {
  const out: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...out, rest]);
    out.push((rest & 127) | 128);
  }
}

function expectConsistent(signal: Signal, bytes: Uint8Array): void {
  let items: number;
  let sifted: Uint8Array;
  try {
    ({ items, bytes: sifted } = inspect(signal, bytes));
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpDecodeError);
    return;
  }
  expect(DECODERS[signal](sifted).length).toBeLessThanOrEqual(items);
  if (signal !== 'metrics') expect(DECODERS[signal](sifted).length).toBe(items);
}

test.each([
  ['histogram', 9, 10],
  ['exponential histogram', 10, 10],
  ['summary', 11, 8],
])('a %s that is flagged "no recorded value" tells no zeros', (_, data, flags) => {
  const point = message(1, fixed64(3, 5n), fixed64(4, 0n), double(5, 0), integer(flags, 1));
  const metric = message(2, field(1, 'size'), field(3, 'By'), message(data, point, integer(2, 2)));
  const bytes = message(1, message(2, metric));
  expect(decodeMetrics(bytes)).toMatchObject([{ type: 'gauge', name: 'size', unit: 'By', timeNs: 5n, value: null }]);
  expect(countItems('metrics', bytes)).toBe(1);
});
