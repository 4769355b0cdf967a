import type { DescFile } from '@bufbuild/protobuf';
import * as wkt from '@bufbuild/protobuf/wkt';

const FILES: readonly DescFile[] = [
  wkt.file_google_protobuf_any,
  wkt.file_google_protobuf_api,
  wkt.file_google_protobuf_descriptor,
  wkt.file_google_protobuf_duration,
  wkt.file_google_protobuf_empty,
  wkt.file_google_protobuf_field_mask,
  wkt.file_google_protobuf_source_context,
  wkt.file_google_protobuf_struct,
  wkt.file_google_protobuf_timestamp,
  wkt.file_google_protobuf_type,
  wkt.file_google_protobuf_wrappers,
];

/** Google's own files, which nobody has to bring along: `google/protobuf/timestamp.proto`. */
export function wellKnownFile(name: string): DescFile | undefined {
  // The descriptor leaves the ending out.
  return FILES.find((file) => `${file.name}.proto` === name);
}

/** Their types by full name. */
export function wellKnownTypes(): [name: string, { kind: 'message' | 'enum'; file: string }][] {
  return FILES.flatMap((file) => {
    const name = `${file.name}.proto`;
    return [
      ...file.messages.map((one) => [one.typeName, { kind: 'message', file: name }] as const),
      ...file.enums.map((one) => [one.typeName, { kind: 'enum', file: name }] as const),
    ].map(([typeName, defined]): [string, { kind: 'message' | 'enum'; file: string }] => [typeName, defined]);
  });
}
