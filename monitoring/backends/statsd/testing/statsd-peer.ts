import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { parseStatsd } from '../../../statsd/index.ts';

/** For tests: a StatsD server over TCP, in memory. It ends a connection once it has read it, as StatsD servers do. */
export class StatsdPeer {
  #server: Server | undefined;
  #port = 0;
  #sockets = new Set<Socket>();
  #isHeld = false;
  lines: string[] = [];

  get url(): string {
    return `tcp://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#read(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  #read(socket: Socket): void {
    const chunks: Buffer[] = [];
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => this.lines.push(...Buffer.concat(chunks).toString().split('\n').filter(Boolean)));
    if (this.#isHeld) socket.pause();
  }

  /** Sum of a counter, with its sampling rates. */
  counter(name: string): number {
    const metrics = this.lines.map((line) => parseStatsd(line)!).filter((metric) => metric.name === name);
    return metrics.reduce((sum, { values, sampleRate }) => sum + values[0]! / sampleRate, 0);
  }

  /** Accepts connections and reads nothing, until `resume`. */
  hold(): void {
    this.#isHeld = true;
  }

  resume(): void {
    this.#isHeld = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }
}
