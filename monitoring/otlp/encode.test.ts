import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attributes, AttributeValue } from '../telemetry.ts';
import {
  type DecodedLog,
  type DecodedPoint,
  type DecodedSpan,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  encodeLogs,
  encodeMetrics,
  encodeTraces,
  inspect,
} from './index.ts';
import { samplePayload } from './testing/foreign-payloads.ts';
import { readWithProtobufjs, throughProtobufjs } from './testing/protobufjs-schema.ts';

const text = fc.string({ unit: 'grapheme' });
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => {
    value[0]! |= 1;
    return Buffer.from(value).toString('hex');
  });
const maybeHex = (bytes: number) => fc.oneof(fc.constant(''), hex(bytes));
const ns = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const value = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(null, '', 0, -0, Number.NaN, 2 ** 60, '9223372036854775807'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3 }) as fc.Arbitrary<AttributeValue>,
  ),
})).value;
const attributes = fc.dictionary(fc.oneof(text, fc.constantFrom('http.route', '__proto__')), value, {
  maxKeys: 6,
}) as fc.Arbitrary<Attributes>;
const resources = fc.array(attributes, { minLength: 1, maxLength: 3 });

/** Items that share the resources of a list, as decoded ones do. */
function withResources<Item extends object>(
  item: fc.Arbitrary<Item>,
): fc.Arbitrary<(Item & { resource: Attributes })[]> {
  return resources.chain((known) =>
    fc.array(
      fc.tuple(item, fc.nat(known.length - 1)).map(([one, index]) => ({ ...one, resource: known[index]! })),
      { maxLength: 6 },
    ),
  );
}

const spans: fc.Arbitrary<DecodedSpan[]> = withResources(
  fc.record({
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: maybeHex(8),
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startNs: ns,
    endNs: ns,
    statusCode: fc.integer({ min: 0, max: 2 }),
    statusMessage: text,
    attributes,
    events: fc.array(fc.record({ timeNs: ns, name: text, attributes }), { maxLength: 2 }),
    scopeName: fc.constantFrom('', 'one', 'two'),
  }),
);
const logs: fc.Arbitrary<DecodedLog[]> = withResources(
  fc.record({
    timeNs: ns,
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    body: value,
    traceId: maybeHex(16),
    spanId: maybeHex(8),
    attributes,
    eventName: text,
    scopeName: fc.constantFrom('', 'one', 'two'),
  }),
);

const real = fc.double({ noNaN: true });
const maybe = fc.option(real, { nil: null });
const count = fc.maxSafeInteger().map(Math.abs);
const temporality = fc.constantFrom('unspecified' as const, 'delta' as const, 'cumulative' as const);
const base = {
  name: fc.constantFrom('requests', 'latency'),
  unit: fc.constantFrom('', 'ms'),
  description: fc.constantFrom('', 'how many'),
  timeNs: ns,
  startNs: ns,
  attributes,
};
const buckets = fc.record({ offset: fc.integer({ min: -5000, max: 5000 }), counts: fc.array(count, { maxLength: 5 }) });
const totals = { count, sum: maybe, min: maybe, max: maybe };
const points: fc.Arbitrary<DecodedPoint[]> = withResources(
  fc.oneof(
    fc.record({ type: fc.constant('gauge' as const), ...base, value: maybe }),
    fc.record({ type: fc.constant('sum' as const), ...base, temporality, monotonic: fc.boolean(), value: maybe }),
    fc.record({
      type: fc.constant('histogram' as const),
      ...base,
      ...totals,
      temporality,
      bounds: fc.array(real, { maxLength: 4 }),
      bucketCounts: fc.array(count, { maxLength: 5 }),
    }),
    fc.record({
      type: fc.constant('exponential_histogram' as const),
      ...base,
      ...totals,
      temporality,
      scale: fc.integer({ min: -11, max: 20 }),
      zeroCount: count,
      zeroThreshold: real,
      positive: buckets,
      negative: buckets,
    }),
    fc.record({
      type: fc.constant('summary' as const),
      ...base,
      count,
      sum: real,
      quantiles: fc.array(fc.record({ quantile: real, value: real }), { maxLength: 3 }),
    }),
  ),
);

