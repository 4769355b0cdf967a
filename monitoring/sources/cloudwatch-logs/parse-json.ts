import type { Attributes, AttributeValue } from '../../telemetry.ts';
import { flatten, type ReadEvent, readSpanId, readTime, readTraceId, severityOfWord } from './event-fields.ts';

/** pino's levels: 10 trace to 60 fatal. https://getpino.io/#/docs/api?id=level-string */
const PINO_SEVERITIES: Record<number, number> = { 10: 1, 20: 5, 30: 9, 40: 13, 50: 17, 60: 21 };

/**
 * Names under which the field of a record is found, the first that is there wins: ECS, then what pino, Lambda's JSON
 * format and common loggers use.
 */
const NAMES = {
  time: ['@timestamp', 'timestamp', 'time', 'ts'],
  level: ['log.level', 'level', 'severity', 'lvl'],
  message: ['message', 'msg'],
  traceId: ['trace.id', 'trace_id', 'traceId', 'dd.trace_id', 'xray_trace_id', 'xRayTraceId'],
  spanId: ['span.id', 'span_id', 'spanId', 'transaction.id'],
  service: ['service.name', 'service', 'serviceName'],
  version: ['service.version', 'service_version'],
  environment: ['service.environment', 'deployment.environment.name', 'environment', 'env'],
  errorType: ['error.type', 'err.type', 'error.name', 'err.name', 'errorType', 'exception.type', 'error_type'],
  errorMessage: ['error.message', 'err.message', 'errorMessage', 'exception.message', 'error_message'],
  errorStack: ['error.stack_trace', 'err.stack', 'error.stack', 'stackTrace', 'exception.stacktrace', 'error_stack'],
  request: ['faas.invocation_id', 'AWSRequestId', 'requestId', 'function_request_id', 'record.requestId'],
} as const;

/** @returns undefined when the text is not a JSON object */
export function readJsonEvent(message: string): ReadEvent | undefined {
  const text = message.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const fields = flatten(parsed, Object.create(null) as Attributes);
  const take = (
    name: keyof typeof NAMES,
    fits: (value: AttributeValue) => boolean = isText,
  ): AttributeValue | undefined => {
    for (const key of NAMES[name]) {
      const value = fields[key];
      if (value === undefined || value === null || !fits(value)) continue;
      delete fields[key];
      return value;
    }
    return undefined;
  };
  const time = timeOf(take('time', (value) => timeOf(value) !== undefined));
  const level = levelOf(take('level', (value) => levelOf(value) !== undefined));
  const errorType = take('errorType');
  const errorMessage = take('errorMessage');
  const stack = take('errorStack', (value) => isText(value) || Array.isArray(value));
  const errorStack = Array.isArray(stack) ? stack.join('\n') : stack;
  const said = take('message');
  const platform = typeof fields.type === 'string' && fields.type.startsWith('platform.') ? fields.type : undefined;
  const traceId = readTraceId(take('traceId', (value) => readTraceId(value) !== undefined));
  const spanId = readSpanId(take('spanId', (value) => readSpanId(value) !== undefined));
  const service = take('service');
  const version = take('version');
  const environment = take('environment');
  const request = take('request');
  const body = said ?? errorMessage ?? platform;
  return {
    ...(time === undefined ? {} : { timeNs: time }),
    ...(level ?? {}),
    // What has no message of its own is shown as it stands.
    body: body === undefined ? text : String(body),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
    ...named('service', service),
    ...named('version', version),
    ...named('environment', environment),
    attributes: {
      ...fields,
      ...named('exception.type', errorType),
      ...named('exception.message', errorMessage),
      ...named('exception.stacktrace', errorStack),
      ...named('faas.invocation_id', request),
    },
  };
}

function isText(value: AttributeValue): boolean {
  return typeof value === 'string' && value !== '';
}

function named(key: string, value: AttributeValue | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: String(value) };
}

/** A number is milliseconds since 1970, or seconds where it is too small for that. */
function timeOf(value: AttributeValue | undefined): bigint | undefined {
  if (typeof value === 'string') return readTime(value);
  if (typeof value !== 'number' || !(value > 1e8) || value > 1e14) return undefined;
  const ms = value < 1e11 ? value * 1_000 : value;
  return BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6));
}

function levelOf(value: AttributeValue | undefined): { severityNumber: number; severityText: string } | undefined {
  if (typeof value === 'number') {
    const severityNumber = PINO_SEVERITIES[value];
    return severityNumber === undefined ? undefined : { severityNumber, severityText: String(value) };
  }
  if (typeof value !== 'string' || severityOfWord(value) === 0) return undefined;
  return { severityNumber: severityOfWord(value), severityText: value };
}
