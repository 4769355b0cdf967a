import type { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toError } from '../../../core/errors.ts';
import type { Signal } from '../../exporter.ts';
import { encodeJson, inspect, OtlpDecodeError } from '../../otlp/index.ts';
import type { NewRecord } from '../spool/record.ts';
import { SpoolUnavailable } from '../spool/spool.ts';
import { CONTENT_TYPES, type Encoding, errorBody, successBody } from './answer.ts';
import { BodyBudget, type BodyShare, collectBody, decompress, Refusal } from './body.ts';

export interface OtlpReceiverOptions {
  host: string;
  port: number;
  /** Required of every request where given. */
  token: string | undefined;
  /** Of one body, uncompressed. */
  maxBodyBytes: number;
  /** What comes on top is closed at once. Default 1,000. */
  maxConnections?: number;
  now(): number;
  append(record: NewRecord): Promise<void>;
  log(level: 'warn' | 'error', message: string): void;
}

const SIGNALS: Record<string, Signal | undefined> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
};
const INVALID_ITEMS: Record<Signal, string> = {
  traces: 'spans need a trace id of 16 bytes and a span id of 8, not all zero',
  metrics: 'invalid data points',
  logs: 'ids of log records have 16 and 8 bytes',
};
// Each takes a file descriptor, which spool and store need as well.
const MAX_CONNECTIONS = 1_000;
// A sender that is told 413 while it still writes should read the answer before the connection ends.
const MAX_DISCARDED_BYTES = 64 * 2 ** 20;

/** OTLP/HTTP, protobuf and JSON. Answers success once the payload is durable in the spool. */
export class OtlpReceiver {
  readonly #options: OtlpReceiverOptions;
  readonly #server: Server;
  readonly #budget: BodyBudget;
  readonly #tokenDigest: Buffer | undefined;
  #closing = false;
  requests = 0;
  refused = 0;

  constructor(options: OtlpReceiverOptions) {
    this.#options = options;
    this.#budget = new BodyBudget(8 * options.maxBodyBytes);
    this.#tokenDigest = options.token === undefined ? undefined : digest(`Bearer ${options.token}`);
    this.#server = createServer(
      { requestTimeout: 30_000, headersTimeout: 10_000, connectionsCheckingInterval: 5_000, keepAliveTimeout: 65_000 },
      (request, response) => {
        this.#answer(request, response).catch((error) => {
          this.#options.log('error', `OTLP receiver: ${toError(error).stack}`);
          response.destroy();
        });
      },
    );
    this.#server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  }

  /** @returns the bound port */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    const encoding = encodingOf(request);
    const share = this.#budget.share();
    try {
      const signal = this.#admit(request, encoding);
      const body = await this.#read(request, share);
      const { bytes, items, invalid } = check(signal, encoding!, body);
      if (items > 0)
        await this.#options.append({ signal, encoding: 'otlp', items, receivedAt: this.#options.now(), bytes });
      this.#send(
        response,
        200,
        encoding!,
        successBody(encoding!, signal, invalid, invalid > 0 ? `${invalid} refused: ${INVALID_ITEMS[signal]}` : ''),
      );
    } catch (error) {
      this.refused++;
      this.#refuse(request, response, encoding ?? 'json', toError(error));
    } finally {
      share.release();
    }
  }

  /** Judges everything that can be judged before the body. */
  #admit(request: IncomingMessage, encoding: Encoding | undefined): Signal {
    if (this.#tokenDigest && !timingSafeEqual(digest(request.headers.authorization ?? ''), this.#tokenDigest)) {
      throw new Refusal(401, 'a bearer token is required');
    }
    // Browsers name the origin of every POST. No page is meant to send here, and one that makes its own host name point
    // to this machine (DNS rebinding) is asked for no permission.
    if (!this.#tokenDigest && request.headers.origin !== undefined) {
      throw new Refusal(403, 'web pages may not send telemetry without a token');
    }
    const signal = SIGNALS[(request.url ?? '').split('?', 1)[0]!];
    if (!signal) throw new Refusal(404, 'there are /v1/traces, /v1/metrics and /v1/logs');
    if (request.method !== 'POST') throw new Refusal(405, 'POST only');
    if (!encoding) throw new Refusal(415, 'the content type is neither application/x-protobuf nor application/json');
    return signal;
  }

  async #read(request: IncomingMessage, share: BodyShare): Promise<Buffer> {
    const { maxBodyBytes } = this.#options;
    const sent = await collectBody(request, maxBodyBytes, share);
    return decompress(sent, request.headers['content-encoding']?.trim().toLowerCase(), maxBodyBytes);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, encoding: Encoding, error: Error): void {
    if (response.destroyed || request.socket.destroyed) return;
    const refusal = toRefusal(error);
    if (!refusal) this.#options.log('error', `OTLP receiver: ${error.stack}`);
    const { status, message, retryAfterSeconds } = refusal ?? new Refusal(503, 'internal error', 5);
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
    if (status === 405) response.setHeader('allow', 'POST');
    if (status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (!request.complete) {
      response.setHeader('connection', 'close');
      let discarded = 0;
      request.on('data', (chunk: Buffer) => {
        discarded += chunk.length;
        if (discarded > MAX_DISCARDED_BYTES) request.destroy();
      });
      request.on('error', () => undefined);
    }
    this.#send(response, status, encoding, errorBody(encoding, status, message));
  }

  #send(response: ServerResponse, status: number, encoding: Encoding, body: Buffer): void {
    // A connection that is kept alive would keep a closing server waiting.
    if (this.#closing) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': CONTENT_TYPES[encoding], 'content-length': body.length });
    response.end(body);
  }

  /** Takes no more requests and waits for those under way; `abort` ends their connections. */
  async close(abort: AbortSignal): Promise<void> {
    if (!this.#server.listening) return;
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cut = () => this.#server.closeAllConnections();
    if (abort.aborted) cut();
    abort.addEventListener('abort', cut, { once: true });
    await closed;
    abort.removeEventListener('abort', cut);
  }
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const [type] = (request.headers['content-type'] ?? '').toLowerCase().split(/\s*;/, 1);
  if (type === CONTENT_TYPES.protobuf || type === 'application/protobuf') return 'protobuf';
  return type === CONTENT_TYPES.json ? 'json' : undefined;
}

function check(signal: Signal, encoding: Encoding, body: Buffer) {
  if (encoding === 'protobuf') return inspect(signal, body);
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${toError(error).message}`);
  }
  return inspect(signal, encodeJson(signal, json));
}

function toRefusal(error: Error): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof OtlpDecodeError) return new Refusal(400, `the body is not OTLP: ${error.message}`);
  if (error instanceof SpoolUnavailable) {
    return error.reason === 'busy'
      ? new Refusal(429, error.message, 1)
      : new Refusal(503, 'the spool cannot be written', 5);
  }
  return undefined;
}

/** Equal lengths for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