const cases = {
  traces: { items: spans, encode: encodeTraces, decode: decodeTraces },
  metrics: { items: points, encode: encodeMetrics, decode: decodeMetrics },
  logs: { items: logs, encode: encodeLogs, decode: decodeLogs },
};

/** Told apart by value only: decoded maps have no prototype, generated ones may have. -0 is not 0, NaN is NaN. */
function shown(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, shown(inner)]);
  }
  return value;
}

describe.each(['traces', 'metrics', 'logs'] as const)('%s', (signal) => {
  // The three share this shape; their types differ only in the items.
  const { items, encode, decode } = cases[signal] as unknown as {
    items: fc.Arbitrary<object[]>;
    encode(items: object[]): Uint8Array;
    decode(bytes: Uint8Array): object[];
  };

  test('are read back as they were written, by us and after protobufjs has read and written them', () => {
    fc.assert(
      fc.property(items, (written) => {
        const bytes = encode(written);
        expect(inspect(signal, bytes)).toMatchObject({ items: written.length, invalid: 0 });
        expect(shown(decode(bytes))).toEqual(shown(written));
        expect(shown(decode(throughProtobufjs(signal, bytes)))).toEqual(shown(written));
      }),
      { numRuns: 150, seed: 21, endOnFailure: true },
    );
  });

  test('written by OpenTelemetry come out the same after decoding and encoding', () => {
    const decoded = decode(samplePayload(signal, 7).protobuf);
    expect(shown(decode(encode(decoded)))).toEqual(shown(decoded));
  });

  test('none is an empty request', () => {
    expect(encode([])).toHaveLength(0);
  });
});

test('neighbours share the messages of their resource, scope and metric', () => {
  const resource = { 'service.name': 'shop' };
  const point = (name: string, at: bigint): DecodedPoint => ({
    type: 'sum',
    name,
    unit: '',
    description: '',
    timeNs: at,
    startNs: 0n,
    attributes: {},
    resource,
    temporality: 'delta',
    monotonic: true,
    value: 3,
  });
  const bytes = encodeMetrics([point('a', 1n), point('a', 2n), point('b', 3n)]);
  expect(readWithProtobufjs('metrics', bytes)).toEqual({
    resource_metrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { string_value: 'shop' } }] },
        scope_metrics: [
          {
            metrics: [
              {
                name: 'a',
                sum: {
                  data_points: [
                    { time_unix_nano: '1', as_double: 3 },
                    { time_unix_nano: '2', as_double: 3 },
                  ],
                  aggregation_temporality: 1,
                  is_monotonic: true,
                },
              },
              {
                name: 'b',
                sum: {
                  data_points: [{ time_unix_nano: '3', as_double: 3 }],
                  aggregation_temporality: 1,
                  is_monotonic: true,
                },
              },
            ],
          },
        ],
      },
    ],
  });
});

test('counts that no uint64 can be are the nearest one that can', () => {
  const point: DecodedPoint = {
    type: 'exponential_histogram',
    name: 'a',
    unit: '',
    description: '',
    timeNs: 1n,
    startNs: 0n,
    attributes: {},
    resource: {},
    temporality: 'delta',
    count: 3.4,
    sum: null,
    min: null,
    max: null,
    scale: 6,
    zeroCount: -1,
    zeroThreshold: 0,
    positive: { offset: 0, counts: [Number.POSITIVE_INFINITY, 2.5] },
    negative: { offset: 0, counts: [] },
  };
  expect(decodeMetrics(encodeMetrics([point]))[0]).toMatchObject({
    count: 3,
    zeroCount: 0,
    positive: { counts: [2 ** 64, 3] },
  });
});
