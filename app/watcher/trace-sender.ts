import { BoundedQueue } from '../../core/bounded-queue.ts';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { toError } from '../../core/errors.ts';
import { backoffMs } from '../../core/retry.ts';

const QUEUE_CAPACITY = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
const MOST_TRIES = 8;
const BACKOFF = { firstMs: 200, maxMs: 10_000 };

/**
 * Sends the scenario runner's own spans to the relay, one OTLP/JSON request per run, in the background.
 * While the relay is away the newest 1,000 runs wait; what does not fit or is refused is counted, and runs go on.
 */
export class TraceSender implements Component {
  readonly #queue = new BoundedQueue<object>(QUEUE_CAPACITY);
  readonly #stop = new AbortController();
  readonly #deps: {
    clock: Clock;
    url(): string;
    onLost(reason: string): void;
  };
  #worker: Promise<void> | undefined;

  constructor(deps: { clock: Clock; url(): string; onLost(reason: string): void }) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#worker ??= this.#work();
  }

  /** @param request an ExportTraceServiceRequest in OTLP/JSON */
  send(request: object): void {
    if (!this.#queue.offer(request)) this.#deps.onLost('too many runs wait for the relay');
  }

  async shutdown(abort: AbortSignal): Promise<void> {
    this.#queue.close();
    abort.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (abort.aborted) this.#stop.abort();
    await this.#worker;
  }

  async #work(): Promise<void> {
    for (let request = await this.#queue.take(); request; request = await this.#queue.take()) {
      const lost = await this.#deliver(JSON.stringify(request));
      if (lost) this.#deps.onLost(lost);
    }
  }

  /** @returns why it was given up, or undefined when it arrived */
  async #deliver(body: string): Promise<string | undefined> {
    let reason = 'shutting down';
    for (let attempt = 1; attempt <= MOST_TRIES && !this.#stop.signal.aborted; attempt++) {
      try {
        const response = await fetch(`${this.#deps.url()}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
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
