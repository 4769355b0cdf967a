import { emptyAttributes, readAttribute } from '../../../otlp/decode-attributes.ts';
import { readMessage } from '../../../otlp/decode-envelope.ts';
import { BYTES, FIXED64, type ProtoReader } from '../../../otlp/proto-reader.ts';
import { formatNs } from '../nanoseconds.ts';

/** Reads one Span.Event, its length first, as it is stored. */
export function readEvent(reader: ProtoReader) {
  const event = { time: 0n, name: '', attributes: emptyAttributes() };
  readMessage(reader, (tag) => {
    if (tag === ((1 << 3) | FIXED64)) event.time = reader.fixed64();
    else if (tag === ((2 << 3) | BYTES)) event.name = reader.string();
    else if (tag === ((3 << 3) | BYTES)) readAttribute(reader, event.attributes);
    else return false;
    return true;
  });
  return { ...event, time: formatNs(event.time) };
}
