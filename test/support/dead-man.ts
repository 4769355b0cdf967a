import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A stand-in for a dead-man service: it rings when no call came for two periods. */
export class DeadMan {
  /** Monotonic milliseconds of this process. */
  readonly calls: number[] = [];
  readonly alarms: number[] = [];
  readonly periodMs: number;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(periodMs: number) {
    this.periodMs = periodMs;
  }

  static async start(periodMs: number): Promise<DeadMan> {
    const deadMan = new DeadMan(periodMs);
    deadMan.#server = createServer((request, response) => {
      request.resume();
      deadMan.#called();
      response.writeHead(200).end('OK');
    }).listen(0, '127.0.0.1');
    await once(deadMan.#server, 'listening');
    return deadMan;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}/ping/check`;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const server = this.#server!;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  #called(): void {
    this.calls.push(performance.now());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.alarms.push(performance.now()), 2 * this.periodMs);
  }
}
