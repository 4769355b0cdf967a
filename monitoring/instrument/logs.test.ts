import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import Fastify from 'fastify';
import pino from 'pino';
import { ecsLogger } from './index.ts';
import { writeLogRecord } from './logs/log-record.ts';
import { watchLines } from './logs/pino-stream.ts';
import { ProtobufWriter } from './protobuf/writer.ts';
import { type ObservedApp, observe } from './testing/observed-app.ts';
import { decode, hex, plain, plainAttributes } from './testing/otlp-schema.ts';

let observed: ObservedApp | undefined;
afterEach(async () => {
  await observed?.finish();
  observed = undefined;
});

function recordOf(line: string) {
  const record = new ProtobufWriter(0);
  writeLogRecord(record, line, undefined, 1_700_000_000_000);
  const writer = new ProtobufWriter(0);
  writer.byte(0x0a);
  const outer = writer.open();
  writer.byte(0x12);
  const inner = writer.open();
  writer.raw(record.finish());
  writer.close(inner);
  writer.close(outer);
  const [decoded] = decode('LogsRequest', writer.finish()).resource_logs[0]?.scope_logs[0]?.log_records ?? [];
  return decoded!;
}

describe('lines of a request', () => {
  test.each([
    ['pino’s own names', { level: 'info' }],
    ['ECS names', ecsLogger({ serviceName: 'shop' })],
  ])('leave as log records of its span, with %s', async (_names, logger) => {
    observed = await observe(
      (app) => {
        app.get('/', async (request) => {
          request.log.warn({ order: 7, nested: { a: [1] } }, 'low stock');
          app.log.info('from the app’s own logger');
          throw new RangeError('no such column');
        });
      },
      { logger },
    );
    await fetch(observed.url);
    await observed.app.close();
    const { spans, logs } = observed.collector;
    const [span] = spans;
    const said = (body: string) => logs.find((log) => log.body === body);
    expect(said('low stock')).toMatchObject({
      traceId: span?.traceId,
      spanId: span?.spanId,
      level: 'warn',
      wire: { severity_number: 13 },
      attributes: { order: 7n, nested: { a: [1n] } },
    });
    expect(said('from the app’s own logger')).toMatchObject({ traceId: span?.traceId, spanId: span?.spanId });
    expect(said('no such column')).toMatchObject({
      spanId: span?.spanId,
      level: 'error',
      attributes: {
        'exception.type': 'RangeError',
        'exception.message': 'no such column',
        'exception.stacktrace': expect.stringContaining('logs.test.ts'),
      },
    });
    expect(said('request completed')?.spanId).toBe(span?.spanId);
    expect(said('incoming request')?.spanId).toBe(span?.spanId);
  });

  test('say that they are a scenario’s, and only then', async () => {
    observed = await observe(
      (app) => {
        app.get('/', async (request) => {
          request.log.info('of the request');
          app.log.info('of the app');
          return {};
        });
      },
      { logger: true },
    );
    await fetch(observed.url, { headers: { 'user-agent': 'ringdown/0' } });
    await fetch(observed.url);
    await observed.app.close();
    const { spans, logs } = observed.collector;
    const scenario = spans.find((span) => span.attributes['user_agent.synthetic.type'] === 'test')!;
    expect(logs.filter(({ traceId }) => traceId === scenario.traceId)).toHaveLength(4);
    for (const { traceId, attributes } of logs) {
      const expected = traceId === scenario.traceId ? 'test' : undefined;
      expect(attributes['user_agent.synthetic.type']).toBe(expected);
    }
  });

  test('carry the ids of the trace wherever the app writes them, in ECS names', async () => {
    observed = await observe(
      (app) =>
        void app.get('/', async (request) => {
          request.log.info('hello');
          throw Object.assign(new Error('bad'), { code: 'E_BAD' });
        }),
      { logger: ecsLogger({ serviceName: 'shop', serviceVersion: '1', environment: 'test' }) },
    );
    await fetch(observed.url, { headers: { authorization: 'Bearer canary' } });
    await observed.app.close();
    const [span] = observed.collector.spans;
    const line = observed.lines.find(({ message }) => message === 'hello');
    expect(line).toMatchObject({
      '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      'log.level': 'info',
      'service.name': 'shop',
      'service.version': '1',
      'service.environment': 'test',
      'trace.id': span?.traceId,
      'span.id': span?.spanId,
    });
    expect(observed.lines.find(({ message }) => message === 'incoming request')).toMatchObject({
      'http.request.method': 'GET',
      'url.path': '/',
      'client.address': '127.0.0.1',
    });
    expect(observed.lines.find((each) => 'error.type' in each)).toMatchObject({
      'error.type': 'Error',
      'error.message': 'bad',
      'error.code': 'E_BAD',
      'error.stack_trace': expect.stringContaining('Error: bad'),
    });
    expect(JSON.stringify(observed.lines)).not.toContain('canary');
  });

  test('are sent as redaction left them', async () => {
    observed = await observe(
      (app) =>
        void app.get('/', async (request) => {
          request.log.info({ password: 'canary' }, 'signing in');
          return {};
        }),
      { logger: { redact: ['password'] } },
    );
    await fetch(observed.url);
    await observed.app.close();
    const { logs } = observed.collector;
    expect(logs.find(({ body }) => body === 'signing in')?.attributes.password).toBe('[Redacted]');
  });
});

