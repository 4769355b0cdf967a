import { writeAttributes, writeId, writeNumber, writeText, writeTime, writeValue } from './encode-attributes.ts';
import { writeEnvelope } from './encode-envelope.ts';
import type { DecodedLog } from './model.ts';
import { BYTES } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

/**
 * Writes an ExportLogsServiceRequest that `decodeLogs` reads back as the same records in the same order. The time of
 * observation, flags and dropped counts are not in the decoded model and so not there.
 */
export function encodeLogs(logs: readonly DecodedLog[]): Uint8Array {
  return writeEnvelope(logs, (writer, index) => {
    writer.varint((2 << 3) | BYTES);
    writer.delimited(() => writeLog(writer, logs[index]!));
    return index + 1;
  });
}

function writeLog(writer: ProtoWriter, log: DecodedLog): void {
  writeTime(writer, 1, log.timeNs);
  writeNumber(writer, 2, log.severityNumber);
  writeText(writer, 3, log.severityText);
  if (log.body !== null) writeValue(writer, 5, log.body);
  writeAttributes(writer, 6, log.attributes);
  writeId(writer, 9, log.traceId);
  writeId(writer, 10, log.spanId);
  writeText(writer, 12, log.eventName);
}
