import { type DecodedSpan, httpStatusOf } from '../../../otlp/index.ts';
import type { Attributes } from '../../../telemetry.ts';
import { quoted, tag } from './line-protocol.ts';
import type { Draft, Placed } from './lines.ts';
import { belowMs, stamp } from './stamp.ts';
import { TraceTimes } from './trace-times.ts';
import { environmentOf, jsonField, serviceOf, text } from './values.ts';

export const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export const STATUSES = ['unset', 'ok', 'error'] as const;
const SERVER = 2;

/** What the spans of one resource have in common, written once. */
interface Owner {
  env: string;
  service: string;
  /** `,version="…",resource="…"` */
  fields: string;
  version: string;
}

/** Spans as points of `spans`; besides, when each trace and each version of a service was seen in the record. */
export function encodeSpans(spans: readonly DecodedSpan[], placed: Placed, draft: Draft): void {
  const { position } = placed;
  const times = new TraceTimes();
  const owners = new Map<Attributes, Owner>();
  const versions = new Map<string, bigint>();
  spans.forEach((span, index) => {
    let owner = owners.get(span.resource);
    if (!owner) {
      owner = ownerOf(span.resource);
      owners.set(span.resource, owner);
    }
    draft.own.push(spanLine(span, owner, stamp(span.startNs, position, index)));
    times.add(span.traceId, span.startNs);
    if (owner.version === '') return;
    const first = versions.get(owner.version);
    if (first === undefined || span.startNs < first) versions.set(owner.version, span.startNs);
  });
  times.write(draft, placed, 0);
  let index = 0;
  for (const [tags, ns] of versions) {
    draft.besides.push(`versions${tags} ns=${belowMs(ns)} ${stamp(ns, position, index++)}`);
  }
}

function ownerOf(resource: Attributes): Owner {
  const version = text(resource['service.version']);
  const env = tag('env', environmentOf(resource));
  const service = tag('service', serviceOf(resource));
  const fields = `${version === '' ? '' : `,version=${quoted(version)}`},resource=${jsonField(resource)}`;
  return { env, service, fields, version: version === '' ? '' : env + service + tag('version', version) };
}

function spanLine(span: DecodedSpan, owner: Owner, time: string): string {
  const { attributes } = span;
  const method = text(attributes['http.request.method']);
  const route = text(attributes['http.route']);
  const status = httpStatus(attributes);
  const isServer = span.kind === SERVER;
  const failed = status === undefined ? isServer && span.statusCode === 2 : status >= 500;
  // In the order of their names, as InfluxDB keeps them.
  const tags = `,entry=${isServer || span.parentSpanId === ''}${owner.env},error=${failed || span.statusCode === 2},kind=${
    KINDS[span.kind] ?? 'internal'
  }${tag('method', method)}${isServer && method === '' && route === '' ? tag('operation', span.name) : ''}${tag(
    'route',
    route,
  )}${owner.service}${status === undefined ? '' : `,status_class=${Math.floor(status / 100)}xx`},synthetic=${
    'user_agent.synthetic.type' in attributes
  }`;
  const durationNs = span.endNs > span.startNs ? span.endNs - span.startNs : 0n;
  let fields = `trace_id=${quoted(span.traceId)},span_id=${quoted(span.spanId)},name=${quoted(span.name)},duration_ns=${
    durationNs > MOST_NS ? MOST_NS : durationNs
  }i,ns=${belowMs(span.startNs)},failed=${failed ? 1 : 0}i,status="${STATUSES[span.statusCode] ?? 'unset'}"`;
  if (span.parentSpanId !== '') fields += `,parent_span_id=${quoted(span.parentSpanId)}`;
  if (status !== undefined) fields += `,status_code=${status}i`;
  if (span.statusMessage !== '') fields += `,status_message=${quoted(span.statusMessage)}`;
  fields += textField('client', attributes['client.address']) + textField('user', attributes['user.id']);
  if (span.events.length > 0) {
    fields += `,events=${jsonField(span.events.map((event) => ({ ...event, timeNs: String(event.timeNs) })))}`;
  }
  return `spans${tags} ${fields},attributes=${jsonField(attributes)}${owner.fields} ${time}`;
}

/** The greatest whole number that JSON brings back exactly: 104 days. */
const MOST_NS = BigInt(Number.MAX_SAFE_INTEGER);

function textField(key: string, value: Attributes[string] | undefined): string {
  const said = text(value);
  return said === '' ? '' : `,${key}=${quoted(said)}`;
}

function httpStatus(attributes: Attributes): number | undefined {
  const status = httpStatusOf(attributes);
  return Number.isInteger(status) && status >= 100 && status < 1_000 ? status : undefined;
}
