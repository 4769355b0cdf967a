import { context, trace } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Batch, encodeResource } from './export/batch.ts';
import { type Counters, newCounters } from './export/counters.ts';
import { Outbox } from './export/outbox.ts';
import { Shipper } from './export/shipper.ts';
import { otlpHttpTransport } from './export/transport.ts';
import { randomFraction } from './ids.ts';
import { REQUEST_LOGGER } from './logs/ecs-logger.ts';
import { writeLogRecord } from './logs/log-record.ts';
import { watchLines } from './logs/pino-stream.ts';
import { propagateToUndici } from './outgoing.ts';
import { shippingReader, temporalityPreference } from './sdk/metrics.ts';
import { describeResource } from './sdk/resource.ts';
import { joinSdk, leaveSdk } from './sdk/shared.ts';
import { Recorder } from './server/recorder.ts';
import { requestSpanOf } from './server/request-context.ts';
import { RequestMetrics } from './server/request-metrics.ts';
import { type InstrumentOptions, readSettings } from './settings.ts';
import { RequestStatsd } from './statsd.ts';
import { SCOPE_NAME, VERSION } from './version.ts';
import { monotonicMs } from './wall-clock.ts';

/** Spans and logs that wait for the receiver; what comes on top is dropped and counted. */
const OUTBOX_BYTES = 32 * 1024 * 1024;
const CONNECTIONS = 2;
/** How long `app.close()` waits for the last export. */
const CLOSE_DEADLINE_MS = 2000;

/** `app.instrumentation`. */
export interface Instrumentation {
  /** Items recorded, exported, rejected by the receiver, and dropped here. A snapshot. */
  counters(): Counters;
  /** Hands everything recorded so far to the exporter, without waiting for the next tick. */
  flush(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    instrumentation: Instrumentation;
  }
}

export async function instrumentPlugin(app: FastifyInstance, options: InstrumentOptions): Promise<void> {
  const settings = readSettings(options);
  const resource = describeResource(settings);
  const counters = newCounters();
  const warn = (message: string) => app.log.warn(`telemetry to ${settings.endpoint.host}: ${message}`);
  const outbox = new Outbox({
    transport: otlpHttpTransport(settings.endpoint, settings.headers, CONNECTIONS),
    counters,
    limitBytes: OUTBOX_BYTES,
    connections: CONNECTIONS,
    warn,
    now: monotonicMs,
    random: randomFraction,
  });
  const resourceBytes = encodeResource(resource.attributes);
  const shipper = new Shipper(new Batch('traces', resourceBytes), new Batch('logs', resourceBytes), outbox, counters);
  const metrics = new RequestMetrics(resource, temporalityPreference());
  const meters = new MeterProvider({ resource, readers: [shippingReader(() => shipper, [metrics])] });
  const serviceName = String(resource.attributes['service.name']);
  const statsd = settings.statsd && new RequestStatsd(settings.statsd, serviceName, metrics);
  const ours = joinSdk(shipper, resource);
  const stopPropagating = ours ? propagateToUndici() : () => {};
  const recorder = new Recorder({ shipper, metrics, statsd, foreignPropagation: !ours });

  followRequests(app, recorder);
  followErrors(app, recorder);
  const stopLogs = followLogs(app, recorder, shipper);

  app.decorate('instrumentation', {
    counters: () => structuredClone(counters),
    flush: () => shipper.flush(),
  });
  app.addHook('onClose', async () => {
    stopPropagating();
    leaveSdk(shipper);
    await statsd?.close();
    await meters.shutdown();
    await shipper.close(CLOSE_DEADLINE_MS);
    stopLogs();
  });
}

/** One span per request, active in everything that Fastify runs for it. */
function followRequests(app: FastifyInstance, recorder: Recorder): void {
  app.addHook('onRequest', (request, reply, done) => {
    const span = recorder.begin(request.raw);
    span.request = request;
    recorder.endWith(reply.raw, span);
    context.with(span.context, done);
  });
  // Some answers are given before any hook: a URL that cannot be decoded, a server that is closing.
  app.server.on('request', (raw, response) => {
    if (!recorder.of(raw)) recorder.endWith(response, recorder.begin(raw));
  });
}

/**
 * Notes what was thrown. `onError` runs only where the error itself is sent, so custom error handlers, which usually
 * send something else, are told apart by wrapping them as they are set.
 */
function followErrors(app: FastifyInstance, recorder: Recorder): void {
  const note = (request: FastifyRequest, error: unknown) => recorder.of(request.raw)?.noteThrown(error);
  app.addHook('onError', (request, _reply, error, done) => {
    note(request, error);
    done();
  });
  const wrap = <Handler extends (this: never, error: never, request: never, reply: never) => unknown>(
    handler: Handler,
  ): Handler =>
    function noting(this: never, error: unknown, request: FastifyRequest, reply: FastifyReply) {
      note(request, error);
      return handler.call(this, error as never, request as never, reply as never);
    } as unknown as Handler;
  const setErrorHandler = app.setErrorHandler;
  app.setErrorHandler = function setNotingErrorHandler(this: FastifyInstance, handler: never) {
    return setErrorHandler.call(this, typeof handler === 'function' ? wrap(handler) : handler);
  } as typeof setErrorHandler;
  app.addHook('onRoute', (route) => {
    if (route.errorHandler) route.errorHandler = wrap(route.errorHandler as never) as typeof route.errorHandler;
  });
}

/** Copies the lines of a pino logger into log records, with the ids of their trace. */
function followLogs(app: FastifyInstance, recorder: Recorder, shipper: Shipper): () => void {
  const scope = { name: SCOPE_NAME, version: VERSION };
  const stop = watchLines(app.log, (line) => {
    const active = context.active();
    if (isTracingSuppressed(active)) return;
    const lane = shipper.logs.lane(scope);
    const synthetic = requestSpanOf(active)?.synthetic === true;
    writeLogRecord(lane.writer, line, trace.getSpanContext(active), Date.now(), synthetic);
    shipper.addedLog(lane);
    if (synthetic) shipper.shipSoon();
  });
  if (!stop) return () => {};
  const createChild = app.childLoggerFactory;
  app.setChildLoggerFactory(function createRequestLogger(logger, bindings, childOptions, raw) {
    const span = recorder.begin(raw);
    const { traceId, spanId } = span.spanContext();
    bindings['trace.id'] = traceId;
    bindings['span.id'] = spanId;
    if (span.synthetic) bindings['user_agent.synthetic.type'] = 'test';
    const child = createChild.call(this, logger, bindings, childOptions, raw);
    return Object.assign(child, { [REQUEST_LOGGER]: true });
  });
  return stop;
}
