import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SpoolRecord } from '../../exporter.ts';
import { encodeLogs } from '../../otlp/encode-logs.ts';
import {
  type DecodedLog,
  type DecodedSpan,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  encodeJson,
  inspect,
} from '../../otlp/index.ts';
import { decodeStatsd } from '../../statsd/index.ts';
import type { Attributes, AttributeValue } from '../../telemetry.ts';
import {
  type LogSeed,
  logsRecord,
  malformedRecord,
  metricsRecord,
  type SpanSeed,
  spansRecord,
  statsdRecord,
} from '../../testing/payloads.ts';
import { createShape, type Shape } from './shape.ts';

const PLACED = { position: 7, receivedAt: 1 };
const RESOURCE = { 'service.name': 'shop' };

function shapeOf(settings: { filter?: object; redact?: readonly string[] }): Shape {
  const shape = createShape({ name: 'b', type: 'test', dataDir: '/nowhere', ...settings });
  if (!shape) throw new Error('there is nothing to shape');
  return shape;
}

function span(more: Partial<SpanSeed> = {}): SpanSeed {
  return { traceId: `${'0'.repeat(31)}1`, spanId: '00000000000000aa', startNs: 1n, durationNs: 1n, ...more };
}

const spansOf = (record: SpoolRecord | undefined): DecodedSpan[] => (record ? decodeTraces(record.bytes) : []);
const logsOf = (record: SpoolRecord | undefined): DecodedLog[] => (record ? decodeLogs(record.bytes) : []);
/** The last 14 digits are what is compared. */
const traceId = (random: string) => `4bf92f3577b34da6a3${random}`;
const LOW = traceId('00000000000001');
const HIGH = traceId('ffffffffffffff');

test('without filter and redaction there is nothing to do, and what changes nothing costs no copy', () => {
  expect(createShape({ name: 'b', type: 'test', dataDir: '/nowhere' })).toBeUndefined();
  const record = spansRecord(PLACED, [span({ traceId: HIGH })], RESOURCE);
  const { records } = shapeOf({ filter: { sample: 0.5, min_level: 'info' }, redact: ['user.email'] })([record]);
  expect(records[0]).toBe(record);
});

test('errors and scenarios stay whatever is sampled; the rest goes by the trace id', () => {
  const seeds: Record<string, SpanSeed> = {
    sampled: span({ traceId: HIGH }),
    unsampled: span({ traceId: LOW }),
    'status error': span({ traceId: LOW, status: 2 }),
    'http 500': span({ traceId: LOW, attributes: { 'http.response.status_code': 500 } }),
    'http 499': span({ traceId: LOW, attributes: { 'http.response.status_code': 499 } }),
    'older http 503': span({ traceId: LOW, attributes: { 'http.status_code': '503' } }),
    scenario: span({ traceId: traceId('00000000000002'), attributes: { 'user_agent.synthetic.type': 'test' } }),
    'child of scenario': span({ traceId: traceId('00000000000002'), kind: 3 }),
  };
  const named = Object.entries(seeds).map(([name, seed]) => ({ ...seed, name }));
  const { records, filtered } = shapeOf({ filter: { sample: 0.5 } })([spansRecord(PLACED, named, RESOURCE)]);
  expect(spansOf(records[0]).map(({ name }) => name)).toEqual([
    'sampled',
    'status error',
    'http 500',
    'older http 503',
    'scenario',
    'child of scenario',
  ]);
  expect(filtered).toEqual({ traces: 2, metrics: 0, logs: 0 });
});

