import type { DecodedLog } from '../../../otlp/index.ts';
import { levelOf, severityOf } from '../../../otlp/severity.ts';
import type { Attributes } from '../../../telemetry.ts';
import { quoted, tag } from './line-protocol.ts';
import type { Draft, Placed } from './lines.ts';
import { belowMs, stamp } from './stamp.ts';
import { environmentOf, jsonField, serviceOf, text, toJson } from './values.ts';

const EXCEPTION: Readonly<Record<string, string>> = {
  'exception.type': 'exception_type',
  'exception.message': 'exception_message',
  'exception.stacktrace': 'exception_stacktrace',
};

/** Log records as points of `logs`; what Ringdown says of runs, incidents and deployments is a point of `annotations` too. */
export function encodeLogs(logs: readonly DecodedLog[], placed: Placed, draft: Draft): void {
  logs.forEach((log, index) => {
    const timeNs = log.timeNs > 0n ? log.timeNs : BigInt(Math.floor(placed.receivedAt)) * 1_000_000n;
    const time = stamp(timeNs, placed.position, index);
    draft.own.push(logLine(log, timeNs, time));
    const event = log.eventName || text(log.attributes['event.name']);
    if (event.startsWith('ringdown.')) draft.besides.push(annotationLine(log, event, time));
  });
}

function logLine(log: DecodedLog, timeNs: bigint, time: string): string {
  const severity = severityOf(log);
  const level = levelOf(severity);
  const tags = `${tag('env', environmentOf(log.resource))},level=${level}${tag('service', serviceOf(log.resource))}`;
  let fields = `message=${quoted(messageOf(log))},severity=${severity}i,ns=${belowMs(timeNs)}`;
  if (log.traceId !== '') fields += `,trace_id=${quoted(log.traceId)}`;
  if (log.spanId !== '') fields += `,span_id=${quoted(log.spanId)}`;
  const rest = Object.create(null) as Attributes;
  for (const name in log.attributes) {
    const field = Object.hasOwn(EXCEPTION, name) ? EXCEPTION[name] : undefined;
    if (field) fields += `,${field}=${quoted(text(log.attributes[name]))}`;
    else rest[name] = log.attributes[name]!;
  }
  if (log.eventName !== '') rest['event.name'] = log.eventName;
  return `logs${tags} ${fields},attributes=${jsonField(rest)} ${time}`;
}

function annotationLine(log: DecodedLog, event: string, time: string): string {
  const { attributes, resource } = log;
  const environment = text(attributes.environment) || environmentOf(resource);
  const service = text(attributes.service) || serviceOf(resource);
  const state = text(attributes['ringdown.incident.state'] ?? attributes.status);
  const tags = `${tag('env', environment)}${tag('event', event)}${tag('service', service)}${tag('state', state)}`;
  const optional = {
    id: attributes['ringdown.incident.id'] ?? attributes['deployment.id'],
    monitor: attributes.monitor,
    url: attributes.url,
    version: attributes['service.version'],
  };
  let fields = `title=${quoted(messageOf(log))},attributes=${jsonField(attributes)}`;
  for (const [key, value] of Object.entries(optional)) {
    if (text(value) !== '') fields += `,${key}=${quoted(text(value))}`;
  }
  return `annotations${tags} ${fields} ${time}`;
}

function messageOf({ body }: DecodedLog): string {
  return typeof body === 'string' ? body : body === null ? '' : toJson(body);
}
