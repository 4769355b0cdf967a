import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Requests to the reference API at a steady pace. Each carries its number in the path: `/v1/posts/load-<number>`. */
export class Load {
  /** Numbers of requests that were answered, or were sent and never answered. */
  sent = 0;
  failed: string[] = [];
  /** Milliseconds, in the order of the answers. */
  latencies: number[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #url: string;
  readonly #perSecond: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(apiUrl: string, perSecond: number) {
    this.#url = apiUrl;
    this.#perSecond = perSecond;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends when every request has its answer. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    const began = performance.now();
    const underWay = new Set<Promise<void>>();
    while (!this.#stop.signal.aborted) {
      // By the clock, so that a late turn is made up for.
      const due = Math.floor(((performance.now() - began) / 1_000) * this.#perSecond);
      while (this.sent < due && underWay.size < 200) {
        const asked = this.#ask(this.sent++).finally(() => underWay.delete(asked));
        underWay.add(asked);
      }
      await wait(10);
    }
    await Promise.all(underWay);
  }

  #ask(number: number): Promise<void> {
    return new Promise((resolve) => {
      const began = performance.now();
      const end = (failure?: string) => {
        if (failure) this.failed.push(`${number}: ${failure}`);
        this.latencies.push(performance.now() - began);
        resolve();
      };
      const sent = request(`${this.#url}/v1/posts/load-${number}`, { agent: this.#agent }, (answer) => {
        answer.resume();
        answer.on('end', () => end(answer.statusCode === 401 ? undefined : `status ${answer.statusCode}`));
      });
      sent.on('error', (error) => end(error.message));
      sent.end();
    });
  }

  /** Latencies since `from` were measured, at this quantile. Milliseconds. */
  quantile(q: number, from = 0): number {
    const sorted = this.latencies.slice(from).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
  }
}