test('logs follow their trace; errors, scenarios and those without a trace stay', () => {
  const seeds: LogSeed[] = [
    { timeNs: 1n, body: 'sampled', severityNumber: 9, traceId: HIGH },
    { timeNs: 1n, body: 'unsampled', severityNumber: 9, traceId: LOW },
    { timeNs: 1n, body: 'error', severityNumber: 17, traceId: LOW },
    { timeNs: 1n, body: 'error in words', severityText: 'ERROR', traceId: LOW },
    { timeNs: 1n, body: 'worse in words', severityText: 'CRITICAL', traceId: LOW },
    { timeNs: 1n, body: 'no trace', severityNumber: 9 },
    { timeNs: 1n, body: 'scenario', traceId: LOW, attributes: { 'user_agent.synthetic.type': 'test' } },
    { timeNs: 1n, body: 'debug', severityNumber: 5, traceId: HIGH },
  ];
  const { records, filtered } = shapeOf({ filter: { sample: 0.5, min_level: 'info' } })([
    logsRecord(PLACED, seeds, RESOURCE),
  ]);
  expect(logsOf(records[0]).map(({ body }) => body)).toEqual([
    'sampled',
    'error',
    'error in words',
    'worse in words',
    'no trace',
    'scenario',
  ]);
  expect(filtered.logs).toBe(2);
});

test('what Ringdown itself tells of runs, incidents and deployments is never left out', () => {
  const shape = shapeOf({ filter: { sample: 0, min_level: 'fatal' } });
  const blank = { timeNs: 1n, severityText: '', spanId: '', attributes: {}, resource: {}, scopeName: '' };
  const named = (eventName: string) => ({ ...blank, severityNumber: 9, body: eventName, traceId: LOW, eventName });
  const bytes = encodeLogs([named('ringdown.incident'), named('other')]);
  const { records } = shape([{ ...PLACED, signal: 'logs', encoding: 'otlp', items: 2, bytes }]);
  expect(logsOf(records[0]).map(({ body }) => body)).toEqual(['ringdown.incident']);
});

test('a share keeps as many traces as it says, and a smaller one keeps a part of them', () => {
  const random = fc.sample(fc.bigInt(0n, 2n ** 56n - 1n), { numRuns: 1_000, seed: 5 });
  const ids = random.map((low) => traceId(low.toString(16).padStart(14, '0')));
  // Uniform, which fast-check's numbers are not.
  const uniform = ids.map((_, index) => traceId(((BigInt(index) * 2n ** 56n) / 1_000n).toString(16).padStart(14, '0')));
  const kept = (sample: number, from: string[]) => {
    const seeds = from.map((id) => span({ traceId: id }));
    const { records } = shapeOf({ filter: { sample } })([spansRecord(PLACED, seeds, RESOURCE)]);
    return new Set(spansOf(records[0]).map((each) => each.traceId));
  };
  expect(Math.abs(kept(0.2, uniform).size - 200)).toBeLessThanOrEqual(1);
  expect(kept(0, uniform).size).toBe(0);
  const [many, few] = [kept(0.6, ids), kept(0.1, ids)];
  for (const id of few) expect(many.has(id)).toBe(true);
});

test('routes and metrics that are left out are left out, unless a request failed', () => {
  const health = { 'http.route': '/healthz' };
  const seeds = [
    span({ name: 'health', attributes: health }),
    span({ name: 'failing health', attributes: { ...health, 'http.response.status_code': 503 } }),
    span({ name: 'client', kind: 3, attributes: health }),
    span({ name: 'other', attributes: { 'http.route': '/healthzz' } }),
    span({ name: 'inner', attributes: { 'http.route': '/internal/a/b' } }),
  ];
  const shape = shapeOf({
    filter: { exclude_routes: ['/healthz', '/internal/*'], exclude_metrics: ['debug.*', '*.tmp'] },
  });
  const metrics = metricsRecord(
    PLACED,
    ['debug.a', 'kept', 'x.tmp'].map((name) => ({ name, type: 'gauge' as const, timeNs: 1n, value: 1 })),
    RESOURCE,
  );
  const lines = ['debug.a:1|c', 'kept:1|c|#a:b', 'x.tmp:3|s', 'nonsense'];
  const { records, filtered } = shape([spansRecord(PLACED, seeds, RESOURCE), metrics, statsdRecord(PLACED, lines)]);
  expect(spansOf(records[0]).map(({ name }) => name)).toEqual(['failing health', 'client', 'other']);
  expect(decodeMetrics(records[1]!.bytes).map(({ name }) => name)).toEqual(['kept']);
  expect(Buffer.from(records[2]!.bytes).toString()).toBe('kept:1|c|#a:b\nnonsense');
  expect(filtered).toEqual({ traces: 2, metrics: 4, logs: 0 });
});

