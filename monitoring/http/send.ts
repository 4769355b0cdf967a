import { Buffer } from 'node:buffer';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { toError } from '../../core/errors.ts';

export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export interface HttpSend {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Joined to the sender's base URL. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
}

export interface HttpSenderOptions {
  /** May carry a path; a query string too, which every request then has. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** Compresses request bodies of 1 KiB and more. */
  gzip?: boolean;
  /** Connections at one time. Default 4. */
  connections?: number;
  /** PEM of the authorities to trust instead of the system's. */
  ca?: string;
  /** Of an answer; a longer one is cut. Default 8 MiB. */
  maxAnswerBytes?: number;
}

const compress = promisify(gzip);
const LEAST_COMPRESSED_BYTES = 1_024;

/** Sends requests to one destination over connections that are kept alive. Redirects are answers like any other. */
export class HttpSender {
  readonly #options: HttpSenderOptions;
  readonly #base: URL;
  readonly #agent: PlainAgent;

  constructor(options: HttpSenderOptions) {
    this.#options = options;
    this.#base = new URL(options.url);
    const settings = {
      keepAlive: true,
      maxSockets: options.connections ?? 4,
      ...(options.ca ? { ca: options.ca } : {}),
    };
    this.#agent = this.#base.protocol === 'https:' ? new TlsAgent(settings) : new PlainAgent(settings);
  }

  /** Resolves with any answer, whatever its status; rejects where there is none, or when `abort` fires. */
  async send({ method, path, headers, body }: HttpSend, abort: AbortSignal): Promise<HttpAnswer> {
    abort.throwIfAborted();
    const plain = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const isCompressed = this.#options.gzip === true && plain !== undefined && plain.length >= LEAST_COMPRESSED_BYTES;
    const content = isCompressed ? await compress(plain, { level: 1 }) : plain;
    const base = this.#base;
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const start = base.protocol === 'https:' ? tlsRequest : plainRequest;
      const request = start({
        agent: this.#agent,
        method,
        protocol: base.protocol,
        hostname: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port,
        path: joined(base, path),
        ...(base.username ? { auth: `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}` } : {}),
        headers: {
          ...this.#options.headers,
          ...headers,
          ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
          ...(content ? { 'content-length': content.length } : {}),
        },
        signal: abort,
      });
      request.on('error', (error) => reject(abort.aborted ? toError(abort.reason) : error));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const most = this.#options.maxAnswerBytes ?? 8 * 2 ** 20;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= most) chunks.push(chunk);
        });
        response.on('error', (error) => reject(abort.aborted ? toError(abort.reason) : error));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: concat(chunks) }),
        );
      });
      request.end(content);
    });
  }

  /** Ends idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** The answers of a destination that is busy or broken for a while (RFC 9110 §15, OTLP/HTTP). */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** What Retry-After says, in seconds or as a date (RFC 9110 §10.2.3). @param nowMs Unix milliseconds */
export function retryAfterMs(answer: HttpAnswer, nowMs: number): number | undefined {
  const value = answer.headers['retry-after'];
  if (typeof value !== 'string' || value === '') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function joined(base: URL, path: string): string {
  const [own, query] = path.split('?', 2) as [string, string?];
  const queries = [base.search.slice(1), query].filter((part) => part);
  return base.pathname.replace(/\/+$/, '') + own + (queries.length > 0 ? `?${queries.join('&')}` : '');
}

function concat(chunks: Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
