import { connect, isIP } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { classifyAddress } from '../../scenarios/engine/http/ip-address.ts';
import type { Failure } from '../../scenarios/run-result.ts';

/** Opens a connection and closes it again. Rejects where none comes about. */
export type Knock = (host: string, port: number, abort: AbortSignal) => Promise<void>;

const KNOCK_MS = 2_000;
/** Monitors that fail together share one answer. */
const ANSWER_HOLDS_MS = 5_000;

/**
 * Places that answer whenever the network does. When a monitor cannot reach its service and none of these answers
 * either, it is the watcher that is offline, which says nothing about the service.
 */
export class ControlTargets {
  readonly #targets: readonly { host: string; port: number }[];
  readonly #clock: Clock;
  readonly #knock: Knock;
  #asked: { at: number; offline: Promise<boolean> } | null = null;

  /** @param urls http or https */
  constructor(urls: readonly string[], clock: Clock, knock: Knock = knockOverTcp) {
    this.#targets = urls.map((url) => {
      const { hostname, port, protocol } = new URL(url);
      return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
    });
    this.#clock = clock;
    this.#knock = knock;
  }

  /** True when not one of them answers within two seconds; false as soon as one does, and where there are none. */
  offline(): Promise<boolean> {
    if (this.#targets.length === 0) return Promise.resolve(false);
    const now = this.#clock.monotonic();
    if (!this.#asked || now - this.#asked.at >= ANSWER_HOLDS_MS) this.#asked = { at: now, offline: this.#ask() };
    return this.#asked.offline;
  }

  async #ask(): Promise<boolean> {
    const enough = new AbortController();
    const tooLong = this.#clock.timer(KNOCK_MS, enough.signal).then(
      () => true,
      () => true, // one of them answered, or none can: the race is decided
    );
    const answered = Promise.any(this.#targets.map(({ host, port }) => this.#knock(host, port, enough.signal))).then(
      () => false,
      () => true,
    );
    const offline = await Promise.race([answered, tooLong]);
    enough.abort(new Error('answered'));
    return offline;
  }
}

const knockOverTcp: Knock = (host, port, abort) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal: abort });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });

/** Whether a network that is gone could explain the failure: what answers on this machine or beside it needs none. */
export function mayBeOurNetwork({ kind, request }: Failure): boolean {
  if (kind !== 'network' && kind !== 'timeout') return false;
  if (request === null || !URL.canParse(request.url)) return true;
  const host = new URL(request.url).hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return false;
  return isIP(host) === 0 || classifyAddress(host) === 'public';
}
