import { BoundedQueue } from '../../core/bounded-queue.ts';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { toError } from '../../core/errors.ts';
import { backoffMs } from '../../core/retry.ts';

const QUEUE_CAPACITY = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
const MOST_TRIES = 8;
const BACKOFF = { firstMs: 200, maxMs: 10_000 };

interface Deps {
  clock: Clock;
  url(): string;
  /** Of the relay, where it wants one. */
  token: string | undefined;
  onLost(reason: string): void;
}

interface Sending {
  path: '/v1/traces' | '/v1/logs';
  request: object;
}

/**
 * Sends what the watcher itself has to tell to the relay in the background: the spans of its runs and its annotations.
 * While the relay is away 1,000 requests wait; what does not fit or is refused is told, and runs go on.
 */
export class TelemetrySender implements Component {
  readonly #queue = new BoundedQueue<Sending>(QUEUE_CAPACITY);
  readonly #stop = new AbortController();
  readonly #deps: Deps;
  #worker: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#worker ??= this.#work();
  }

  /** @param request an ExportTraceServiceRequest in OTLP/JSON */
  spans(request: object): void {
    this.#offer({ path: '/v1/traces', request });
  }

  /** @param request an ExportLogsServiceRequest in OTLP/JSON */
  logs(request: object): void {
    this.#offer({ path: '/v1/logs', request });
  }

  #offer(sending: Sending): void {
    if (!this.#queue.offer(sending)) this.#deps.onLost('too much waits for the relay');
  }

  async shutdown(abort: AbortSignal): Promise<void> {
    this.#queue.close();
    abort.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (abort.aborted) this.#stop.abort();
    await this.#worker;
  }

  async #work(): Promise<void> {
    for (let next = await this.#queue.take(); next; next = await this.#queue.take()) {
      const lost = await this.#deliver(next.path, JSON.stringify(next.request));
      if (lost) this.#deps.onLost(lost);
    }
  }

  /** @returns why it was given up, or undefined when it arrived */
  async #deliver(path: Sending['path'], body: string): Promise<string | undefined> {
    let reason = 'shutting down';
    for (let attempt = 1; attempt <= MOST_TRIES && !this.#stop.signal.aborted; attempt++) {
      try {
        const response = await fetch(this.#deps.url() + path, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(this.#deps.token ? { authorization: `Bearer ${this.#deps.token}` } : {}),
          },
          body,
          signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
        });
        const answer = await response.text();
        if (response.ok) return undefined;
        reason = `the relay answered ${response.status}: ${answer.slice(0, 200)}`;
        if (response.status < 500 && response.status !== 429) return reason;
      } catch (error) {
        reason = toError(error).message;
      }
      await this.#deps.clock.timer(backoffMs(BACKOFF, attempt, Math.random), this.#stop.signal).catch(() => {});
    }
    return reason;
  }
}