test('a signal that is not wanted never reaches the exporter', () => {
  const { records, filtered } = shapeOf({ filter: { signals: ['logs'] } })([
    spansRecord(PLACED, [span(), span()], RESOURCE),
    statsdRecord(PLACED, ['a:1|c']),
    logsRecord(PLACED, [{ timeNs: 1n, body: 'x' }], RESOURCE),
  ]);
  expect(records.map(({ signal }) => signal)).toEqual(['logs']);
  expect(filtered).toEqual({ traces: 2, metrics: 1, logs: 0 });
});

test('redaction reaches every place that has attributes, and maps inside values and bodies', () => {
  const shape = shapeOf({ redact: ['user.email', 'http.request.header.*', 'password'] });
  const secret = 'hunter2';
  const attributes = {
    'user.email': secret,
    'http.request.header.cookie': [secret],
    user: { email: secret, name: 'kim', deeper: [{ password: secret }] },
    plain: 'stays',
  };
  const records = [
    spansRecord(PLACED, [span({ attributes, events: [{ timeNs: 1n, name: 'e', attributes: { password: secret } }] })], {
      ...RESOURCE,
      'user.email': secret,
    }),
    logsRecord(PLACED, [{ timeNs: 1n, body: { password: secret, text: 'stays' }, attributes }], RESOURCE),
    metricsRecord(PLACED, [{ name: 'm', type: 'sum', timeNs: 1n, value: 3, attributes }], RESOURCE),
    statsdRecord(PLACED, [`a:1|c|#user.email:${secret},b:c`, `set:password|s|#password:${secret},flag`]),
  ];
  const shaped = shape(records).records;
  for (const { bytes } of shaped) expect(Buffer.from(bytes).includes(secret)).toBe(false);
  const expected = {
    'user.email': '[redacted]',
    'http.request.header.cookie': '[redacted]',
    user: { email: '[redacted]', name: 'kim', deeper: [{ password: '[redacted]' }] },
    plain: 'stays',
  };
  const [first] = spansOf(shaped[0]);
  expect(plain(first!.attributes)).toEqual(expected);
  expect(plain(first!.resource)).toEqual({ ...RESOURCE, 'user.email': '[redacted]' });
  expect(plain(first!.events[0]!.attributes)).toEqual({ password: '[redacted]' });
  expect(plain(logsOf(shaped[1])[0]!.body)).toEqual({ password: '[redacted]', text: 'stays' });
  expect(plain(decodeMetrics(shaped[2]!.bytes)[0]!.attributes)).toEqual(expected);
  expect(decodeStatsd(shaped[3]!.bytes).map(({ tags, member }) => [{ ...tags }, member])).toEqual([
    [{ 'user.email': '[redacted]', b: 'c' }, ''],
    [{ password: '[redacted]', flag: '' }, 'password'],
  ]);
  // Once more changes nothing: a dead letter that is replayed keeps its bytes.
  expect(shape(shaped).records).toEqual(shaped);
});

