import { writeAttributes, writeId, writeNumber, writeText, writeTime } from './encode-attributes.ts';
import { writeEnvelope } from './encode-envelope.ts';
import type { DecodedEvent, DecodedSpan } from './model.ts';
import { BYTES } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

/**
 * Writes an ExportTraceServiceRequest that `decodeTraces` reads back as the same spans in the same order. What the
 * decoded model does not hold (links, trace state, flags, dropped counts) is not there: bytes that are passed on
 * unchanged should be passed on as they are.
 */
export function encodeTraces(spans: readonly DecodedSpan[]): Uint8Array {
  return writeEnvelope(spans, (writer, index) => {
    writer.varint((2 << 3) | BYTES);
    writer.delimited(() => writeSpan(writer, spans[index]!));
    return index + 1;
  });
}

function writeSpan(writer: ProtoWriter, span: DecodedSpan): void {
  writeId(writer, 1, span.traceId);
  writeId(writer, 2, span.spanId);
  writeId(writer, 4, span.parentSpanId);
  writeText(writer, 5, span.name);
  writeNumber(writer, 6, span.kind);
  writeTime(writer, 7, span.startNs);
  writeTime(writer, 8, span.endNs);
  writeAttributes(writer, 9, span.attributes);
  for (const event of span.events) writeEvent(writer, event);
  if (span.statusCode === 0 && span.statusMessage === '') return;
  writer.varint((15 << 3) | BYTES);
  writer.delimited(() => {
    writeText(writer, 2, span.statusMessage);
    writeNumber(writer, 3, span.statusCode);
  });
}

function writeEvent(writer: ProtoWriter, event: DecodedEvent): void {
  writer.varint((11 << 3) | BYTES);
  writer.delimited(() => {
    writeTime(writer, 1, event.timeNs);
    writeText(writer, 2, event.name);
    writeAttributes(writer, 3, event.attributes);
  });
}
