import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedPage {
  /** Monotonic milliseconds of the receiver's process. */
  atMs: number;
  event: string;
  delivery_id: string;
  dedup_key: string;
  incident: {
    id: string;
    title: string;
    priority: string;
    service: string;
    environment: string;
    state: string;
    url: string;
    monitors: string[];
    cause: {
      monitor: string;
      step: string;
      message: string;
      expected: string | null;
      actual: string | null;
      server_error: string | null;
      trace_id: string;
      run_id: string;
      run_url: string;
    };
  };
}

/** A webhook receiver that verifies signatures and keeps what it accepted. */
export class Receiver {
  readonly pages: ReceivedPage[] = [];
  readonly secret = 'acceptance-secret';
  #server: Server | undefined;
  #waiting: { matches: (page: ReceivedPage) => boolean; resolve: (page: ReceivedPage) => void }[] = [];

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.#listen();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}/page`;
  }

  /**
   * Every delivery once. A watcher whose clock runs faster waits less for an answer than it takes here when the machine is
   * busy, and sends the same delivery again, as it must.
   */
  get deliveries(): ReceivedPage[] {
    return [...new Map(this.pages.map((page) => [page.delivery_id, page])).values()];
  }

  /** The first page that matches, one that came already included. */
  page(matches: (page: ReceivedPage) => boolean, withinMs: number): Promise<ReceivedPage> {
    const known = this.pages.find(matches);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const seen = () => this.pages.map(({ event, incident }) => `${event} ${incident.title}`).join('; ') || 'nothing';
      const timer = setTimeout(
        () => reject(new Error(`no such page within ${withinMs} ms; received: ${seen()}`)),
        withinMs,
      );
      this.#waiting.push({
        matches,
        resolve: (page) => {
          clearTimeout(timer);
          resolve(page);
        },
      });
    });
  }

  async close(): Promise<void> {
    const server = this.#server!;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async #listen(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString('utf8');
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['ringdown-signature'])) ?? [];
      const expected = createHmac('sha256', this.secret).update(`${t}.${body}`).digest('hex');
      if (v1 !== expected) return void response.writeHead(401).end();
      const page: ReceivedPage = { atMs: performance.now(), ...JSON.parse(body) };
      this.pages.push(page);
      response.writeHead(204).end();
      this.#waiting = this.#waiting.filter((waiter) => {
        if (!waiter.matches(page)) return true;
        waiter.resolve(page);
        return false;
      });
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }
}
