import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Signal } from '../../exporter.ts';
import {
  type DecodedLog,
  type DecodedPoint,
  type DecodedSpan,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
} from '../../otlp/index.ts';
import { integer, message, text } from '../../testing/protobuf.ts';

export interface PeerRequest {
  signal: Signal;
  headers: IncomingMessage['headers'];
  /** As they came over the wire, and after decompression. */
  wireBytes: number;
  bytes: Buffer;
  items: number;
}

/** Answers instead of taking the request; undefined takes it. */
export type Judge = (request: PeerRequest) => PeerAnswer | undefined;

export interface PeerAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** A stand-in for an OTLP/HTTP destination: holds what it takes, and refuses as it is told. */
export class OtlpPeer {
  readonly requests: PeerRequest[] = [];
  readonly spans: DecodedSpan[] = [];
  readonly points: DecodedPoint[] = [];
  readonly logs: DecodedLog[] = [];
  /** Asked in order, once a request is read. */
  readonly judges: Judge[] = [];
  readonly #server: Server;
  #refused = '';
  #mode: 'up' | 'down' | 'silent' = 'up';

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<OtlpPeer> {
    const peer = new OtlpPeer();
    peer.#server.listen(0, '127.0.0.1');
    await once(peer.#server, 'listening');
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  breakDown(): void {
    this.#mode = 'down';
  }

  hold(): void {
    this.#mode = 'silent';
  }

  mend(): void {
    this.#mode = 'up';
  }

  /** Log records with this text are refused with partial_success. */
  refuse(part: string): void {
    this.#refused = part;
  }

  trace(traceId: string): { spanIds: string[]; messages: string[] } {
    return {
      spanIds: this.spans.filter((span) => span.traceId === traceId).map(({ spanId }) => spanId),
      messages: this.logs.filter((log) => log.traceId === traceId).map(({ body }) => String(body)),
    };
  }

  counter(name: string): number {
    return this.points
      .filter((point) => point.name === name && point.type === 'sum')
      .reduce((sum, point) => sum + ((point.type === 'sum' ? point.value : null) ?? 0), 0);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#mode === 'down') return void request.socket.destroy();
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The sender gave up.
    }
    if (this.#mode === 'silent') return;
    const answer = this.#judge(request, Buffer.concat(chunks));
    response.writeHead(answer.status, { 'content-type': 'application/x-protobuf', ...answer.headers });
    response.end(answer.body ?? '');
  }

  #judge(request: IncomingMessage, wire: Buffer): PeerAnswer {
    const signal = /^\/v1\/(traces|metrics|logs)$/.exec(request.url ?? '')?.[1] as Signal | undefined;
    if (!signal || request.method !== 'POST') return status(404, 'no such path');
    if (request.headers['content-type'] !== 'application/x-protobuf') return status(415, 'not protobuf');
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(wire) : wire;
    let decoded: (DecodedSpan | DecodedPoint | DecodedLog)[];
    try {
      decoded = { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs }[signal](bytes);
    } catch (error) {
      return status(400, `cannot be read: ${(error as Error).message.replace(/ at byte \d+$/, '')}`);
    }
    const seen: PeerRequest = {
      signal,
      headers: request.headers,
      wireBytes: wire.length,
      bytes,
      items: decoded.length,
    };
    this.requests.push(seen);
    for (const judge of this.judges) {
      const answer = judge(seen);
      if (answer) return answer;
    }
    if (signal === 'traces') this.spans.push(...(decoded as DecodedSpan[]));
    if (signal === 'metrics') this.points.push(...(decoded as DecodedPoint[]));
    if (signal !== 'logs') return { status: 200 };
    const isRefused = (log: DecodedLog) => this.#refused !== '' && String(log.body).includes(this.#refused);
    const logs = decoded as DecodedLog[];
    this.logs.push(...logs.filter((log) => !isRefused(log)));
    return partial(logs.filter(isRefused).length, 'the message is not allowed');
  }
}

/** ExportXServiceResponse with a partial_success where something was refused. */
export function partial(rejected: number, reason: string): PeerAnswer {
  return rejected === 0 ? { status: 200 } : { status: 200, body: message(1, integer(1, rejected), text(2, reason)) };
}

/** google.rpc.Status */
export function status(code: number, words: string, headers?: Record<string, string>): PeerAnswer {
  return { status: code, body: text(2, words), ...(headers ? { headers } : {}) };
}
