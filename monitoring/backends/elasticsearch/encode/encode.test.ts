import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SpoolRecord } from '../../../exporter.ts';
import { decodeTraces } from '../../../otlp/index.ts';
import type { Attributes } from '../../../telemetry.ts';
import { type LogSeed, logsRecord, type SpanSeed, spansRecord, statsdRecord } from '../../../testing/payloads.ts';
import { bytesField, fixed64, hex, integer, message } from '../../../testing/protobuf.ts';
import { spanRow } from '../ask/rows.ts';
import { formatNs } from '../nanoseconds.ts';
import { BulkBody } from './bulk-body.ts';
import { LogEncoder } from './logs.ts';
import { MetricEncoder } from './metrics.ts';
import { Origins } from './origin.ts';
import { SpanEncoder } from './spans.ts';

interface Line {
  create: { _index: string; _id: string };
}

function encoded(record: SpoolRecord, encoder = new SpanEncoder(new Origins('ringdown'))) {
  const body = new BulkBody();
  const items = encoder.encode(record, body);
  const lines = body.slice(0, body.documents).toString();
  expect(lines === '' || lines.endsWith('\n')).toBe(true);
  const parsed = lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const actions = parsed.filter((_, index) => index % 2 === 0).map((line) => (line as unknown as Line).create);
  return { items, actions, documents: parsed.filter((_, index) => index % 2 === 1) };
}

const hexOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
    bytes[0] = (bytes[0]! & 0x7f) | 1;
    return Buffer.from(bytes).toString('hex');
  });
const key = fc.oneof(
  fc.constantFrom(
    'http.route',
    'http.request.method',
    'http.response.status_code',
    'url.path',
    'user_agent.synthetic.type',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('GET', 'POST', '/v1/posts', 'a"b\\c\n'),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
);
const value = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.string(), scalar, { maxKeys: 3, noNullPrototype: false }) },
);
const attributes = fc
  .array(fc.tuple(key, value), { maxLength: 12 })
  .map((entries) => Object.fromEntries(entries) as Attributes);
const nanoseconds = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const span: fc.Arbitrary<SpanSeed> = fc.record({
  traceId: hexOf(16),
  spanId: hexOf(8),
  parentSpanId: fc.oneof(fc.constant(''), fc.constant('0'.repeat(16)), hexOf(8)),
  name: fc.string({ unit: 'binary' }),
  kind: fc.integer({ min: 0, max: 5 }),
  startNs: nanoseconds,
  durationNs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  status: fc.integer({ min: 0, max: 2 }),
  statusMessage: fc.string({ unit: 'binary' }),
  attributes,
  events: fc.array(fc.record({ timeNs: nanoseconds, name: fc.string(), attributes }), { maxLength: 2 }),
});

test('whatever a span holds, the document written from its bytes says what the decoder reads', () => {
  // One encoder for all: what it remembers of one span must not show in another.
  const encoder = new SpanEncoder(new Origins('ringdown'));
  fc.assert(
    fc.property(fc.array(span, { maxLength: 4 }), attributes, (seeds, resource) => {
      const record = spansRecord({ position: 1, receivedAt: 1 }, seeds, resource);
      const { items, documents } = encoded(record, encoder);
      expect(items).toBe(seeds.length);
      const decoded = decodeTraces(record.bytes);
      for (const [index, document] of documents.entries()) {
        const one = decoded[index]!;
        const row = spanRow(document);
        const json = (it: unknown) => JSON.parse(JSON.stringify(it));
        expect(json(row.attributes)).toEqual(json(one.attributes));
        expect(json(row.resource)).toEqual(json(one.resource));
        expect(row).toMatchObject({
          trace_id: one.traceId,
          span_id: one.spanId,
          parent_span_id: /[1-9a-f]/.test(one.parentSpanId) ? one.parentSpanId : null,
          name: one.name,
          start_time: formatNs(one.startNs),
          status: ['unset', 'ok', 'error'][one.statusCode],
          status_message: one.statusMessage || null,
        });
        expect(json(row.events)).toEqual(
          json(
            one.events.map(({ timeNs, name, attributes: own }) => ({ time: formatNs(timeNs), name, attributes: own })),
          ),
        );
        const answer = one.attributes['http.response.status_code'];
        const isFailed = one.statusCode === 2 || (Number.isInteger(answer) && (answer as number) >= 500);
        expect(document['event.outcome']).toBe(isFailed ? 'failure' : 'success');
      }
    }),
    { numRuns: 100, seed: 11 },
  );
});

