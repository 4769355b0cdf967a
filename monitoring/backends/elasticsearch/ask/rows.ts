import { LEVELS } from '../../../otlp/severity.ts';
import type { Attributes, LogRow, SpanRow } from '../../../telemetry.ts';
import { PROMOTED_OF_SPANS } from '../encode/spans.ts';
import type { Source } from './search.ts';

export function spanRow(source: Source): SpanRow {
  const attributes: Attributes = { ...(source.attributes as Attributes | undefined) };
  for (const { attribute, field } of PROMOTED_OF_SPANS) {
    if (field in source) attributes[attribute] = source[field] as string | number;
  }
  return {
    trace_id: source['trace.id'] as string,
    span_id: source['span.id'] as string,
    parent_span_id: textOf(source, 'parent.id'),
    name: source['span.name'] as string,
    kind: source['span.kind'] as SpanRow['kind'],
    service: source['service.name'] as string,
    service_version: textOf(source, 'service.version'),
    start_time: source['@timestamp'] as string,
    duration_ms: (source['event.duration'] as number) / 1e6,
    status: source['status.code'] as SpanRow['status'],
    status_message: textOf(source, 'status.message'),
    attributes,
    resource: (source.resource as Attributes | undefined) ?? {},
    events: (source.events as SpanRow['events'] | undefined) ?? [],
  };
}

export function logRow(source: Source): LogRow {
  const [type, message, stacktrace] = ['error.type', 'error.message', 'error.stack_trace'].map((field) =>
    textOf(source, field),
  ) as [string | null, string | null, string | null];
  const name = textOf(source, 'event.name');
  return {
    time: source['@timestamp'] as string,
    level: levelOf(textOf(source, 'log.level')),
    message: textOf(source, 'message') ?? '',
    service: textOf(source, 'service.name') ?? '',
    trace_id: textOf(source, 'trace.id'),
    span_id: textOf(source, 'span.id'),
    exception: type === null && message === null && stacktrace === null ? null : { type, message, stacktrace },
    attributes: {
      ...(source.attributes as Attributes | undefined),
      ...(name === null ? {} : { 'event.name': name }),
    },
  };
}

/** A field by its whole name, or inside the objects that Logstash and Beats make of it. */
export function textOf(source: Source, field: string): string | null {
  if (field in source) return source[field] as string;
  let at: unknown = source;
  for (const part of field.split('.')) at = (at as Record<string, unknown> | null | undefined)?.[part];
  return typeof at === 'string' ? at : null;
}

/** Other shippers may have words of their own. */
function levelOf(word: string | null): LogRow['level'] {
  return LEVELS.find((level) => level === word) ?? 'info';
}
