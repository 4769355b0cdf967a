import type { IncomingMessage, ServerResponse } from 'node:http';
import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Shipper } from '../export/shipper.ts';
import type { RequestStatsd } from '../statsd.ts';
import { SCOPE_NAME, VERSION } from '../version.ts';
import { monotonicMs } from '../wall-clock.ts';
import { connectionOf } from './connection.ts';
import { exceptionType } from './exception.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { Routes } from './routes.ts';
import { ServerSpan } from './server-span.ts';
import { parseTraceparent } from './traceparent.ts';
import { writeServerSpan } from './write-server-span.ts';

const SPAN = Symbol('ringdown.span');
type Carrier = { [SPAN]?: ServerSpan };

const SCOPE = { name: SCOPE_NAME, version: VERSION };
const MAX_TRACESTATE = 512; // W3C Trace Context §3.3.1.1 asks for at least this much to be passed on

export interface RecorderDependencies {
  shipper: Shipper;
  metrics: RequestMetrics;
  statsd: RequestStatsd | undefined;
  /** True where the app's own propagators read the incoming headers. */
  foreignPropagation: boolean;
}

/** Follows each request from its first sign to the close of its response: one span, one measurement. */
export class Recorder {
  readonly #dependencies: RecorderDependencies;
  readonly #routes = new Routes();
  readonly #onClose: (this: ServerResponse) => void;

  constructor(dependencies: RecorderDependencies) {
    this.#dependencies = dependencies;
    const recorder = this;
    // One function for all responses, which finds the span through `this`: a closure per request costs more.
    this.#onClose = function onClose() {
      const span = (this as Carrier)[SPAN];
      if (span) recorder.#finish(span, this);
    };
  }

  /** The span of a request; begins it where this is the first sign of it. */
  begin(raw: IncomingMessage): ServerSpan {
    const carrier = raw as Carrier;
    let span = carrier[SPAN];
    if (span === undefined) {
      span = this.#start(raw);
      carrier[SPAN] = span;
    }
    return span;
  }

  /** The span of a request that was begun. */
  of(raw: IncomingMessage): ServerSpan | undefined {
    return (raw as Carrier)[SPAN];
  }

  /** Ends the span when the response closes, finished or not. Does nothing the second time. */
  endWith(response: ServerResponse, span: ServerSpan): void {
    const carrier = response as Carrier;
    if (carrier[SPAN] !== undefined) return;
    carrier[SPAN] = span;
    response.on('close', this.#onClose);
    // A pipelined response has no connection until its turn comes, and hears nothing when the client leaves before.
    if (response.socket === null) span.raw.on('close', () => this.#abandon(span, response));
  }

  #start(raw: IncomingMessage): ServerSpan {
    const { headers } = raw;
    const traceparent = headers.traceparent as string | undefined;
    const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
    const traceState = parent && (headers.tracestate as string | undefined)?.slice(0, MAX_TRACESTATE);
    // Baggage is rare and its parsing is the propagator's business.
    const base =
      headers.baggage !== undefined || this.#dependencies.foreignPropagation
        ? propagation.extract(ROOT_CONTEXT, headers)
        : ROOT_CONTEXT;
    return new ServerSpan(this.#dependencies.shipper, raw, base, parent, traceState);
  }

  #abandon(span: ServerSpan, response: ServerResponse): void {
    if (span.raw.destroyed && response.socket === null && !response.writableFinished) this.#finish(span, response);
  }

  #finish(span: ServerSpan, response: ServerResponse): void {
    if (span.ended) return;
    const endedMs = monotonicMs();
    const { shipper, metrics, statsd } = this.#dependencies;
    const { raw, request } = span;
    const route = this.#routes.of(raw.method, request);
    const connection = connectionOf(raw, request);
    const statusCode = response.headersSent ? response.statusCode : undefined;
    const errorType = errorTypeOf(span, response, statusCode);
    const seconds = (endedMs - span.startedMs) / 1000;

    const series = metrics.record(route, connection, statusCode, errorType, seconds);
    if (statsd) statsd.record(series, seconds);
    if (span.sampled) {
      const lane = shipper.spans.lane(SCOPE);
      writeServerSpan(lane.writer, span, route, connection, { endedMs, statusCode, errorType });
      span.ended = true;
      shipper.addedSpan(lane);
    }
    span.ended = true;
    span.request = undefined;
    if (connection.synthetic) shipper.shipSoon();
  }
}

/**
 * `error.type` (HTTP semantic conventions): the class of what was thrown or the status as text for 5xx, `aborted` where
 * the client left before the response was complete. A refusal (4xx) is no error of the server.
 */
function errorTypeOf(span: ServerSpan, response: ServerResponse, statusCode: number | undefined): string | undefined {
  if (statusCode !== undefined && statusCode >= 500) {
    return span.thrown === undefined ? String(statusCode) : exceptionType(span.thrown.value);
  }
  const broken = !response.writableFinished && span.raw.socket?.destroyed === true;
  return broken || !response.writableEnded ? 'aborted' : undefined;
}
