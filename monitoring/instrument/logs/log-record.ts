import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import { writeAnyValue, writeAttribute } from '../protobuf/attributes.ts';
import { writeId } from '../protobuf/span.ts';
import type { ProtobufWriter } from '../protobuf/writer.ts';
import { unixNanosOfMs } from '../wall-clock.ts';

type Json = Record<string, unknown>;

/** pino's numbers and names, and OpenTelemetry's severity of each (logs data model, "Severity Fields"). */
const SEVERITIES: readonly { level: number; name: string; severity: number }[] = [
  { level: 60, name: 'fatal', severity: 21 },
  { level: 50, name: 'error', severity: 17 },
  { level: 40, name: 'warn', severity: 13 },
  { level: 30, name: 'info', severity: 9 },
  { level: 20, name: 'debug', severity: 5 },
  { level: 10, name: 'trace', severity: 1 },
];

const SYNTHETIC = 'user_agent.synthetic.type';

/** Said elsewhere in the record or by the resource. */
const NOT_ATTRIBUTES = new Set([
  'level',
  'log.level',
  'time',
  '@timestamp',
  'msg',
  'message',
  'pid',
  'hostname',
  'trace.id',
  'span.id',
  'ecs.version',
  'process.pid',
  'service.name',
  'service.version',
  'service.environment',
  'err',
  'error',
  'error.type',
  'error.message',
  'error.stack_trace',
]);

/**
 * One line of pino, in its own or in ECS names, as field 2 of `ScopeLogs`. What redaction and serializers made of the
 * line is what is sent. A line that is not a JSON object becomes the body as it is.
 */
export function writeLogRecord(
  writer: ProtobufWriter,
  line: string,
  active: SpanContext | undefined,
  observedMs: number,
  synthetic = false,
): void {
  const json = parse(line);
  writer.byte(0x12);
  const open = writer.openLong();
  const time = unixNanosOfMs(timeOf(json) ?? observedMs);
  writer.byte(0x09);
  writer.fixed64(time.low, time.high);
  writeSeverity(writer, json['log.level'] ?? json.level);
  writeAnyValue(writer, 0x2a, json.message ?? json.msg ?? (Object.keys(json).length > 0 ? '' : line.trimEnd()));
  for (const name of Object.keys(json)) {
    if (!NOT_ATTRIBUTES.has(name)) writeAttribute(writer, 0x32, name, json[name]);
  }
  writeException(writer, json);
  // As on the request's span, so that a log tells by itself that it belongs to a scenario.
  if (synthetic && !(SYNTHETIC in json)) writeAttribute(writer, 0x32, SYNTHETIC, 'test');
  writeTrace(writer, json, active);
  const observed = unixNanosOfMs(observedMs);
  writer.byte(0x59);
  writer.fixed64(observed.low, observed.high);
  writer.closeLong(open);
}

function parse(line: string): Json {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
  } catch {
    // Not JSON: a logger with its own format. The caller sends the line itself.
    return {};
  }
}

function timeOf(json: Json): number | undefined {
  const { time } = json;
  if (typeof time === 'number' && time > 0 && time < 4e12) return time;
  const text = json['@timestamp'] ?? time;
  const parsed = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return parsed > 0 ? parsed : undefined;
}

function writeSeverity(writer: ProtobufWriter, level: unknown): void {
  const known =
    typeof level === 'number'
      ? SEVERITIES.find((severity) => level >= severity.level)
      : SEVERITIES.find((severity) => severity.name === level);
  const text = known?.name ?? (typeof level === 'string' ? level : undefined);
  if (known) {
    writer.byte(0x10);
    writer.varint32(known.severity);
  }
  if (text !== undefined) {
    writer.byte(0x1a);
    writer.string(text);
  }
}

function writeException(writer: ProtobufWriter, json: Json): void {
  const nested = json.err ?? json.error;
  const error = (typeof nested === 'object' && nested !== null ? nested : {}) as Json;
  const type = json['error.type'] ?? error.type ?? error.name;
  const message = json['error.message'] ?? error.message ?? (typeof nested === 'string' ? nested : undefined);
  const stack = json['error.stack_trace'] ?? error.stack_trace ?? error.stack;
  if (typeof type === 'string') writeAttribute(writer, 0x32, 'exception.type', type);
  if (typeof message === 'string') writeAttribute(writer, 0x32, 'exception.message', message);
  if (typeof stack === 'string') writeAttribute(writer, 0x32, 'exception.stacktrace', stack);
}

function writeTrace(writer: ProtobufWriter, json: Json, active: SpanContext | undefined): void {
  const traceId = json['trace.id'];
  const spanId = json['span.id'];
  const own = { traceId: String(traceId), spanId: String(spanId), traceFlags: 1 };
  const context = isSpanContextValid(own) ? own : active;
  if (!context || !isSpanContextValid(context)) return;
  writer.byte(0x45);
  writer.fixed32(context.traceFlags);
  writeId(writer, 0x4a, context.traceId);
  writeId(writer, 0x52, context.spanId);
}
