import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import { systemClock } from '../../../../core/clock.ts';
import { type Lookup, systemNames } from '../connector.ts';
import { type HttpRequest, HttpSession } from '../http-session.ts';
import { createUrlPolicy } from '../url-policy.ts';

/** Servers and sessions of one test; all of them are gone after it. */
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** @returns the port, which the system chose */
export async function listen(server: Server, address = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, address);
  await once(server, 'listening');
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export const serve = (listener: RequestListener) => listen(createServer(listener));

/** A server that answers the first bytes of each connection with raw bytes, then leaves it to `after`. */
export const serveRaw = (answer: string | Buffer, after: (socket: Socket) => void = (socket) => socket.end()) =>
  listen(
    createTcpServer((socket) => {
      socket.once('data', () => {
        socket.write(answer);
        after(socket);
      });
    }),
  );

export function session(allowed: string[], more: { lookup?: Lookup; bodyLimitBytes?: number } = {}): HttpSession {
  const made = new HttpSession({
    clock: systemClock,
    policy: createUrlPolicy(allowed),
    lookup: more.lookup ?? systemNames,
    bodyLimitBytes: more.bodyLimitBytes ?? 10 * 2 ** 20,
  });
  cleanups.push(() => made.close());
  return made;
}

export const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: new URL(url),
  headers: {},
  body: null,
  maxRedirects: 0,
  ...more,
});

/** Names that lead to this machine, as `api.example` does. */
export const toLoopback: Lookup = (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);

export const forever = new AbortController().signal;
