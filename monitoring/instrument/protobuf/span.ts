import type { Attributes, HrTime, Link } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { joinUnixNanos } from '../wall-clock.ts';
import { writeAttributes } from './attributes.ts';
import type { ProtobufWriter } from './writer.ts';

/** Keys of the fields of opentelemetry/proto/trace/v1 `Span`: field number × 8 + wire type. */
export const SPAN = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  start: 0x39,
  end: 0x41,
  attribute: 0x4a,
  droppedAttributes: 0x50,
  event: 0x5a,
  droppedEvents: 0x60,
  link: 0x6a,
  droppedLinks: 0x70,
  status: 0x7a,
} as const;

// Bits 8 and 9 of Span.flags say whether the parent was remote and that this is known.
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** A span of the SDK, as field 2 of `ScopeSpans`. */
export function writeReadableSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const parent = span.parentSpanContext;
  writer.byte(0x12);
  const open = writer.openLong();
  writeId(writer, SPAN.traceId, traceId);
  writeId(writer, SPAN.spanId, spanId);
  const state = traceState?.serialize();
  if (state) {
    writer.byte(SPAN.traceState);
    writer.string(state);
  }
  if (parent) writeId(writer, SPAN.parentSpanId, parent.spanId);
  writer.byte(SPAN.name);
  writer.string(span.name);
  writer.byte(SPAN.kind);
  writer.byte(span.kind + 1); // the API counts from INTERNAL = 0, the protocol from UNSPECIFIED = 0
  writeTime(writer, SPAN.start, span.startTime);
  writeTime(writer, SPAN.end, span.endTime);
  writeAttributes(writer, SPAN.attribute, span.attributes);
  writeCount(writer, SPAN.droppedAttributes, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(writer, event.time, event.name, event.attributes);
  writeCount(writer, SPAN.droppedEvents, span.droppedEventsCount);
  for (const link of span.links) writeLink(writer, link);
  writeCount(writer, SPAN.droppedLinks, span.droppedLinksCount);
  writeStatus(writer, span.status.code, span.status.message);
  writeFlags(writer, traceFlags, parent?.isRemote === true);
  writer.closeLong(open);
}

/** `Span.Event`. */
export function writeEvent(
  writer: ProtobufWriter,
  time: HrTime,
  name: string,
  attributes: Attributes | undefined,
): void {
  writer.byte(SPAN.event);
  const open = writer.open();
  writeTime(writer, 0x09, time);
  writer.byte(0x12);
  writer.string(name);
  if (attributes) writeAttributes(writer, 0x1a, attributes);
  writer.close(open);
}

/** `Span.Link`. */
export function writeLink(writer: ProtobufWriter, link: Link): void {
  writer.byte(SPAN.link);
  const open = writer.open();
  writeId(writer, 0x0a, link.context.traceId);
  writeId(writer, 0x12, link.context.spanId);
  if (link.attributes) writeAttributes(writer, 0x22, link.attributes);
  writer.close(open);
}

/** `Span.status`; UNSET is written as nothing. Codes are the same in API and protocol. */
export function writeStatus(writer: ProtobufWriter, code: number, message: string | undefined): void {
  if (code === 0 && !message) return;
  writer.byte(SPAN.status);
  const open = writer.open();
  if (message) {
    writer.byte(0x12);
    writer.string(message);
  }
  writer.byte(0x18);
  writer.byte(code);
  writer.close(open);
}

/** `Span.flags`: the W3C trace flags and whether the parent lives in another process. */
export function writeFlags(writer: ProtobufWriter, traceFlags: number, parentIsRemote: boolean): void {
  writer.byte(0x85); // field 16, fixed32: two bytes of key
  writer.byte(0x01);
  writer.fixed32((traceFlags & 0xff) | HAS_IS_REMOTE | (parentIsRemote ? IS_REMOTE : 0));
}

/** An id of 16 or 8 bytes from its hex digits. */
export function writeId(writer: ProtobufWriter, key: number, hex: string): void {
  writer.byte(key);
  writer.byte(hex.length >> 1);
  writer.hex(hex);
}

function writeTime(writer: ProtobufWriter, key: number, time: HrTime): void {
  const nanos = joinUnixNanos(time[0], time[1]);
  writer.byte(key);
  writer.fixed64(nanos.low, nanos.high);
}

function writeCount(writer: ProtobufWriter, key: number, count: number): void {
  if (count === 0) return;
  writer.byte(key);
  writer.varint32(count);
}