test('an app without a logger is left without one', async () => {
  observed = await observe((app) => void app.get('/', async () => ({})));
  await fetch(observed.url);
  await observed.app.close();
  expect(observed.collector.logs).toEqual([]);
  expect(observed.collector.spans).toHaveLength(1);
});

test('a destination keeps working as it did: multistream levels, flush, and after the watch ended', () => {
  const errors: string[] = [];
  const all: string[] = [];
  const streams = pino.multistream([
    { level: 'error', stream: { write: (line: string) => void errors.push(line) } },
    { level: 'info', stream: { write: (line: string) => void all.push(line) } },
  ]);
  const logger = pino({}, streams);
  const seen: string[] = [];
  const stop = watchLines(logger, (line) => seen.push(line));
  logger.child({ a: 1 }).info('one');
  logger.error('two');
  logger.flush();
  expect([errors.length, all.length, seen.length]).toEqual([1, 2, 2]);
  stop?.();
  logger.info('three');
  expect([all.length, seen.length]).toEqual([3, 2]);
});

describe('a log record', () => {
  test('is made of any line whatever', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (line) => {
        expect(recordOf(line).observed_time_unix_nano).toBe('1700000000000000000');
      }),
    );
  });

  test('keeps a line that is not JSON as its body', () => {
    const record = recordOf('listening on 8080\n');
    expect(plain(record.body)).toBe('listening on 8080');
    expect(record.severity_text).toBeUndefined();
  });

  test.each([
    [10, 'trace', 1],
    [20, 'debug', 5],
    [35, 'info', 9],
    [60, 'fatal', 21],
    ['error', 'error', 17],
  ])('of level %p is %s', (level, text, severity) => {
    expect(recordOf(JSON.stringify({ level, msg: 'm' }))).toMatchObject({
      severity_text: text,
      severity_number: severity,
    });
  });

  test('takes time, trace and exception from the line', () => {
    const record = recordOf(
      JSON.stringify({
        level: 50,
        time: 1_600_000_000_001,
        pid: 1,
        hostname: 'h',
        msg: 'failed',
        'trace.id': 'a'.repeat(32),
        'span.id': 'b'.repeat(16),
        err: { type: 'TypeError', message: 'no', stack: 'TypeError: no\n at x' },
      }),
    );
    expect(record.time_unix_nano).toBe('1600000000001000000');
    expect([hex(record.trace_id), hex(record.span_id)]).toEqual(['a'.repeat(32), 'b'.repeat(16)]);
    expect(plainAttributes(record.attributes)).toEqual({
      'exception.type': 'TypeError',
      'exception.message': 'no',
      'exception.stacktrace': 'TypeError: no\n at x',
    });
  });
});

test('ecsLogger is what Fastify’s own types take for a logger', async () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const app = Fastify({ logger: { ...ecsLogger({ serviceName: 'shop', redact: ['card'] }), stream } });
  Fastify({ logger: ecsLogger() });
  app.log.info({ card: '4111' }, 'paid');
  await app.close();
  expect(JSON.parse(lines[0]!)).toMatchObject({ 'log.level': 'info', card: '[Redacted]' });
});
