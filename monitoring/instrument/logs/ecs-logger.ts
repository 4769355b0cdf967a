import { context, isSpanContextValid, trace } from '@opentelemetry/api';
import { getStringFromEnv } from '@opentelemetry/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface EcsLoggerOptions {
  /** `service.name` on every line. Default: OTEL_SERVICE_NAME. */
  serviceName?: string;
  serviceVersion?: string;
  environment?: string;
  /** Default: info. */
  level?: string;
  /** Paths that pino replaces by `[Redacted]`, added to those of credentials. */
  redact?: string[];
}

/** The version of the Elastic Common Schema whose field names are used. */
const ECS_VERSION = '8.17.0';

/**
 * Settings for Fastify's `logger` that write Elastic Common Schema, one JSON object a line: `@timestamp`, `log.level`,
 * `message`, `trace.id` and `span.id` of the active span, `http.*`, `url.path` and `error.*`.
 * `Fastify({ logger: ecsLogger({ serviceName: 'shop' }) })`.
 */
export function ecsLogger(options: EcsLoggerOptions = {}) {
  const serviceName = options.serviceName ?? getStringFromEnv('OTEL_SERVICE_NAME');
  return {
    level: options.level ?? 'info',
    messageKey: 'message',
    errorKey: 'error',
    base: {
      'ecs.version': ECS_VERSION,
      'process.pid': process.pid,
      ...(serviceName && { 'service.name': serviceName }),
      ...(options.serviceVersion && { 'service.version': options.serviceVersion }),
      ...(options.environment && { 'service.environment': options.environment }),
    },
    timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ 'log.level': label }),
      log: toEcs,
    },
    // What `log` above has put into place must not be serialized once more.
    serializers: { req: asItIs, res: asItIs, err: asItIs },
    mixin: activeTrace,
    redact: {
      paths: ['headers.authorization', 'headers.cookie', 'headers["set-cookie"]', ...(options.redact ?? [])],
      censor: '[Redacted]',
    },
  };
}

/** Fits wherever Fastify's and pino's types want a serializer, each with a result type of its own. */
function asItIs<Serialized>(value: unknown): Serialized {
  return value as Serialized;
}

/** `trace.id` and `span.id` of the active span, where there is one and the line's logger does not carry them already. */
function activeTrace(_line: object, _level: number, logger: object): Record<string, string> {
  if (REQUEST_LOGGER in logger) return {};
  const active = trace.getSpan(context.active())?.spanContext();
  if (!active || !isSpanContextValid(active)) return {};
  return { 'trace.id': active.traceId, 'span.id': active.spanId };
}

/** Marks a request's own logger, which has the ids among its bindings. */
export const REQUEST_LOGGER = Symbol('ringdown.request-logger');

function toEcs(line: Record<string, unknown>): Record<string, unknown> {
  const { req, res, err, error, responseTime, ...rest } = line;
  return {
    ...rest,
    ...(req ? requestFields(req as FastifyRequest) : undefined),
    ...(res ? { 'http.response.status_code': (res as FastifyReply).statusCode } : undefined),
    ...(typeof responseTime === 'number' ? { 'event.duration': Math.round(responseTime * 1e6) } : undefined),
    ...errorFields(err ?? error),
  };
}

function requestFields(request: FastifyRequest): Record<string, unknown> {
  const url = typeof request.url === 'string' ? request.url : '';
  const query = url.indexOf('?');
  return {
    'http.request.method': request.method,
    'url.path': query < 0 ? url : url.slice(0, query),
    'client.address': request.ip,
  };
}

function errorFields(error: unknown): Record<string, unknown> | undefined {
  if (error === undefined || error === null) return undefined;
  if (!(error instanceof Error)) return { 'error.message': typeof error === 'string' ? error : JSON.stringify(error) };
  const { code } = error as { code?: unknown };
  return {
    'error.type': error.name,
    'error.message': error.message,
    'error.stack_trace': error.stack,
    ...(code !== undefined && { 'error.code': String(code) }),
  };
}
