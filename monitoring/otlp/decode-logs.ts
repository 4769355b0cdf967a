import type { Attributes } from '../telemetry.ts';
import { emptyAttributes, readAnyValue, readAttribute } from './decode-attributes.ts';
import { readEnvelope } from './decode-envelope.ts';
import type { DecodedLog } from './model.ts';
import { BYTES, FIXED64, type ProtoReader, VARINT } from './proto-reader.ts';

/**
 * Reads an ExportLogsServiceRequest. Unknown fields are skipped.
 * @throws OtlpDecodeError when the bytes are not such a message
 */
export function decodeLogs(bytes: Uint8Array): DecodedLog[] {
  const logs: DecodedLog[] = [];
  readEnvelope(bytes, (reader, resource, scopeName) => logs.push(readLog(reader, resource, scopeName)));
  return logs;
}

function readLog(reader: ProtoReader, resource: Attributes, scopeName: string): DecodedLog {
  const outer = reader.end;
  const end = reader.lengthEnd();
  reader.end = end;
  const log: DecodedLog = {
    timeNs: 0n,
    severityNumber: 0,
    severityText: '',
    body: null,
    traceId: '',
    spanId: '',
    attributes: emptyAttributes(),
    resource,
    eventName: '',
    scopeName,
  };
  let observedNs = 0n;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | FIXED64:
        log.timeNs = reader.fixed64();
        break;
      case (2 << 3) | VARINT:
        log.severityNumber = reader.varint32();
        break;
      case (3 << 3) | BYTES:
        log.severityText = reader.string();
        break;
      case (5 << 3) | BYTES:
        log.body = readAnyValue(reader);
        break;
      case (6 << 3) | BYTES:
        readAttribute(reader, log.attributes);
        break;
      case (9 << 3) | BYTES:
        log.traceId = reader.hex();
        break;
      case (10 << 3) | BYTES:
        log.spanId = reader.hex();
        break;
      case (11 << 3) | FIXED64:
        observedNs = reader.fixed64();
        break;
      case (12 << 3) | BYTES:
        log.eventName = reader.string();
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  reader.end = outer;
  if (log.timeNs === 0n) log.timeNs = observedNs;
  return log;
}
