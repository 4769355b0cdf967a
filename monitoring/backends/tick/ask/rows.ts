import { FIRST_SEVERITY, levelOf } from '../../../otlp/severity.ts';
import type { Attributes, LogRow, SpanRow } from '../../../telemetry.ts';
import { KINDS, STATUSES } from '../encode/spans.ts';
import type { Row } from '../influx/query.ts';
import { exactNs, formatNs, fromJson, textOf } from './window.ts';

const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

export const SPAN_COLUMNS = list([
  ...['trace_id', 'span_id', 'parent_span_id', 'name', 'kind', 'service', 'version', 'ns', 'duration_ns', 'status'],
  ...['status_message', 'attributes', 'resource', 'events'],
]);
export const LOG_COLUMNS = list([
  ...['message', 'severity', 'ns', 'service', 'trace_id', 'span_id', 'attributes'],
  ...['exception_type', 'exception_message', 'exception_stacktrace'],
]);

export function spanRow(row: Row): SpanRow {
  const events = fromJson<{ timeNs: string; name: string; attributes: Attributes }[]>(row.events, []);
  return {
    trace_id: String(row.trace_id),
    span_id: String(row.span_id),
    parent_span_id: textOf(row.parent_span_id),
    name: String(row.name ?? ''),
    kind: KINDS.find((kind) => kind === row.kind) ?? 'internal',
    service: String(row.service ?? ''),
    service_version: textOf(row.version),
    start_time: formatNs(exactNs(row)),
    duration_ms: Number(row.duration_ns ?? 0) / 1e6,
    status: STATUSES.find((status) => status === row.status) ?? 'unset',
    status_message: textOf(row.status_message),
    attributes: fromJson<Attributes>(row.attributes, {}),
    resource: fromJson<Attributes>(row.resource, {}),
    events: (Array.isArray(events) ? events : []).map(({ timeNs, name, attributes }) => ({
      time: formatNs(BigInt(timeNs)),
      name,
      attributes,
    })),
  };
}

export function logRow(row: Row): LogRow {
  const [type, message, stacktrace] = [row.exception_type, row.exception_message, row.exception_stacktrace].map(
    (value) => (typeof value === 'string' ? value : null),
  ) as (string | null)[];
  const hasException = type !== null || message !== null || stacktrace !== null;
  return {
    time: formatNs(exactNs(row)),
    level: levelOf(Number(row.severity ?? FIRST_SEVERITY.info)),
    message: String(row.message ?? ''),
    service: String(row.service ?? ''),
    trace_id: textOf(row.trace_id),
    span_id: textOf(row.span_id),
    exception: hasException ? { type: type ?? null, message: message ?? null, stacktrace: stacktrace ?? null } : null,
    attributes: fromJson<Attributes>(row.attributes, {}),
  };
}