test('redaction reaches links, scopes, exemplars, metadata and bodies that are the text of a JSON object', () => {
  const secret = 'hunter2';
  const attributes = [{ key: 'password', value: { stringValue: secret } }];
  const ids = { traceId: HIGH, spanId: 'cd'.repeat(8) };
  const scope = { name: 'scope', attributes };
  const dataPoints = [{ timeUnixNano: '1', asInt: '1', exemplars: [{ filteredAttributes: attributes, asInt: '1' }] }];
  const text = `{"level":30,"n":12345678901234567890.10,"password":"${secret}","user":{"email":["${secret}"]},"list":[{"password":1}]}`;
  const deep = `{"a":${'['.repeat(1_000)}{"password":"${secret}"}${']'.repeat(1_000)}}`;
  const bodies = [text, deep, `no JSON: ${secret}`, '{"plain": 1.0}'];
  const records = [
    encodeJson('traces', {
      resourceSpans: [{ scopeSpans: [{ scope, spans: [{ ...ids, name: 's', links: [{ ...ids, attributes }] }] }] }],
    }),
    encodeJson('metrics', {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', metadata: attributes, gauge: { dataPoints } }] }] }],
    }),
    encodeJson('logs', {
      resourceLogs: [{ scopeLogs: [{ logRecords: bodies.map((body) => ({ body: { stringValue: body } })) }] }],
    }),
  ].map((bytes, index): SpoolRecord => {
    const signal = (['traces', 'metrics', 'logs'] as const)[index]!;
    return { ...PLACED, signal, encoding: 'otlp', items: index === 2 ? bodies.length : 1, bytes };
  });
  const { records: shaped, refused } = shapeOf({ redact: ['password', 'user.email', 'raw*'] })(records);
  expect(refused).toEqual([]);
  for (const { bytes } of shaped.slice(0, 2)) expect(Buffer.from(bytes).includes(secret)).toBe(false);
  expect(logsOf(shaped[2]).map(({ body }) => body)).toEqual([
    '{"level":30,"n":12345678901234567890.10,"password":"[redacted]","user":{"email":"[redacted]"},"list":[{"password":"[redacted]"}]}',
    '[redacted]',
    // A text is no attribute: who writes secrets into sentences must be found where they are written.
    `no JSON: ${secret}`,
    '{"plain": 1.0}',
  ]);
});

test('a record that cannot be read is refused and kept, its neighbours go on', () => {
  const bad = malformedRecord({ position: 1, receivedAt: 1 }, 'traces', 9);
  const good = spansRecord(PLACED, [span({ traceId: HIGH })], RESOURCE);
  const { records, refused, filtered } = shapeOf({ filter: { sample: 0.5 } })([bad, good]);
  expect(records).toEqual([good]);
  expect(refused).toEqual([{ record: bad, reasons: new Map([[expect.stringContaining('cannot be read'), 9]]) }]);
  expect(filtered.traces).toBe(0);
});

test('whatever the settings and the spans: kept and filtered are all, and what is kept is unchanged but for redaction', () => {
  const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'secret'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  const key = fc.constantFrom(
    'http.route',
    'http.response.status_code',
    'user_agent.synthetic.type',
    'secret',
    'other',
  );
  const attributes: fc.Arbitrary<Attributes> = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true });
  const spans = fc.array(
    fc.record({
      traceId: fc.constantFrom(LOW, HIGH, traceId('80000000000000')),
      kind: fc.constantFrom(1, 2, 3),
      status: fc.constantFrom(0, 1, 2),
      attributes,
    }),
    { minLength: 1, maxLength: 12 },
  );
  const settings = fc.record({
    filter: fc.record({
      sample: fc.constantFrom(0, 0.3, 0.7, 1),
      exclude_routes: fc.constantFrom([], ['*'], ['a*b']),
    }),
    redact: fc.constantFrom([], ['secret'], ['*cre*', 'a']),
  });
  fc.assert(
    fc.property(spans, settings, (seeds, given) => {
      const numbered = seeds.map((seed, index) => span({ ...seed, name: `span ${index}` }));
      const record = spansRecord(PLACED, numbered, RESOURCE);
      const shape = shapeOf(given);
      const { records, filtered } = shape([record]);
      const before = spansOf(record);
      const after = spansOf(records[0]);
      expect(after.length + filtered.traces).toBe(before.length);
      expect(records[0]?.items ?? 0).toBe(after.length);
      if (records[0]) expect(inspect('traces', records[0].bytes)).toMatchObject({ items: after.length, invalid: 0 });
      for (const each of after) {
        const origin = before.find(({ name }) => name === each.name)!;
        expect(plain(each)).toEqual(redacted(plain(origin), given.redact));
      }
      for (const each of before) if (each.statusCode === 2) expect(after.map(({ name }) => name)).toContain(each.name);
      expect(shape(records).records).toEqual(records);
    }),
    { numRuns: 300, seed: 20261123 },
  );
});

