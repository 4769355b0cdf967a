import { levelOf } from '../../otlp/severity.ts';
import type { Attributes, AttributeValue, LogRow, SpanRow, TraceSummary } from '../../telemetry.ts';
import type { NrqlRow } from './nerdgraph.ts';

/** What New Relic adds of its own; the rest are attributes, those of the resource among them. */
const NOT_ATTRIBUTES = new Set([
  'timestamp',
  'id',
  'guid',
  'trace.id',
  'traceId',
  'parent.id',
  'parentId',
  'span.id',
  'name',
  'span.kind',
  'duration.ms',
  'duration',
  'message',
  'severity.number',
  'severity.text',
  'level',
  'otel.status_code',
  'otel.status_description',
  'entity.guid',
  'entityGuid',
  'entity.name',
  'entity.type',
  'newRelic.ingestPoint',
  'newrelic.source',
  'nr.dt.enabled',
  'instrumentation.provider',
  'otel.library.name',
  'otel.library.version',
]);

export function spanOf(row: NrqlRow): SpanRow {
  const kind = String(row['span.kind'] ?? 'internal').toLowerCase();
  return {
    trace_id: String(row['trace.id'] ?? row.traceId ?? ''),
    span_id: String(row.id ?? row.guid ?? ''),
    parent_span_id: textOrNull(row['parent.id'] ?? row.parentId),
    name: String(row.name ?? ''),
    kind: isKind(kind) ? kind : 'internal',
    service: String(row['service.name'] ?? 'unknown_service'),
    service_version: textOrNull(row['service.version']),
    start_time: timeOf(row.timestamp),
    duration_ms: Number(row['duration.ms'] ?? 0),
    status: row['otel.status_code'] === 'ERROR' ? 'error' : row['otel.status_code'] === 'OK' ? 'ok' : 'unset',
    status_message: textOrNull(row['otel.status_description']),
    attributes: attributesOf(row),
    resource: {},
    events: [],
  };
}

export function summaryOf(row: NrqlRow): TraceSummary {
  const span = spanOf(row);
  const status = Number(row['http.response.status_code'] ?? Number.NaN);
  return {
    trace_id: span.trace_id,
    service: span.service,
    name: span.name,
    route: textOrNull(row['http.route']),
    status_code: Number.isFinite(status) ? status : null,
    error: span.status === 'error' || status >= 500,
    synthetic: isGiven(row['user_agent.synthetic.type']),
    start_time: span.start_time,
    duration_ms: span.duration_ms,
  };
}

export function logOf(row: NrqlRow): LogRow {
  const severity = Number(row['severity.number'] ?? 0);
  const type = textOrNull(row['exception.type']);
  const message = textOrNull(row['exception.message']);
  const stacktrace = textOrNull(row['exception.stacktrace']);
  return {
    time: timeOf(row.timestamp),
    level: severity > 0 ? levelOf(severity) : 'info',
    message: String(row.message ?? ''),
    service: String(row['service.name'] ?? 'unknown_service'),
    trace_id: textOrNull(row['trace.id']),
    span_id: textOrNull(row['span.id']),
    exception: type === null && message === null && stacktrace === null ? null : { type, message, stacktrace },
    attributes: attributesOf(row),
  };
}

/** New Relic keeps times in milliseconds: the digits after those are zeros. */
function timeOf(timestamp: unknown): string {
  const ms = Number(timestamp ?? 0);
  return new Date(Number.isFinite(ms) ? ms : 0).toISOString().replace('Z', '000000Z');
}

function attributesOf(row: NrqlRow): Attributes {
  const attributes: Attributes = Object.create(null);
  for (const [key, value] of Object.entries(row)) {
    if (!NOT_ATTRIBUTES.has(key) && isGiven(value)) attributes[key] = value as AttributeValue;
  }
  return attributes;
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

function textOrNull(value: unknown): string | null {
  return isGiven(value) ? String(value) : null;
}

function isKind(kind: string): kind is SpanRow['kind'] {
  return ['internal', 'server', 'client', 'producer', 'consumer'].includes(kind);
}
