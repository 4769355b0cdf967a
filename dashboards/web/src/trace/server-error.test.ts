import { describe, expect, test } from '@jest/globals';
import type { LogRow, SpanRow } from '../../../../control/resources.ts';
import { serverErrorOf } from './server-error.ts';

const span = (span_id: string, parent_span_id: string | null, kind: SpanRow['kind'], more: Partial<SpanRow> = {}) =>
  ({
    span_id,
    parent_span_id,
    kind,
    start_time: '2026-11-23T12:00:00.000Z',
    duration_ms: 1,
    status: 'unset',
    status_message: null,
    events: [],
    ...more,
  }) as unknown as SpanRow;
const exception = (message: string) => ({
  events: [
    { time: '', name: 'exception', attributes: { 'exception.type': 'SqliteError', 'exception.message': message } },
  ],
});
const log = (span_id: string, level: LogRow['level'], message: string) =>
  ({ span_id, level, message, time: '1', exception: null }) as unknown as LogRow;
const request = [span('c', null, 'client'), span('s', 'c', 'server')];

describe("the server's own error", () => {
  test('an exception comes before a log, and another request does not count', () => {
    const spans = [
      ...request,
      span('q', 's', 'internal', exception('no such column')),
      span('x', null, 'server', exception('other')),
    ];
    expect(serverErrorOf({ trace_id: '', spans, logs: [log('s', 'error', 'could not write')] }, 'c')).toBe(
      'SqliteError: no such column',
    );
  });

  test('an error log says it where no exception was recorded', () => {
    const logs = [log('s', 'info', 'POST 500'), log('s', 'error', 'could not write')];
    expect(serverErrorOf({ trace_id: '', spans: request, logs }, 'c')).toBe('could not write');
  });

  test("the watcher's own network error is not the server's", () => {
    const spans = [
      span('c', null, 'client', { ...exception('ECONNREFUSED'), status: 'error', status_message: 'refused' }),
    ];
    expect(serverErrorOf({ trace_id: '', spans, logs: [] }, 'c')).toBeNull();
  });

  test('an endless one is cut: the whole of it stands in the trace', () => {
    const text = serverErrorOf({ trace_id: '', spans: request, logs: [log('s', 'error', 'x'.repeat(3_000))] }, 'c');
    expect(text).toBe(`${'x'.repeat(500)}…`);
  });
});
