import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface VendorCall {
  /** Monotonic milliseconds of this process. */
  atMs: number;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface VendorReply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** How the stand-in behaves for a while: by its own rules, or badly. */
export type Mood = 'normal' | 'rate_limited' | 'failing' | 'hanging' | 'resetting' | 'dripping';

export interface VendorServer {
  readonly url: string;
  /** Calls that the vendor's rules accepted. */
  readonly accepted: VendorCall[];
  /** Everything that arrived. */
  readonly calls: VendorCall[];
  mood: Mood;
  close(): Promise<void>;
}

export const RETRY_AFTER_SECONDS = 7;

/**
 * A stand-in for a vendor on loopback: it refuses what the vendor's documentation says is refused.
 * @param judge the vendor's rules; a status of 2xx counts as accepted
 */
export async function vendorServer(judge: (call: VendorCall) => VendorReply): Promise<VendorServer> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url!, 'http://stand-in');
      const call: VendorCall = {
        atMs: performance.now(),
        method: request.method!,
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      vendor.calls.push(call);
      answer(call, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });

  function answer(call: VendorCall, response: ServerResponse): void {
    switch (vendor.mood) {
      case 'hanging':
        return;
      case 'resetting':
        return void response.socket?.resetAndDestroy();
      case 'dripping':
        response.writeHead(200, { 'content-length': '1000' });
        return void response.write('{');
      case 'rate_limited':
        return void response
          .writeHead(429, { 'retry-after': String(RETRY_AFTER_SECONDS) })
          .end('{"message":"slow down"}');
      case 'failing':
        return void response.writeHead(503).end('upstream is away');
      case 'normal': {
        const { status, headers = {}, body = '' } = judge(call);
        if (status < 300) vendor.accepted.push(call);
        return void response.writeHead(status, headers).end(body);
      }
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const vendor: VendorServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted: [],
    calls: [],
    mood: 'normal',
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return vendor;
}
