import type { Attributes } from '../telemetry.ts';
import { emptyAttributes, readAttribute } from './decode-attributes.ts';
import { readEnvelope } from './decode-envelope.ts';
import type { DecodedEvent, DecodedSpan } from './model.ts';
import { BYTES, FIXED64, type ProtoReader, VARINT } from './proto-reader.ts';

/**
 * Reads an ExportTraceServiceRequest (opentelemetry-proto 1.x). Unknown fields are skipped; links are not kept.
 * @throws OtlpDecodeError when the bytes are not such a message
 */
export function decodeTraces(bytes: Uint8Array): DecodedSpan[] {
  const spans: DecodedSpan[] = [];
  readEnvelope(bytes, (reader, resource, scopeName) => spans.push(readSpan(reader, resource, scopeName)));
  return spans;
}

function readSpan(reader: ProtoReader, resource: Attributes, scopeName: string): DecodedSpan {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  const span: DecodedSpan = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    statusCode: 0,
    statusMessage: '',
    attributes: emptyAttributes(),
    events: [],
    resource,
    scopeName,
  };
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | BYTES:
        span.traceId = reader.hex();
        break;
      case (2 << 3) | BYTES:
        span.spanId = reader.hex();
        break;
      case (4 << 3) | BYTES:
        span.parentSpanId = reader.hex();
        break;
      case (5 << 3) | BYTES:
        span.name = reader.string();
        break;
      case (6 << 3) | VARINT:
        span.kind = enumBelow(6, reader.varint32());
        break;
      case (7 << 3) | FIXED64:
        span.startNs = reader.fixed64();
        break;
      case (8 << 3) | FIXED64:
        span.endNs = reader.fixed64();
        break;
      case (9 << 3) | BYTES:
        readAttribute(reader, span.attributes);
        break;
      case (11 << 3) | BYTES:
        span.events.push(readEvent(reader));
        break;
      case (15 << 3) | BYTES:
        readStatus(reader, span);
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  reader.end = outer;
  return span;
}

function readEvent(reader: ProtoReader): DecodedEvent {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  const event: DecodedEvent = { timeNs: 0n, name: '', attributes: emptyAttributes() };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | FIXED64)) event.timeNs = reader.fixed64();
    else if (tag === ((2 << 3) | BYTES)) event.name = reader.string();
    else if (tag === ((3 << 3) | BYTES)) readAttribute(reader, event.attributes);
    else reader.skip(tag & 7);
  }
  reader.end = outer;
  return event;
}

function readStatus(reader: ProtoReader, span: DecodedSpan): void {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((2 << 3) | BYTES)) span.statusMessage = reader.string();
    else if (tag === ((3 << 3) | VARINT)) span.statusCode = enumBelow(3, reader.varint32());
    else reader.skip(tag & 7);
  }
  reader.end = outer;
}

/** Numbers that a later version of the protocol may add mean nothing here: 0, unspecified. */
function enumBelow(end: number, value: number): number {
  return value >= 0 && value < end ? value : 0;
}