test('no key comes twice, however long it is and whatever else was seen', () => {
  const encoder = new SpanEncoder(new Origins('ringdown'));
  const span = (keys: Uint8Array[]) => {
    const attributes = keys.map((one, index) => message(9, bytesField(1, one), message(2, integer(3, index))));
    const content = [hex(1, 'ab'.repeat(16)), hex(2, 'cd'.repeat(8)), fixed64(7, 1n), ...attributes];
    const bytes = message(1, message(2, message(2, ...content)));
    return { position: 0, receivedAt: 0, signal: 'traces', encoding: 'otlp', items: 1, bytes } satisfies SpoolRecord;
  };
  const textOf = (record: SpoolRecord) => {
    const body = new BulkBody();
    encoder.encode(record, body);
    return body.slice(0, body.documents).toString();
  };
  const long = Buffer.from('k'.repeat(300));
  expect(textOf(span([long, Buffer.from('a'), long])).split(`"${long}":`)).toHaveLength(2);
  const broken = [Buffer.from([0x61, 0xff]), Buffer.from([0x61, 0xfe])];
  expect(textOf(span(broken)).split('"a\ufffd":')).toHaveLength(2);
  // More keys than are remembered.
  const many = Array.from({ length: 5_000 }, (_, index) => Buffer.from(`key.${index}`));
  const written = textOf(span([...many, ...many]));
  for (const one of many) expect(written.split(`"${one}":`)).toHaveLength(2);
});

test('64-bit times and durations are written digit by digit', () => {
  for (const [startNs, durationNs] of [
    [0n, 0n],
    [999_999_999n, 1n],
    [1_795_000_000_123_456_789n, 9_007_199_254_740_993n],
    [2n ** 63n - 1n, 2n ** 62n],
    [4_294_967_296_000_000_000n, 4_294_967_295n],
  ] as const) {
    const seed = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startNs, durationNs };
    const body = new BulkBody();
    new SpanEncoder(new Origins('r')).encode(spansRecord({ position: 0, receivedAt: 0 }, [seed], {}), body);
    const text = body.slice(0, 1).toString();
    expect(text).toContain(`"@timestamp":"${formatNs(startNs)}"`);
    expect(text).toContain(`"event.duration":${durationNs},`);
  }
});

test('the id of a span is its own, that of a log record or a point is its place in a record; both come out the same again', () => {
  const seed = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startNs: 1n, durationNs: 1n };
  const ids = (record: SpoolRecord, encoder: { encode(record: SpoolRecord, body: BulkBody): number }) =>
    encoded(record, encoder as SpanEncoder).actions.map(({ _id }) => _id);
  const origins = () => new Origins('r');
  for (const position of [0, 7]) {
    const spans = spansRecord({ position, receivedAt: position }, [seed], {});
    expect(ids(spans, new SpanEncoder(origins()))).toEqual([
      Buffer.from('ab'.repeat(16) + 'cd'.repeat(8), 'hex').toString('base64url'),
    ]);
  }
  const seeds: LogSeed[] = [
    { timeNs: 1n, body: 'a' },
    { timeNs: 1n, body: 'a' },
  ];
  const logs = (position: number, receivedAt: number) => logsRecord({ position, receivedAt }, seeds, {});
  const first = ids(logs(0, 1), new LogEncoder(origins()));
  expect(new Set(first).size).toBe(2);
  expect(ids(logs(0, 1), new LogEncoder(origins()))).toEqual(first);
  // Another record, or the first one of a spool that begins again.
  for (const other of [logs(5, 1), logs(0, 2)]) {
    expect(ids(other, new LogEncoder(origins())).filter((id) => first.includes(id))).toEqual([]);
  }
  const lines = statsdRecord({ position: 0, receivedAt: 1 }, ['a:1|c', 'b:2|ms', 'a:3|c']);
  const again = () => ids(lines, new MetricEncoder(origins()));
  expect(again()).toHaveLength(2);
  expect(again()).toEqual(again());
});

test('names in the data make no streams without end, and none outside the prefix', () => {
  const encoder = new LogEncoder(new Origins('ringdown'));
  const streams = new Set<string>();
  const hostile = ['../../_all', '_all', '*', '.kibana', 'a,b', 'UPPER', 'x'.repeat(10_000), '', 'ü"}\n{"delete":{}}'];
  const names = [...hostile, ...Array.from({ length: 1_000 }, (_, index) => `service-${index}`)];
  for (const [position, name] of names.entries()) {
    const resource = { 'service.name': name, 'deployment.environment.name': name };
    const record = logsRecord({ position, receivedAt: 1 }, [{ timeNs: 1n, body: 'one' }], resource);
    const { actions, documents } = encoded(record, encoder as unknown as SpanEncoder);
    expect(actions).toHaveLength(1);
    expect(actions[0]!._index).toMatch(
      /^logs-ringdown\.[^\\/*?"<>|,#:\s\p{Lu}-]{0,91}-[^\\/*?"<>|,#:\s\p{Lu}-]{1,100}$/u,
    );
    expect(documents[0]).toMatchObject({ 'service.name': name || 'unknown_service' });
    streams.add(actions[0]!._index);
  }
  expect(streams.size).toBe(201);
  expect(streams).toContain('logs-ringdown._others-_others');
});
