import protobuf from 'protobufjs';

/**
 * The messages of opentelemetry/proto (v1) that are sent here, written down from the published definitions and read by
 * protobufjs, so that what our encoder writes is judged by code that is not ours.
 */
const { root } = protobuf.parse(
  `
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }

message TracesRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
  int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  uint32 dropped_attributes_count = 10; repeated Event events = 11; uint32 dropped_events_count = 12;
  repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15; fixed32 flags = 16; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }

message LogsRequest { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message LogRecord { fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8; bytes trace_id = 9;
  bytes span_id = 10; fixed64 observed_time_unix_nano = 11; }

message MetricsRequest { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message Metric { string name = 1; string description = 2; string unit = 3; Histogram histogram = 9; }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message HistogramPoint { fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5;
  repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated KeyValue attributes = 9;
  double min = 11; double max = 12; }
message PartialSuccess { int64 rejected = 1; string error_message = 2; }
message ExportResponse { PartialSuccess partial_success = 1; }
`,
  { keepCase: true },
);

type Bytes = Uint8Array | undefined;

export interface WireValue {
  string_value?: string;
  bool_value?: boolean;
  int_value?: string;
  double_value?: number;
  array_value?: { values?: WireValue[] };
  kvlist_value?: { values?: WireKeyValue[] };
  bytes_value?: Uint8Array;
}
export interface WireKeyValue {
  key?: string;
  value?: WireValue;
}
export interface WireSpan {
  trace_id: Bytes;
  span_id: Bytes;
  trace_state?: string;
  parent_span_id?: Bytes;
  name?: string;
  kind?: number;
  start_time_unix_nano: string;
  end_time_unix_nano: string;
  attributes?: WireKeyValue[];
  events?: { time_unix_nano: string; name?: string; attributes?: WireKeyValue[] }[];
  links?: { trace_id: Bytes; span_id: Bytes; attributes?: WireKeyValue[] }[];
  dropped_attributes_count?: number;
  dropped_events_count?: number;
  status?: { message?: string; code?: number };
  flags?: number;
}
export interface WireLogRecord {
  time_unix_nano: string;
  observed_time_unix_nano: string;
  severity_number?: number;
  severity_text?: string;
  body?: WireValue;
  attributes?: WireKeyValue[];
  trace_id?: Bytes;
  span_id?: Bytes;
}
export interface WireHistogramPoint {
  count: string;
  sum: number;
  bucket_counts: string[];
  explicit_bounds: number[];
  attributes?: WireKeyValue[];
  min: number;
  max: number;
}

interface Decoded {
  TracesRequest: {
    resource_spans: {
      resource: { attributes: WireKeyValue[] };
      scope_spans: { scope: { name: string; version?: string }; spans: WireSpan[] }[];
    }[];
  };
  LogsRequest: {
    resource_logs: { resource: { attributes: WireKeyValue[] }; scope_logs: { log_records: WireLogRecord[] }[] }[];
  };
  MetricsRequest: {
    resource_metrics: {
      scope_metrics: { metrics: { name: string; unit: string; histogram?: { data_points: WireHistogramPoint[] } }[] }[];
    }[];
  };
}

/** Decodes one message; 64-bit integers become decimal strings. Throws on bytes that are no such message. */
export function decode<Name extends keyof Decoded>(name: Name, bytes: Uint8Array): Decoded[Name] {
  const type = root.lookupType(name);
  return type.toObject(type.decode(bytes), { longs: String, arrays: false }) as Decoded[Name];
}

/** An answer that says how many items the receiver did not take. */
export function encodePartialSuccess(rejected: number, errorMessage: string): Uint8Array {
  const type = root.lookupType('ExportResponse');
  return type.encode({ partial_success: { rejected, error_message: errorMessage } }).finish();
}

/** A value as JavaScript would say it; integers as bigint, so that 1 and 1.0 differ. */
export function plain(value: WireValue | undefined): unknown {
  if (value === undefined) return undefined;
  if (value.string_value !== undefined) return value.string_value;
  if (value.bool_value !== undefined) return value.bool_value;
  if (value.int_value !== undefined) return BigInt(value.int_value);
  if (value.double_value !== undefined) return value.double_value;
  if (value.bytes_value !== undefined) return value.bytes_value;
  if (value.array_value) return (value.array_value.values ?? []).map(plain);
  if (value.kvlist_value) return plainAttributes(value.kvlist_value.values);
  return undefined;
}

export function plainAttributes(attributes: WireKeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key ?? '', plain(value)]));
}

export function hex(bytes: Bytes): string {
  return Buffer.from(bytes ?? []).toString('hex');
}
