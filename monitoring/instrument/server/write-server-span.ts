import { SpanStatusCode } from '@opentelemetry/api';
import { randomInt32 } from '../ids.ts';
import { writeAttribute, writeAttributes } from '../protobuf/attributes.ts';
import { SPAN, writeEvent, writeFlags, writeId, writeLink, writeStatus } from '../protobuf/span.ts';
import type { ProtobufWriter } from '../protobuf/writer.ts';
import { unixNanosOf } from '../wall-clock.ts';
import type { Connection } from './connection.ts';
import { describeException } from './exception.ts';
import type { Route } from './routes.ts';
import type { ServerSpan } from './server-span.ts';

// Node's own limit on a header block is 16 KiB; a path longer than this helps nobody.
const MAX_PATH = 2048;

/** What became of a request. */
export interface Outcome {
  endedMs: number;
  /** Undefined where no response was begun. */
  statusCode: number | undefined;
  /** Undefined where nothing went wrong on this side. */
  errorType: string | undefined;
}

/** Writes a SERVER span as field 2 of `ScopeSpans`, in the stable HTTP semantic conventions. */
export function writeServerSpan(
  writer: ProtobufWriter,
  span: ServerSpan,
  route: Route,
  connection: Connection,
  outcome: Outcome,
): void {
  // Room for the fixed parts at once, so that the checks below never have to grow the buffer.
  writer.ensure(512 + connection.attributes.length + route.head.length);
  writer.byte(0x12);
  const open = writer.openLong();
  writeIds(writer, span);
  if (span.name === undefined) {
    writer.raw(route.head);
  } else {
    // The last value of a field wins, so the route's name is overruled.
    writer.raw(route.head);
    writer.byte(SPAN.name);
    writer.string(span.name);
  }
  const start = unixNanosOf(span.startedMs);
  writer.byte(SPAN.start);
  writer.fixed64(start.low, start.high);
  const end = unixNanosOf(outcome.endedMs);
  writer.byte(SPAN.end);
  writer.fixed64(end.low, end.high);
  writer.raw(connection.attributes);
  writeAttribute(writer, SPAN.attribute, 'url.path', pathOf(span.raw.url));
  const { statusCode, errorType } = outcome;
  if (statusCode !== undefined) writeAttribute(writer, SPAN.attribute, 'http.response.status_code', statusCode);
  if (errorType !== undefined) writeAttribute(writer, SPAN.attribute, 'error.type', errorType);
  if (span.attributes) writeAttributes(writer, SPAN.attribute, span.attributes);
  if (span.droppedAttributes > 0) {
    writer.byte(SPAN.droppedAttributes);
    writer.varint32(span.droppedAttributes);
  }
  writeEvents(writer, span, outcome);
  for (const link of span.links ?? []) writeLink(writer, link);
  const failed = statusCode !== undefined && statusCode >= 500;
  writeStatus(
    writer,
    span.status?.code ?? (failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET),
    span.status?.message,
  );
  writeFlags(writer, 1, span.parent !== undefined);
  writer.closeLong(open);
}

function writeIds(writer: ProtobufWriter, span: ServerSpan): void {
  const { parent, knownContext } = span;
  const traceId = knownContext?.traceId ?? parent?.traceId;
  if (traceId === undefined) {
    writer.byte(SPAN.traceId);
    writer.byte(16);
    for (let word = 0; word < 3; word++) writer.word(randomInt32());
    writer.word(randomInt32() | 1); // never all zero
  } else {
    writeId(writer, SPAN.traceId, traceId);
  }
  if (knownContext === undefined) {
    writer.byte(SPAN.spanId);
    writer.byte(8);
    writer.word(randomInt32());
    writer.word(randomInt32() | 1);
  } else {
    writeId(writer, SPAN.spanId, knownContext.spanId);
  }
  if (span.traceState) {
    writer.byte(SPAN.traceState);
    writer.string(span.traceState);
  }
  if (parent) writeId(writer, SPAN.parentSpanId, parent.spanId);
}

function writeEvents(writer: ProtobufWriter, span: ServerSpan, { statusCode }: Outcome): void {
  for (const event of span.events ?? []) writeEvent(writer, event.time, event.name, event.attributes);
  if (span.thrown) {
    // A refusal (4xx) is thrown on purpose: its stack says nothing and costs much to format.
    const stack = statusCode === undefined || statusCode >= 500;
    writeEvent(writer, span.thrown.time, 'exception', describeException(span.thrown.value, { stack }));
  }
  if (span.droppedEvents > 0) {
    writer.byte(SPAN.droppedEvents);
    writer.varint32(span.droppedEvents);
  }
}

/** The path without the query, which may carry secrets. */
function pathOf(url: string | undefined): string {
  if (url === undefined) return '';
  const query = url.indexOf('?');
  return url.slice(0, Math.min(query < 0 ? url.length : query, MAX_PATH));
}
