import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { toError } from '../../../core/errors.ts';
import type { Signal } from '../../exporter.ts';
import { successBody } from './answer.ts';
import { decompress } from './body.ts';
import { collectMessage, framed } from './grpc-message.ts';
import { GRPC, statusTrailers } from './grpc-status.ts';
import type { OtlpIntake } from './otlp-intake.ts';
import { Refusal } from './refusal.ts';

export interface OtlpGrpcOptions {
  host: string;
  port: number;
  intake: OtlpIntake;
  /** What comes on top is closed at once. Default 1,000. */
  maxConnections?: number;
}

const METHODS: Record<string, Signal | undefined> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
};
const MAX_CONNECTIONS = 1_000;
const MAX_STREAMS = 100;
const STREAM_WINDOW_BYTES = 2 ** 20;
const CONNECTION_WINDOW_BYTES = 4 * 2 ** 20;
/** A message that takes longer is given up, as a request over HTTP is. */
const MESSAGE_MS = 30_000;
/** A connection without a call for that long is closed; senders open another. */
const FIRST_CALL_MS = 30_000;
const IDLE_MS = 600_000;
const HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity,gzip' };

/**
 * OTLP/gRPC on HTTP/2 without TLS: Export of traces, metrics and logs. Answers OK once the payload is durable in the
 * spool.
 */
export class OtlpGrpc {
  readonly #options: OtlpGrpcOptions;
  readonly #intake: OtlpIntake;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(options: OtlpGrpcOptions) {
    this.#options = options;
    this.#intake = options.intake;
    this.#server = createServer({
      settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: STREAM_WINDOW_BYTES },
      maxHeaderListPairs: 64,
    });
    this.#server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
    this.#server.on('session', (session) => this.#watch(session));
    this.#server.on('stream', (stream, headers) => {
      this.#answer(stream, headers).catch((error) => {
        this.#intake.log('error', `OTLP/gRPC receiver: ${toError(error).stack}`);
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      });
    });
    // Bytes that are not HTTP/2 end their session; the next sender is not to be blamed.
    this.#server.on('sessionError', () => undefined);
  }

  /** @returns the bound port */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#intake.log('error', `OTLP/gRPC socket: ${error.message}`));
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  #watch(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on('close', () => this.#sessions.delete(session));
    session.on('error', () => session.destroy());
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.setTimeout(FIRST_CALL_MS, () => session.close());
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const intake = this.#intake;
    intake.requests++;
    // A reset is seen by who reads; here it must only not be an uncaught error.
    stream.on('error', () => undefined);
    const share = intake.budget.share();
    try {
      const signal = this.#admit(stream, headers);
      if (!signal) return;
      const message = await this.#read(stream, headers, share);
      const { invalid, reason } = await intake.take(signal, 'protobuf', message);
      if (isOpen(stream)) succeed(stream, signal, invalid, reason);
    } catch (error) {
      const refusal = intake.explain(error);
      if (isOpen(stream)) refuse(stream, refusal);
    } finally {
      share.release();
    }
  }

  /** Judges everything that can be judged before the message; undefined where that was the answer. */
  #admit(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Signal | undefined {
    const type = headers['content-type'] ?? '';
    if (headers[':method'] !== 'POST' || !/^application\/grpc(\+proto)?(;|$)/.test(type)) {
      this.#intake.refused++;
      stream.respond({ ':status': headers[':method'] === 'POST' ? 415 : 405 }, { endStream: true });
      stream.close(constants.NGHTTP2_NO_ERROR);
      return undefined;
    }
    this.#intake.admit(headers);
    // Only who may send keeps a connection for later.
    stream.session?.setTimeout(IDLE_MS);
    const signal = METHODS[headers[':path'] ?? ''];
    if (!signal) throw new Refusal(404, `there is no method ${headers[':path']}`);
    return signal;
  }

  async #read(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    share: ReturnType<OtlpIntake['budget']['share']>,
  ) {
    const { maxBodyBytes } = this.#intake;
    const deadline = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), MESSAGE_MS);
    try {
      const { isCompressed, bytes } = await collectMessage(stream, maxBodyBytes, share);
      if (!isCompressed) return bytes;
      const encoding = String(headers['grpc-encoding'] ?? 'identity');
      if (encoding !== 'gzip') {
        throw new Refusal(415, `grpc-encoding ${JSON.stringify(encoding)} is not supported: gzip or identity`);
      }
      return await decompress(bytes, encoding, maxBodyBytes, share);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Takes no more calls and waits for those under way; `abort` ends their connections. */
  async close(abort: AbortSignal): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    const cut = () => {
      for (const session of this.#sessions) session.destroy();
    };
    if (abort.aborted) cut();
    abort.addEventListener('abort', cut, { once: true });
    await closed;
    abort.removeEventListener('abort', cut);
  }
}

/** Somebody is left to read an answer. */
function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed;
}

function succeed(stream: ServerHttp2Stream, signal: Signal, invalid: number, reason: string): void {
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(GRPC.ok) }));
  stream.end(framed(successBody('protobuf', signal, invalid, reason)));
}

/** Headers and trailers in one. A sender that still writes is told to stop, without an error. */
function refuse(stream: ServerHttp2Stream, refusal: Refusal): void {
  stream.respond({ ...HEADERS, ...statusTrailers(refusal) }, { endStream: true });
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}
