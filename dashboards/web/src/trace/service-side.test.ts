import { describe, expect, test } from '@jest/globals';
import type { LogRow, SpanRow, Trace } from '../../../../control/resources.ts';
import { serviceSideOf } from './service-side.ts';

const span = (span_id: string, parent_span_id: string | null, kind: SpanRow['kind']) =>
  ({ span_id, parent_span_id, kind, start_time: '2026-11-23T12:00:00Z', duration_ms: 1 }) as unknown as SpanRow;
const log = (span_id: string) => ({ span_id, time: '1' }) as unknown as LogRow;
const trace = (spans: SpanRow[], logs: LogRow[] = []): Trace => ({ trace_id: 't', spans, logs });

describe("the service's side of a request", () => {
  const earlier = [span('c1', null, 'client'), span('s1', 'c1', 'server')];
  const failing = [span('c2', null, 'client'), span('s2', 'c2', 'server'), span('q2', 's2', 'internal')];

  test('an earlier step of the run says nothing about the one that failed', () => {
    const arrived = trace([...earlier, failing[0]!], [log('s1')]);
    expect(serviceSideOf(arrived, 'c2')).toBe('nothing');
    expect(serviceSideOf(arrived, null)).toBe('spans_and_logs');
  });

  test('spans may be here before the logs', () => {
    expect(serviceSideOf(trace([...earlier, ...failing], [log('s1')]), 'c2')).toBe('spans');
    expect(serviceSideOf(trace([...earlier, ...failing], [log('q2')]), 'c2')).toBe('spans_and_logs');
  });

  test("the watcher's own spans are not needed, and are not enough", () => {
    expect(serviceSideOf(trace([failing[1]!], [log('s2')]), 'c2')).toBe('spans_and_logs');
    expect(serviceSideOf(trace([failing[0]!]), 'c2')).toBe('nothing');
    expect(serviceSideOf(null, 'c2')).toBe('nothing');
  });
});
