import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Signal } from './counters.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export type Sent =
  | { status: 'accepted'; rejected: number; reason: string | undefined }
  | { status: 'retryable'; reason: string; retryAfterMs: number | undefined }
  | { status: 'failure'; reason: string };

/** Posts one export request; failures of the outside world are values. */
export interface Transport {
  send(signal: Signal, body: readonly Uint8Array[], sizeBytes: number, abort: AbortSignal): Promise<Sent>;
  close(): void;
}

/** OTLP/HTTP with protobuf bodies over kept-alive connections (OTLP specification 1.7, "OTLP/HTTP"). */
export function otlpHttpTransport(endpoint: URL, headers: Record<string, string>, connections: number): Transport {
  const secure = endpoint.protocol === 'https:';
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connections });
  const post = secure ? httpsRequest : httpRequest;
  const base = endpoint.pathname.replace(/\/$/, '');

  return {
    send: (signal, body, sizeBytes, abort) =>
      new Promise((resolve) => {
        let request: ClientRequest;
        try {
          request = post(endpoint, {
            method: 'POST',
            path: `${base}/v1/${signal}${endpoint.search}`,
            agent,
            signal: abort,
            timeout: REQUEST_TIMEOUT_MS,
            headers: {
              ...headers,
              'content-type': 'application/x-protobuf',
              'content-length': sizeBytes,
              'user-agent': 'ringdown-instrument',
            },
          });
        } catch (error) {
          // A header that Node refuses to send: no retry will help.
          resolve({ status: 'failure', reason: messageOf(error) });
          return;
        }
        request.on('timeout', () => request.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS} ms`)));
        request.on('error', (error) =>
          resolve({ status: 'retryable', reason: messageOf(error), retryAfterMs: undefined }),
        );
        request.on('response', (response) => readAnswer(response, resolve));
        for (const chunk of body) request.write(chunk);
        request.end();
      }),
    close: () => agent.destroy(),
  };
}

function readAnswer(response: IncomingMessage, resolve: (sent: Sent) => void): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  response.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
  });
  response.on('error', (error) => resolve({ status: 'retryable', reason: messageOf(error), retryAfterMs: undefined }));
  response.on('end', () => resolve(judge(response, Buffer.concat(chunks))));
}

function judge(response: IncomingMessage, body: Buffer): Sent {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { status: 'accepted', ...readPartialSuccess(body) };
  const reason = `HTTP ${status}`;
  // The four that the OTLP specification calls retryable.
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    return { status: 'retryable', reason, retryAfterMs: readRetryAfter(response.headers['retry-after'], Date.now()) };
  }
  return { status: 'failure', reason };
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3). */
export function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/**
 * `Export…ServiceResponse { partial_success = 1 { rejected_… = 1; error_message = 2 } }`, alike for every signal.
 * An answer that is not protobuf counts as a full success: the status said so.
 */
export function readPartialSuccess(body: Uint8Array): { rejected: number; reason: string | undefined } {
  const outer = new FieldReader(body);
  const partial = outer.find(1, 2);
  if (!(partial instanceof Uint8Array)) return { rejected: 0, reason: undefined };
  const rejected = new FieldReader(partial).find(1, 0);
  const reason = new FieldReader(partial).find(2, 2);
  return {
    rejected: typeof rejected === 'number' ? rejected : 0,
    reason: reason instanceof Uint8Array ? Buffer.from(reason).toString('utf8') : undefined,
  };
}

/** Just enough of a protobuf reader for two fields; anything malformed ends the search. */
class FieldReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  find(field: number, wireType: number): number | Uint8Array | undefined {
    while (this.#position < this.#bytes.length) {
      const key = this.#varint();
      const found = this.#value(key & 7);
      if (found === undefined) return undefined;
      if (key >>> 3 === field && (key & 7) === wireType) return found;
    }
    return undefined;
  }

  #value(wireType: number): number | Uint8Array | undefined {
    if (wireType === 0) return this.#varint();
    if (wireType !== 2) return undefined;
    const length = this.#varint();
    const start = this.#position;
    if (start + length > this.#bytes.length) return undefined;
    this.#position = start + length;
    return this.#bytes.subarray(start, this.#position);
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    while (this.#position < this.#bytes.length) {
      const byte = this.#bytes[this.#position++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    return value;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
