import type { DecodedLog } from '../../../otlp/index.ts';
import { levelOf, severityOf } from '../../../otlp/severity.ts';
import type { Document } from './spans.ts';
import { formatNs, hasAny, originOf, present, text, toJson } from './values.ts';

const EXCEPTION = ['exception.type', 'exception.message', 'exception.stacktrace'];

/**
 * @param id stable over retries and replays
 * @param receivedAt Unix milliseconds; dates a record whose sender gave no time
 */
export function logDocument(log: DecodedLog, id: string, receivedAt: number): Document {
  const origin = originOf(log.resource);
  const timeNs = log.timeNs > 0n ? log.timeNs : BigInt(Math.floor(receivedAt)) * 1_000_000n;
  const timestampMs = Number(timeNs / 1_000_000n);
  const severity = severityOf(log);
  const attributes = Object.fromEntries(Object.entries(log.attributes).filter(([key]) => !EXCEPTION.includes(key)));
  if (log.eventName !== '') attributes['event.name'] = log.eventName;
  const message = toJson({
    ...present({
      signal: 'log',
      event_id: id,
      time: formatNs(timeNs),
      at_ms: timestampMs,
      service: origin.service,
      environment: origin.environment,
      service_version: origin.version,
      level: levelOf(severity),
      severity,
      message: text(log.body),
      trace_id: log.traceId,
      span_id: log.spanId,
      error_type: text(log.attributes['exception.type']),
      error_message: text(log.attributes['exception.message']),
      error_stack: text(log.attributes['exception.stacktrace']),
    }),
    ...(hasAny(attributes) ? { attributes } : {}),
    resource: log.resource,
  });
  return { origin, timestampMs, message };
}
