import { type DecodedSpan, httpStatusOf } from '../../../otlp/index.ts';
import type { DimensionGuard } from './metric-directive.ts';
import { formatNs, hasAny, type Origin, originOf, present, text, toJson } from './values.ts';

export const REQUEST_DURATION = 'ringdown.request.duration';
export const REQUEST_ERRORS = 'ringdown.request.errors';

const SERVER = 2;
const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;
const REQUEST_METRICS = [
  { Name: REQUEST_DURATION, Unit: 'Milliseconds' },
  { Name: REQUEST_ERRORS, Unit: 'Count' },
];

export interface Document {
  origin: Origin;
  timestampMs: number;
  message: string;
}

/**
 * A span as one JSON event. What questions ask for has a field of its own, ahead of the attributes: Logs Insights finds
 * 200 fields of an event and no more. Requests of people carry their duration and failure as embedded metrics; those of
 * scenarios do not, so that alarms judge real traffic.
 */
export function spanDocument(span: DecodedSpan, guard: DimensionGuard): Document {
  const { attributes } = span;
  const origin = originOf(span.resource);
  const timestampMs = Number(span.startNs / 1_000_000n);
  const durationMs = span.endNs > span.startNs ? Number(span.endNs - span.startNs) / 1e6 : 0;
  const status = httpStatusOf(attributes);
  const httpStatus = Number.isInteger(status) ? status : undefined;
  const isFailed = httpStatus === undefined ? span.kind === SERVER && span.statusCode === 2 : httpStatus >= 500;
  const isSynthetic = 'user_agent.synthetic.type' in attributes;
  const isRequest = span.kind === SERVER && !isSynthetic;
  const members = isRequest ? guard.members(attributes) : {};
  const directives = isRequest ? guard.directives(REQUEST_METRICS, origin, members) : [];
  const message = toJson({
    ...(directives.length > 0 ? { _aws: { Timestamp: timestampMs, CloudWatchMetrics: directives } } : {}),
    ...present({
      signal: 'span',
      event_id: `${span.traceId}-${span.spanId}`,
      time: formatNs(span.startNs),
      at_ms: timestampMs,
      service: origin.service,
      environment: origin.environment,
      service_version: origin.version,
      trace_id: span.traceId,
      span_id: span.spanId,
      parent_span_id: span.parentSpanId,
      name: span.name,
      kind: KINDS[span.kind] ?? 'internal',
      duration_ms: durationMs,
      status: STATUSES[span.statusCode] ?? 'unset',
      status_message: span.statusMessage,
      http_method: text(attributes['http.request.method']),
      http_route: routeOf(span),
      http_status: httpStatus,
      failed: isFailed ? 1 : 0,
      erroneous: isFailed || span.statusCode === 2 ? 1 : 0,
      synthetic: isSynthetic ? 1 : 0,
      client_address: text(attributes['client.address']),
      user_id: text(attributes['user.id']),
    }),
    ...(isRequest ? { [REQUEST_DURATION]: durationMs, [REQUEST_ERRORS]: isFailed ? 1 : 0 } : {}),
    ...members,
    ...(hasAny(attributes) ? { attributes } : {}),
    resource: span.resource,
    ...(span.events.length > 0
      ? {
          events: span.events.map(({ timeNs, name, attributes: own }) => ({
            time: formatNs(timeNs),
            name,
            attributes: own,
          })),
        }
      : {}),
  });
  return { origin, timestampMs, message };
}

/** A request that matched no route has none; a span of another protocol is known by its name. */
function routeOf({ attributes, name }: DecodedSpan): string {
  const route = text(attributes['http.route']);
  return 'http.request.method' in attributes ? route : route || name;
}
