import type { IncomingMessage } from 'node:http';
import {
  type Attributes,
  type AttributeValue,
  type Context,
  createTraceState,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
  TraceFlags,
} from '@opentelemetry/api';
import { timeInputToHrTime } from '@opentelemetry/core';
import type { FastifyRequest } from 'fastify';
import type { Shipper } from '../export/shipper.ts';
import { newSpanId, newTraceId } from '../ids.ts';
import { monotonicMs } from '../wall-clock.ts';
import { describeException } from './exception.ts';
import { RequestContext } from './request-context.ts';
import type { RemoteParent } from './traceparent.ts';

/** The SDK's default limits (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT and its siblings). */
const MAX_ATTRIBUTES = 128;
const MAX_EVENTS = 128;
const MAX_LINKS = 128;

/** Read from request and response when the span ends; a key must not stand twice in a span (OTLP, "Attributes"). */
const OWN_ATTRIBUTES = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'error.type',
  'url.path',
  'url.scheme',
  'server.address',
  'server.port',
  'client.address',
  'network.protocol.version',
  'user_agent.original',
  'user_agent.synthetic.type',
]);

export interface RecordedEvent {
  name: string;
  time: HrTime;
  attributes: Attributes | undefined;
}

/**
 * The SERVER span of one request, as the active parent of whatever the handlers record. It holds what the request
 * itself does not: everything else is read from request and response when it is written. Ids are made when somebody
 * asks for them, or on the way out.
 */
export class ServerSpan implements Span {
  readonly raw: IncomingMessage;
  /** Where it and everything under it is sent. */
  readonly shipper: Shipper;
  readonly startedMs: number;
  readonly context: Context;
  readonly parent: RemoteParent | undefined;
  readonly traceState: string | undefined;
  /** Missing where Fastify answered before its first hook. */
  request: FastifyRequest | undefined;
  ended = false;
  #spanContext: SpanContext | undefined;
  name: string | undefined;
  attributes: Attributes | undefined;
  attributeCount = 0;
  droppedAttributes = 0;
  events: RecordedEvent[] | undefined;
  droppedEvents = 0;
  links: Link[] | undefined;
  status: SpanStatus | undefined;
  /** What the handler or a hook threw; boxed, because anything can be thrown. */
  thrown: { value: unknown; time: HrTime } | undefined;

  constructor(
    shipper: Shipper,
    raw: IncomingMessage,
    base: Context,
    parent: RemoteParent | undefined,
    traceState: string | undefined,
  ) {
    this.shipper = shipper;
    this.raw = raw;
    this.startedMs = monotonicMs();
    this.parent = parent;
    this.traceState = traceState;
    this.context = new RequestContext(this, base);
  }

  /** False where the caller said that this trace is not recorded. */
  get sampled(): boolean {
    return this.parent === undefined || (this.parent.traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  /** True for a request that a scenario made; the pager waits for what is recorded under it. */
  get synthetic(): boolean {
    return this.raw.headers['user-agent']?.startsWith('ringdown/') === true;
  }

  spanContext(): SpanContext {
    this.#spanContext ??= {
      traceId: this.parent?.traceId ?? newTraceId(),
      spanId: newSpanId(),
      traceFlags: this.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      ...(this.traceState && { traceState: createTraceState(this.traceState) }),
    };
    return this.#spanContext;
  }

  /** The ids, where somebody asked for them. */
  get knownContext(): SpanContext | undefined {
    return this.#spanContext;
  }

  isRecording(): boolean {
    return !this.ended && this.sampled;
  }

  /** What the plug-in itself records about the request cannot be overwritten. */
  setAttribute(name: string, value: AttributeValue): this {
    if (!this.isRecording() || value === undefined || value === null || OWN_ATTRIBUTES.has(name)) return this;
    this.attributes ??= {};
    if (!Object.hasOwn(this.attributes, name) && ++this.attributeCount > MAX_ATTRIBUTES) {
      this.droppedAttributes++;
      return this;
    }
    this.attributes[name] = value;
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const [name, value] of Object.entries(attributes)) this.setAttribute(name, value as AttributeValue);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (!this.isRecording()) return this;
    const timeIsSecond = isTimeInput(attributesOrTime);
    this.events ??= [];
    if (this.events.length >= MAX_EVENTS) {
      this.droppedEvents++;
      return this;
    }
    this.events.push({
      name,
      time: timeInputToHrTime(timeIsSecond ? attributesOrTime : (time ?? Date.now())),
      attributes: timeIsSecond ? undefined : (attributesOrTime as Attributes | undefined),
    });
    return this;
  }

  addLink(link: Link): this {
    if (!this.isRecording()) return this;
    this.links ??= [];
    if (this.links.length < MAX_LINKS) this.links.push(link);
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    // OK is final (trace API specification, "Set Status").
    if (this.isRecording() && this.status?.code !== SpanStatusCode.OK) this.status = { ...status };
    return this;
  }

  updateName(name: string): this {
    if (this.isRecording()) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    this.addEvent('exception', describeException(exception, { stack: true }), time);
  }

  /** Ends with its response; a handler that ends it early changes nothing. */
  end(): void {}

  /** Remembers what was thrown. Becomes an exception event on the way out, when the status is known. */
  noteThrown(value: unknown): void {
    if (this.thrown?.value === value && this.thrown !== undefined) return;
    this.thrown = { value, time: timeInputToHrTime(Date.now()) };
  }
}

function isTimeInput(value: unknown): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || Array.isArray(value);
}
