import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Question, Reader } from '../../monitoring/reader.ts';
import type { LogRow, RouteStats, SpanRow, Trace } from '../../monitoring/telemetry.ts';
import { gatherEvidence } from './evidence.ts';

const clock = new VirtualClock();
const request = { service: 'shop', traceId: 'a'.repeat(32), spanId: 'step000000000001' };

const span = (over: Partial<SpanRow>): SpanRow => ({
  trace_id: request.traceId,
  span_id: 'server0000000001',
  parent_span_id: request.spanId,
  name: 'POST /v1/posts',
  kind: 'server',
  service: 'shop',
  service_version: null,
  start_time: '2026-01-01T00:00:00.000000000Z',
  duration_ms: 3,
  status: 'error',
  status_message: null,
  attributes: { 'http.route': '/v1/posts', 'http.request.method': 'POST' },
  resource: {},
  events: [],
  ...over,
});

const log = (over: Partial<LogRow>): LogRow => ({
  time: '2026-01-01T00:00:00.000000000Z',
  level: 'error',
  message: 'request failed',
  service: 'shop',
  trace_id: request.traceId,
  span_id: 'server0000000001',
  exception: null,
  attributes: {},
  ...over,
});

function reader(trace: Omit<Trace, 'trace_id'> | null, routes: RouteStats[] = []): Reader {
  return {
    ask: (async (question: Question) =>
      question.ask === 'trace' ? trace && { trace_id: request.traceId, ...trace } : routes) as Reader['ask'],
  };
}

const gather = (source: Reader) => gatherEvidence(source, clock, request, new AbortController().signal);

describe('evidence of a failed request', () => {
  test("is the exception behind the request's first error log", async () => {
    const logs = [
      log({ level: 'warn', message: 'slow' }),
      log({ exception: { type: 'Error', message: 'no such column:\n author_id', stacktrace: null } }),
      log({ message: 'another' }),
    ];
    const evidence = await gather(reader({ spans: [span({})], logs }));
    expect(evidence.serverError).toBe('no such column: author_id');
  });

  test('leaves out errors that other requests of the same run logged', async () => {
    const spans = [span({}), span({ span_id: 'server0000000002', parent_span_id: 'step000000000002' })];
    const evidence = await gather(reader({ spans, logs: [log({ span_id: 'server0000000002' })] }));
    expect(evidence.serverError).toBeNull();
  });

  test("falls back to an exception recorded on a span below the server's", async () => {
    const inner = span({
      span_id: 'inner00000000001',
      parent_span_id: 'server0000000001',
      kind: 'internal',
      events: [{ time: '', name: 'exception', attributes: { 'exception.message': 'disk I/O error' } }],
    });
    expect((await gather(reader({ spans: [span({}), inner], logs: [] }))).serverError).toBe('disk I/O error');
  });

  test('counts what people met on the same route and method', async () => {
    const row = { service: 'shop', route: '/v1/posts', p50_ms: 1, p95_ms: 1, p99_ms: 1 };
    const routes = [
      { ...row, method: 'GET', count: 100, errors: 0 },
      { ...row, method: 'POST', count: 10, errors: 9 },
    ];
    const evidence = await gather(reader({ spans: [span({})], logs: [] }, routes));
    expect(evidence.realTraffic).toEqual({ route: 'POST /v1/posts', requests: 10, errors: 9 });
  });

  test('is nothing while the trace has not arrived', async () => {
    expect(await gather(reader(null))).toEqual({ serverError: null, realTraffic: null });
  });
});
