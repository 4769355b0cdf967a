import { Buffer } from 'node:buffer';
import type { OutgoingHttpHeaders } from 'node:http2';
import { ProtoWriter } from '../../otlp/proto-writer.ts';
import type { Refusal } from './refusal.ts';

/** Codes of google.rpc.Code that are answered. */
export const GRPC = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/**
 * What a refusal is in gRPC. OTLP lets senders come again after UNAVAILABLE always and after RESOURCE_EXHAUSTED only
 * with a RetryInfo, which not all look at; so what may be taken later is UNAVAILABLE, and what never will be (a body
 * too large) is RESOURCE_EXHAUSTED without one.
 * @see https://opentelemetry.io/docs/specs/otlp/#failures
 */
const CODES: Record<number, number> = {
  400: GRPC.invalidArgument,
  401: GRPC.unauthenticated,
  403: GRPC.permissionDenied,
  404: GRPC.unimplemented,
  413: GRPC.resourceExhausted,
  415: GRPC.unimplemented,
  429: GRPC.unavailable,
  503: GRPC.unavailable,
};

/** Trailers for a request that is not taken; a pause to keep goes out in both forms that senders know. */
export function statusTrailers({ status, message, retryAfterSeconds }: Refusal): OutgoingHttpHeaders {
  const code = CODES[status] ?? GRPC.unknown;
  const trailers: OutgoingHttpHeaders = { 'grpc-status': String(code), 'grpc-message': percentEncoded(message) };
  if (retryAfterSeconds !== undefined) {
    trailers['grpc-retry-pushback-ms'] = String(retryAfterSeconds * 1_000);
    trailers['grpc-status-details-bin'] = retryInfo(code, message, retryAfterSeconds).toString('base64');
  }
  return trailers;
}

/** google.rpc.Status with a google.rpc.RetryInfo among its details. */
function retryInfo(code: number, message: string, seconds: number): Buffer {
  const writer = new ProtoWriter();
  writer.varint(1 * 8);
  writer.varint(code);
  writer.varint(2 * 8 + 2);
  writer.string(message);
  writer.varint(3 * 8 + 2);
  writer.delimited(() => {
    writer.varint(1 * 8 + 2);
    writer.string('type.googleapis.com/google.rpc.RetryInfo');
    writer.varint(2 * 8 + 2);
    writer.delimited(() => {
      // retry_delay: a Duration of whole seconds.
      writer.varint(1 * 8 + 2);
      writer.delimited(() => {
        writer.varint(1 * 8);
        writer.varint(seconds);
      });
    });
  });
  return Buffer.from(writer.finish());
}

/** As gRPC writes messages into headers: UTF-8, everything but printable ASCII and % itself as %XX. */
function percentEncoded(message: string): string {
  let encoded = '';
  for (const byte of Buffer.from(message)) {
    if (byte >= 0x20 && byte <= 0x7e && byte !== 0x25) encoded += String.fromCharCode(byte);
    else encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
