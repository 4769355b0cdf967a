import { Buffer } from 'node:buffer';
import type { Signal } from '../../exporter.ts';
import { ProtoWriter } from '../../otlp/proto-writer.ts';

/** Encoding of a request's body, and so of its answer. */
export type Encoding = 'protobuf' | 'json';

export const CONTENT_TYPES: Record<Encoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

const REJECTED_FIELDS: Record<Signal, string> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};

/** ExportTraceServiceResponse and its kin: empty, or with a partial_success that says what was refused and why. */
export function successBody(encoding: Encoding, signal: Signal, refused: number, reason: string): Buffer {
  if (encoding === 'json') {
    return Buffer.from(
      refused === 0
        ? '{}'
        : JSON.stringify({ partialSuccess: { [REJECTED_FIELDS[signal]]: String(refused), errorMessage: reason } }),
    );
  }
  if (refused === 0) return Buffer.alloc(0);
  const writer = new ProtoWriter();
  writer.varint((1 << 3) | 2);
  writer.delimited(() => {
    writer.varint((1 << 3) | 0);
    writer.varint(refused);
    writer.varint((2 << 3) | 2);
    writer.string(reason);
  });
  return Buffer.from(writer.finish());
}

/** Codes of google.rpc.Code. */
export const RPC_CODES: Record<number, number> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};

/** google.rpc.Status. */
export function errorBody(encoding: Encoding, httpStatus: number, message: string): Buffer {
  const code = RPC_CODES[httpStatus] ?? 2;
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  const writer = new ProtoWriter();
  writer.varint((1 << 3) | 0);
  writer.varint(code);
  writer.varint((2 << 3) | 2);
  writer.string(message);
  return Buffer.from(writer.finish());
}