test('damaged bytes are booked all the same, and never stop it', () => {
  const shape = shapeOf({ filter: { sample: 0.3, exclude_routes: ['*'], exclude_metrics: ['m*'] }, redact: ['a*'] });
  const attributes = { 'http.route': '/a', a: 'b', map: { a: [1] } };
  const sound = [
    spansRecord(PLACED, [span({ traceId: LOW, attributes }), span({ traceId: HIGH, attributes })], RESOURCE),
    logsRecord(PLACED, [{ timeNs: 1n, body: attributes, traceId: LOW, attributes }], RESOURCE),
    metricsRecord(PLACED, [{ name: 'm', type: 'sum', timeNs: 1n, value: 1, attributes }], RESOURCE),
    statsdRecord(PLACED, ['a:1|c|#a:b', 'm.x:3|ms']),
  ];
  const place = fc.record({
    which: fc.nat(3),
    at: fc.nat(),
    flip: fc.integer({ min: 1, max: 255 }),
    cut: fc.boolean(),
  });
  fc.assert(
    fc.property(place, ({ which, at, flip, cut }) => {
      const record = sound[which]!;
      const bytes = Buffer.from(record.bytes);
      bytes[at % bytes.length]! ^= flip;
      const damaged = { ...record, bytes: cut ? bytes.subarray(0, at % bytes.length) : bytes };
      const { records, filtered, refused } = shape([damaged]);
      const kept = records.reduce((sum, { items }) => sum + items, 0);
      const left = filtered.traces + filtered.metrics + filtered.logs;
      expect(kept + left + (refused.length > 0 ? record.items : 0)).toBe(record.items);
    }),
    { numRuns: 2_000, seed: 3 },
  );
});

test('settings that mean nothing are refused, all at once', () => {
  const filter = { signals: ['spans'], sample: 2, min_level: 'loud', exclude_routes: '/a', speed: 1 };
  let message = '';
  try {
    shapeOf({ filter, redact: [''] });
  } catch (error) {
    message = (error as Error).message;
  }
  for (const key of ['redact', 'signals', 'sample', 'min_level', 'exclude_routes', 'speed'])
    expect(message).toContain(key);
});

/** Without the prototypes and big numbers that comparisons stumble on. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)));
}

/** What redaction should make of a decoded span, by another way. */
function redacted<T>(value: T, patterns: readonly string[]): T {
  const matches = (name: string) =>
    patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 's').test(name));
  const inMap = (map: Attributes, path: string): Attributes =>
    Object.fromEntries(
      Object.entries(map).map(([name, each]) => {
        const whole = path === '' ? name : `${path}.${name}`;
        return [name, matches(name) || matches(whole) ? '[redacted]' : inValue(each, whole)];
      }),
    );
  const inValue = (each: AttributeValue, path: string): AttributeValue =>
    Array.isArray(each)
      ? each.map((item) => inValue(item, path))
      : typeof each === 'object' && each !== null
        ? inMap(each, path)
        : each;
  const { attributes, resource, ...rest } = value as DecodedSpan;
  return { ...rest, attributes: inMap(attributes, ''), resource: inMap(resource, '') } as T;
}
