import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A small service to watch: every path answers 200 and its own description, unless a test breaks it. */
export class Shop {
  /** Status by path; others answer 200. */
  readonly broken = new Map<string, number>();
  readonly requests: string[] = [];
  #server: Server | undefined;

  static async start(): Promise<Shop> {
    const shop = new Shop();
    shop.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://shop');
      shop.requests.push(described(request));
      const status = shop.broken.get(pathname) ?? 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ path: request.url, headers: request.headers }));
    }).listen(0, '127.0.0.1');
    await once(shop.#server, 'listening');
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const server = this.#server!;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

function described({ method, url }: IncomingMessage): string {
  return `${method} ${url}`;
}
