import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { CONTENT_TYPES, type Format, formatFor } from './exposition.ts';

export interface ScrapeServerOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  token?: string;
  page(format: Format): string;
}

const compress = promisify(gzip);

/** Answers `GET /metrics`. */
export class ScrapeServer {
  readonly #options: ScrapeServerOptions;
  #server: Server | undefined;

  constructor(options: ScrapeServerOptions) {
    this.#options = options;
  }

  /** Rejects when the address cannot be had. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    server.requestTimeout = 10_000;
    // Each holds a page until it has read it.
    server.maxConnections = 16;
    server.setTimeout(60_000);
    server.listen(this.#options.port, this.#options.host);
    await once(server, 'listening');
    this.#server = server;
  }

  get url(): string {
    const { port } = this.#server!.address() as AddressInfo;
    const { host } = this.#options;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeIdleConnections();
    server.close();
    const hurry = setTimeout(() => server.closeAllConnections(), 1_000);
    await once(server, 'close');
    clearTimeout(hurry);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== '/metrics') return end(response, 404, 'nothing but /metrics is here\n');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return end(response, 405, 'GET only\n', { allow: 'GET' });
    if (this.#options.token === undefined && !this.#isOurName(request.headers.host)) {
      return end(response, 403, 'without a token, only localhost and addresses are answered; set "token"\n');
    }
    if (!this.#isAllowed(request)) {
      return end(response, 401, 'a bearer token is needed\n', { 'www-authenticate': 'Bearer' });
    }
    const format = formatFor(request.headers.accept);
    const page = Buffer.from(this.#options.page(format));
    const isCompressed = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    end(response, 200, isCompressed ? await compress(page, { level: 1 }) : page, {
      'content-type': CONTENT_TYPES[format],
      vary: 'accept, accept-encoding',
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
    });
  }

  #isAllowed(request: IncomingMessage): boolean {
    const { token } = this.#options;
    if (token === undefined) return true;
    return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
  }

  /** A web page that makes its own host name point to this machine (DNS rebinding) would read everything. */
  #isOurName(header: string | undefined): boolean {
    const name = (header ?? '').replace(/:\d+$/, '').toLowerCase();
    return name === 'localhost' || name === this.#options.host || isIP(name.replace(/^\[|\]$/g, '')) > 0;
  }
}

/** Equal lengths for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function end(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(body);
}
