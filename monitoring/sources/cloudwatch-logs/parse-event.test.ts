import { describe, expect, test } from '@jest/globals';
import { type DecodedLog, decodeLogs, encodeLogs } from '../../otlp/index.ts';
import { EventParser } from './parse-event.ts';

const TRACE = '5759e988bd862e3fe1be46a994272793';
const REQUEST = '8f507cfc-4d6e-4a4c-9c1b-0a1b2c3d4e5f';
const AT_MS = 1_790_000_000_123;

/** Through the wire and back: what a backend is given. */
function read(message: string): DecodedLog {
  const parser = new EventParser({
    service: 'shop',
    environment: 'prod',
    logGroup: '/aws/lambda/shop',
    region: 'eu-west-1',
  });
  const event = { eventId: '371', timestamp: AT_MS, message, logStreamName: '2026/11/23/[$LATEST]abc' };
  return decodeLogs(encodeLogs([parser.parse(event)]))[0]!;
}

describe('an event of a log group as a log record', () => {
  test('ECS, nested or with dots', () => {
    const nested = {
      '@timestamp': '2026-11-23T10:00:00.123456789Z',
      log: { level: 'error' },
      message: 'no such column',
      service: { name: 'billing', version: '4.12', environment: 'staging' },
      trace: { id: TRACE },
      span: { id: '53995c3f42cd8ad8' },
      error: { type: 'SqliteError', message: 'no such column: author_id', stack_trace: 'at x' },
      http: { request: { method: 'POST' } },
    };
    const dotted = {
      '@timestamp': nested['@timestamp'],
      'log.level': 'error',
      message: 'no such column',
      'service.name': 'billing',
      'service.version': '4.12',
      'service.environment': 'staging',
      'trace.id': TRACE,
      'span.id': '53995c3f42cd8ad8',
      'error.type': 'SqliteError',
      'error.message': 'no such column: author_id',
      'error.stack_trace': 'at x',
      'http.request.method': 'POST',
    };
    const log = read(JSON.stringify(nested));
    expect(read(JSON.stringify(dotted))).toEqual(log);
    expect(log).toMatchObject({
      timeNs: BigInt(Date.UTC(2026, 10, 23, 10)) * 1_000_000n + 123_456_789n,
      severityNumber: 17,
      body: 'no such column',
      traceId: TRACE,
      spanId: '53995c3f42cd8ad8',
    });
    expect({ ...log.attributes }).toEqual({
      'http.request.method': 'POST',
      'exception.type': 'SqliteError',
      'exception.message': 'no such column: author_id',
      'exception.stacktrace': 'at x',
      'log.record.uid': '371',
      'aws.log.stream.names': ['2026/11/23/[$LATEST]abc'],
    });
    expect(log.resource).toMatchObject({
      'service.name': 'billing',
      'service.version': '4.12',
      'deployment.environment.name': 'staging',
      'cloud.region': 'eu-west-1',
      'aws.log.group.names': ['/aws/lambda/shop'],
    });
  });

  test.each([
    [
      'pino',
      { level: 50, time: AT_MS, pid: 7, msg: 'slow', err: { type: 'Error', message: 'boom', stack: 'at y' } },
      17,
      'slow',
    ],
    [
      'Lambda in JSON',
      { timestamp: '2026-11-23T10:00:00.123Z', level: 'WARN', requestId: REQUEST, message: 'careful' },
      13,
      'careful',
    ],
    [
      'Lambda, an error',
      { level: 'ERROR', errorType: 'TypeError', errorMessage: 'x is undefined', stackTrace: ['at a', 'at b'] },
      17,
      'x is undefined',
    ],
    [
      'the platform',
      { time: '2026-11-23T10:00:00.123Z', type: 'platform.report', record: { requestId: REQUEST } },
      0,
      'platform.report',
    ],
  ])('%s', (_name, document, severityNumber, body) => {
    expect(read(JSON.stringify(document))).toMatchObject({ severityNumber, body });
  });

  test("Lambda's text, with X-Ray's trace", () => {
    const node = read(
      `2026-11-23T10:00:00.123Z\t${REQUEST}\tERROR\tInvoke Error \t{"errorType":"TypeError","errorMessage":"x is \\"y\\""}\n`,
    );
    expect(node).toMatchObject({
      severityNumber: 17,
      timeNs: BigInt(Date.UTC(2026, 10, 23, 10, 0, 0, 123)) * 1_000_000n,
    });
    expect(node.attributes).toMatchObject({ 'faas.invocation_id': REQUEST, 'exception.type': 'TypeError' });
    expect(read(`[WARNING]\t2026-11-23T10:00:00.123Z\t${REQUEST}\tcareful`)).toMatchObject({
      severityNumber: 13,
      body: 'careful',
    });
    const python = read("[ERROR] KeyError: 'id'\nTraceback (most recent call last):\n  File x");
    expect(python).toMatchObject({ severityNumber: 17, body: "KeyError: 'id'" });
    const report = read(
      `REPORT RequestId: ${REQUEST}\tDuration: 3.45 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 77 MB\t\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 53995c3f42cd8ad8\tSampled: true\n`,
    );
    expect(report).toMatchObject({ traceId: TRACE, spanId: '53995c3f42cd8ad8', severityNumber: 9 });
    expect(report.attributes).toMatchObject({ 'aws.lambda.duration_ms': 3.45, 'aws.lambda.max_memory_mb': 77 });
  });

  test.each([
    ['plain words', 'just words\n', 'just words'],
    ['nothing', '', ''],
    ['half of JSON', '{"message": "cut', '{"message": "cut'],
    ['JSON that is no object', '[1, 2]', '[1, 2]'],
    ['JSON with no message', '{"a":1}', '{"a":1}'],
    ['fields of the wrong kind', '{"message":"m","level":{"a":[1]},"time":"soon","trace_id":"zz","service":7}', 'm'],
    ['an inherited name', '{"__proto__":{"message":"x"},"message":"m","level":"constructor"}', 'm'],
    ['very deep', `{"message":"m","a":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`, 'm'],
  ])('%s is kept as it stands', (_name, message, body) => {
    const log = read(message);
    expect(log).toMatchObject({ body, severityNumber: 0, traceId: '', timeNs: BigInt(AT_MS) * 1_000_000n });
    expect(log.resource['service.name']).toBe('shop');
    expect(({} as { message?: string }).message).toBeUndefined();
  });
});
