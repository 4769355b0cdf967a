import type { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toError } from '../../../core/errors.ts';
import type { Signal } from '../../exporter.ts';
import { CONTENT_TYPES, type Encoding, errorBody, successBody } from './answer.ts';
import { type BodyShare, collectBody, decompress } from './body.ts';
import type { OtlpIntake } from './otlp-intake.ts';
import { Refusal } from './refusal.ts';

export interface OtlpHttpOptions {
  host: string;
  port: number;
  intake: OtlpIntake;
  /** What comes on top is closed at once. Default 1,000. */
  maxConnections?: number;
}

const SIGNALS: Record<string, Signal | undefined> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
};
// Each takes a file descriptor, which spool and store need as well.
const MAX_CONNECTIONS = 1_000;
// A sender that is told 413 while it still writes should read the answer before the connection ends.
const MAX_DISCARDED_BYTES = 64 * 2 ** 20;

/** OTLP/HTTP, protobuf and JSON. Answers success once the payload is durable in the spool. */
export class OtlpHttp {
  readonly #options: OtlpHttpOptions;
  readonly #intake: OtlpIntake;
  readonly #server: Server;
  #closing = false;

  constructor(options: OtlpHttpOptions) {
    this.#options = options;
    this.#intake = options.intake;
    this.#server = createServer(
      { requestTimeout: 30_000, headersTimeout: 10_000, connectionsCheckingInterval: 5_000, keepAliveTimeout: 65_000 },
      (request, response) => {
        this.#answer(request, response).catch((error) => {
          this.#intake.log('error', `OTLP receiver: ${toError(error).stack}`);
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
    const intake = this.#intake;
    intake.requests++;
    const encoding = encodingOf(request);
    const share = intake.budget.share();
    try {
      const signal = this.#admit(request, encoding);
      const body = await this.#read(request, share);
      const { invalid, reason } = await intake.take(signal, encoding!, body);
      this.#send(response, 200, encoding!, successBody(encoding!, signal, invalid, reason));
    } catch (error) {
      this.#refuse(request, response, encoding ?? 'json', intake.explain(error));
    } finally {
      share.release();
    }
  }

  /** Judges everything that can be judged before the body. */
  #admit(request: IncomingMessage, encoding: Encoding | undefined): Signal {
    this.#intake.admit(request.headers);
    const signal = SIGNALS[(request.url ?? '').split('?', 1)[0]!];
    if (!signal) throw new Refusal(404, 'there are /v1/traces, /v1/metrics and /v1/logs');
    if (request.method !== 'POST') throw new Refusal(405, 'POST only');
    if (!encoding) throw new Refusal(415, 'the content type is neither application/x-protobuf nor application/json');
    return signal;
  }

  async #read(request: IncomingMessage, share: BodyShare): Promise<Buffer> {
    const { maxBodyBytes } = this.#intake;
    const sent = await collectBody(request, maxBodyBytes, share);
    return decompress(sent, request.headers['content-encoding']?.trim().toLowerCase(), maxBodyBytes, share);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, encoding: Encoding, refusal: Refusal): void {
    if (response.destroyed || request.socket.destroyed) return;
    const { status, message, retryAfterSeconds } = refusal;
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
