import { levelOf } from '../../../otlp/severity.ts';
import type { Attributes, LogRow, SpanRow } from '../../../telemetry.ts';
import type { Row } from '../partition.ts';
import { formatNs, fromJson, longToHex } from '../values.ts';

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;

export const SPAN_COLUMNS = `trace_high, trace_low, span_id, parent_id, start_ns, duration_ns, spans.attributes AS own,
  events, status_message, kind, span_shapes.name AS name, status, http_status, span_shapes.attributes AS shared,
  service, version, resources.attributes AS resource`;
export const SPAN_TABLES = `spans JOIN span_shapes ON span_shapes.id = spans.shape
  JOIN resources ON resources.id = span_shapes.resource`;

export const LOG_COLUMNS = `time_ns, severity, trace_high, trace_low, span_id, message, exception_type, exception_message,
  exception_stacktrace, logs.attributes AS own, log_shapes.attributes AS shared, service`;
export const LOG_TABLES = `logs JOIN log_shapes ON log_shapes.id = logs.shape
  JOIN resources ON resources.id = log_shapes.resource`;

export function traceIdOf(row: Row): string {
  return longToHex(row.trace_high as bigint) + longToHex(row.trace_low as bigint);
}

export function spanRow(row: Row): SpanRow {
  const parent = row.parent_id as bigint;
  const events =
    fromJson<{ timeNs: string; name: string; attributes: Attributes }[]>(row.events as string | null) ?? [];
  return {
    trace_id: traceIdOf(row),
    span_id: longToHex(row.span_id as bigint),
    parent_span_id: parent === 0n ? null : longToHex(parent),
    name: row.name as string,
    kind: KINDS[row.kind as number] ?? 'internal',
    service: row.service as string,
    service_version: (row.version as string) || null,
    start_time: formatNs(row.start_ns as bigint),
    duration_ms: Number(row.duration_ns) / 1e6,
    status: STATUSES[row.status as number] ?? 'unset',
    status_message: row.status_message as string | null,
    attributes: attributesOf(row),
    resource: fromJson(row.resource as string) ?? {},
    events: events.map(({ timeNs, name, attributes }) => ({ time: formatNs(BigInt(timeNs)), name, attributes })),
  };
}

export function logRow(row: Row): LogRow {
  const [type, message, stacktrace] = [row.exception_type, row.exception_message, row.exception_stacktrace] as (
    | string
    | null
  )[];
  const spanId = row.span_id as bigint;
  return {
    time: formatNs(row.time_ns as bigint),
    level: levelOf(row.severity as number),
    message: row.message as string,
    service: row.service as string,
    trace_id: row.trace_high === 0n && row.trace_low === 0n ? null : traceIdOf(row),
    span_id: spanId === 0n ? null : longToHex(spanId),
    exception:
      type === null && message === null && stacktrace === null
        ? null
        : { type: type ?? null, message: message ?? null, stacktrace: stacktrace ?? null },
    attributes: attributesOf(row),
  };
}

function attributesOf(row: Row): Attributes {
  return { ...fromJson(row.shared as string), ...fromJson(row.own as string | null) };
}
