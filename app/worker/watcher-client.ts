import { toError } from '../../core/errors.ts';
import type { Bundle, JobReport, LeaseAnswer, ReportOutcome, WorkerHello } from '../../scenarios/workers/protocol.ts';
import { WORKER_PROTOCOL } from '../../scenarios/workers/protocol.ts';

/** `away`: try again. `refused`: what was sent is wrong. `turned_away`: no request of this worker will ever be answered. */
export type Asked<T> =
  | { readonly answer: T }
  | { readonly trouble: 'away' | 'refused' | 'turned_away'; readonly reason: string };

/** Of a watcher that answers; a lease waits this much longer. */
const ANSWER_WITHIN_MS = 10_000;

export interface WatcherClientOptions {
  /** Where the watcher answers, without a path. */
  url: string;
  token: string;
  worker: WorkerHello;
  fetch?: typeof fetch;
}

/** The watcher's HTTP API as a worker uses it. Never rejects. */
export class WatcherClient {
  readonly #options: WatcherClientOptions;

  constructor(options: WatcherClientOptions) {
    this.#options = options;
  }

  lease(capacity: number, waitMs: number, abort: AbortSignal): Promise<Asked<LeaseAnswer>> {
    return this.#post('lease', { capacity, wait_ms: waitMs }, abort, waitMs);
  }

  heartbeat(leases: readonly string[], abort: AbortSignal): Promise<Asked<unknown>> {
    return this.#post('heartbeat', { leases }, abort);
  }

  report(report: JobReport, abort: AbortSignal): Promise<Asked<{ outcome: ReportOutcome }>> {
    return this.#post('results', { report }, abort);
  }

  bundle(id: string, abort: AbortSignal): Promise<Asked<Bundle>> {
    return this.#ask(`bundles/${id}`, {}, abort, 0);
  }

  #post<T>(path: string, body: object, abort: AbortSignal, waitMs = 0): Promise<Asked<T>> {
    const { worker } = this.#options;
    return this.#ask(
      path,
      { method: 'POST', body: JSON.stringify({ protocol: WORKER_PROTOCOL, worker, ...body }) },
      abort,
      waitMs,
    );
  }

  async #ask<T>(path: string, init: RequestInit, abort: AbortSignal, waitMs: number): Promise<Asked<T>> {
    const { url, token, fetch: ask = fetch } = this.#options;
    try {
      const response = await ask(`${url}/api/v1/workers/${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...(init.body ? { 'content-type': 'application/json' } : {}) },
        // The token must not follow to another host.
        redirect: 'error',
        signal: AbortSignal.any([abort, AbortSignal.timeout(waitMs + ANSWER_WITHIN_MS)]),
      });
      if (response.ok) return judged((await response.json()) as T);
      const { status } = response;
      const { detail, code } = (await response.json().catch(() => ({}))) as { detail?: string; code?: string };
      const reason = detail ?? `it answered ${status}`;
      if (status === 401 || status === 403 || code === 'WORKER_PROTOCOL') return { trouble: 'turned_away', reason };
      if (status === 404 && code === undefined)
        return { trouble: 'turned_away', reason: 'there is no watcher that knows workers' };
      return { trouble: status < 500 && status !== 408 && status !== 429 ? 'refused' : 'away', reason };
    } catch (thrown) {
      const { message, cause } = toError(thrown);
      const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : undefined;
      return { trouble: 'away', reason: why ?? message };
    }
  }
}

/** Where it says which exchange it speaks, that must be ours. */
function judged<T>(answer: T): Asked<T> {
  const { protocol = WORKER_PROTOCOL } = answer as { protocol?: number };
  return protocol === WORKER_PROTOCOL
    ? { answer }
    : {
        trouble: 'turned_away',
        reason: `the watcher speaks version ${protocol} of the worker protocol, and this worker ${WORKER_PROTOCOL}`,
      };
}
