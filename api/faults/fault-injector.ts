import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import { ProblemError } from '../problems/problem.ts';
import { traced } from '../tracing.ts';
import { type Fault, parseTarget, strikes, type Target } from './fault.ts';

/** Looks like what the store itself would throw; the error handler cannot tell. */
class StoreUnavailable extends Error {
  readonly statusCode: number;

  constructor(store: string, status: number) {
    super(`injected fault: the ${store} store is unavailable`);
    this.name = 'StoreUnavailable';
    this.statusCode = status;
  }
}

/** The faults that are set, and their effect. They live in memory: a restart mends everything. */
export class FaultInjector {
  #faults = new Map<string, { fault: Fault; target: Target }>();
  #clock: Clock;
  #random: () => number;
  #closing = new AbortController();

  /** @param random uniform in [0, 1) */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  get faults(): Fault[] {
    return [...this.#faults.values()].map(({ fault }) => fault);
  }

  /** Replaces the fault of the same route. @param target what `fault.route` parses to */
  set(fault: Fault, target: Target): void {
    this.#faults.set(keyOf(target), { fault, target });
  }

  /** @returns false when that route has no fault */
  clear(route: string): boolean {
    const target = parseTarget(route);
    return target !== undefined && this.#faults.delete(keyOf(target));
  }

  clearAll(): void {
    this.#faults.clear();
  }

  /** Ends every delay at once, so that closing the server does not wait for them. */
  close(): void {
    this.#closing.abort();
  }

  /**
   * Called inside a handler, before its work. The first fault set that hits the request takes effect.
   * @throws StoreUnavailable from 500 on, ProblemError below
   */
  async strike(request: FastifyRequest): Promise<void> {
    if (this.#faults.size === 0) return;
    const pattern = request.routeOptions.url ?? '';
    const path = request.url.split('?', 1)[0]!;
    for (const { fault, target } of this.#faults.values()) {
      if (!strikes(target, request.method, pattern, path)) continue;
      if (this.#random() >= fault.rate) continue;
      await this.#fail(fault, storeOf(pattern));
      return;
    }
  }

  async #fail(fault: Fault, store: string): Promise<void> {
    await traced(`${store} store`, { 'ringdown.fault.route': fault.route }, async () => {
      if (fault.latency_ms > 0) await this.#delay(fault.latency_ms);
      if (fault.status === null) return;
      if (fault.status >= 500) throw new StoreUnavailable(store, fault.status);
      throw new ProblemError('injected_fault', `the ${store} refuse, as asked for`, { status: fault.status });
    });
  }

  async #delay(ms: number): Promise<void> {
    try {
      await this.#clock.timer(ms, this.#closing.signal);
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    }
  }
}

function keyOf({ method, place }: Target): string {
  return `${method ?? '*'} ${place}`;
}

/** The resource that a route is about: `posts` of `/v1/posts/:id`. */
function storeOf(pattern: string): string {
  return pattern.split('/').find((segment) => segment !== '' && !/^v\d+$/.test(segment)) ?? 'main';
}
