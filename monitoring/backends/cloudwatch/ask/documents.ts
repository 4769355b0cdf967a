import type { Attributes, LogRow, SpanRow, TraceSummary } from '../../../telemetry.ts';

/** An event as encode/ wrote it. */
export interface EventDocument {
  signal: 'span' | 'log' | 'metric';
  event_id: string;
  time: string;
  at_ms: number;
  service: string;
  environment: string;
  service_version?: string;
  trace_id?: string;
  span_id?: string;
  parent_span_id?: string;
  name?: string;
  kind?: SpanRow['kind'];
  duration_ms?: number;
  status?: SpanRow['status'];
  status_message?: string;
  http_route?: string;
  http_status?: number;
  failed?: number;
  erroneous?: number;
  synthetic?: number;
  level?: LogRow['level'];
  severity?: number;
  message?: string;
  error_type?: string;
  error_message?: string;
  error_stack?: string;
  attributes?: Attributes;
  resource?: Attributes;
  events?: SpanRow['events'];
}

/** @returns undefined for an event that is not of ours: other things may write to the group */
export function readDocument(message: string | undefined): EventDocument | undefined {
  if (message === undefined) return undefined;
  try {
    const document = JSON.parse(message) as EventDocument;
    return typeof document?.event_id === 'string' && typeof document.at_ms === 'number' ? document : undefined;
  } catch {
    return undefined;
  }
}

/** What was sent again after a lost answer is there twice. */
export function withoutRepeats(documents: readonly EventDocument[]): EventDocument[] {
  return [...new Map(documents.map((document) => [document.event_id, document])).values()];
}

export function spanRow(document: EventDocument): SpanRow {
  return {
    trace_id: document.trace_id ?? '',
    span_id: document.span_id ?? '',
    parent_span_id: document.parent_span_id ?? null,
    name: document.name ?? '',
    kind: document.kind ?? 'internal',
    service: document.service,
    service_version: document.service_version ?? null,
    start_time: document.time,
    duration_ms: document.duration_ms ?? 0,
    status: document.status ?? 'unset',
    status_message: document.status_message ?? null,
    attributes: document.attributes ?? {},
    resource: document.resource ?? {},
    events: document.events ?? [],
  };
}

export function logRow(document: EventDocument): LogRow {
  const { error_type: type, error_message: message, error_stack: stacktrace } = document;
  const isException = type !== undefined || message !== undefined || stacktrace !== undefined;
  return {
    time: document.time,
    level: document.level ?? 'info',
    message: document.message ?? '',
    service: document.service,
    trace_id: document.trace_id ?? null,
    span_id: document.span_id ?? null,
    exception: isException ? { type: type ?? null, message: message ?? null, stacktrace: stacktrace ?? null } : null,
    attributes: document.attributes ?? {},
  };
}

export function summaryOf(document: EventDocument): TraceSummary {
  return {
    trace_id: document.trace_id ?? '',
    service: document.service,
    name: document.name ?? '',
    route: document.http_route ?? null,
    status_code: document.http_status ?? null,
    error: document.erroneous === 1,
    synthetic: document.synthetic === 1,
    start_time: document.time,
    duration_ms: document.duration_ms ?? 0,
  };
}
