import type { Clock } from '../../core/clock.ts';
import { packLines } from './pack.ts';
import { sendStream } from './send-stream.ts';
import { sendDatagrams } from './send-udp.ts';
import type { StatsdTarget } from './target.ts';

export interface StatsdSenderOptions {
  target: StatsdTarget;
  clock: Clock;
  /** Of a datagram. Default 1,432: what fits an Ethernet frame whatever the headers. */
  maxPacketBytes?: number;
  /**
   * Pace of everything sent, whatever waits: servers drop what comes faster than they read, over TCP as well
   * (Telegraf's `allowed_pending_messages`). Default 100,000.
   */
  linesPerSecond?: number;
}

interface Delivery {
  done: Promise<void>;
  /** Callers that wait for it. */
  waiting: number;
  stop: AbortController;
}

const MAX_PACKET_BYTES = 1_432;
const STREAM_PACKET_BYTES = 8 * 2 ** 10;
const LINES_PER_SECOND = 100_000;
/** What may go out at once before the pace is kept. */
const BURST_MS = 10;
/** Deliveries that were given up by their callers and go on. Each holds a copy of its lines. */
const MAX_LEFT = 4;

/**
 * Sends newline-separated StatsD lines to a server. Over TCP and unix sockets a delivery is confirmed by the server
 * ending the connection after ours (see send-stream.ts); over UDP by nothing.
 *
 * StatsD has no ids, so whatever is sent twice counts twice. A server that hangs must not multiply what it gets by the
 * number of attempts: a delivery whose caller gives up goes on, and the next `send` of the same key joins it.
 */
export class StatsdSender {
  readonly #target: StatsdTarget;
  readonly #clock: Clock;
  readonly #maxPacketBytes: number;
  readonly #linesPerMs: number;
  readonly #underWay = new Map<string, Delivery>();
  /** When, by the monotonic clock, everything sent so far is within the pace. */
  #paidUntil = 0;

  constructor({ target, clock, maxPacketBytes, linesPerSecond }: StatsdSenderOptions) {
    this.#target = target;
    this.#clock = clock;
    this.#maxPacketBytes = target.protocol === 'udp' ? (maxPacketBytes ?? MAX_PACKET_BYTES) : STREAM_PACKET_BYTES;
    this.#linesPerMs = (linesPerSecond ?? LINES_PER_SECOND) / 1_000;
  }

  /**
   * Resolves once everything is delivered, as far as the protocol tells; rejects when it was not, or with the reason of
   * `abort`, and then the delivery goes on.
   * @param key names the content: equal keys are the same lines. Positions of spool records do.
   * @param lines copied before it returns
   */
  async send(key: string, lines: Uint8Array, abort: AbortSignal): Promise<void> {
    abort.throwIfAborted();
    const delivery = this.#underWay.get(key) ?? this.#begin(key, lines);
    delivery.waiting++;
    try {
      await unlessAborted(delivery.done, abort);
      this.#underWay.delete(key);
    } finally {
      delivery.waiting--;
      this.#giveUpOldest();
    }
  }

  #begin(key: string, lines: Uint8Array): Delivery {
    const stop = new AbortController();
    const delivery: Delivery = { done: this.#deliver(lines, stop.signal), waiting: 0, stop };
    delivery.done.catch(() => {
      if (this.#underWay.get(key) === delivery) this.#underWay.delete(key);
    });
    this.#underWay.set(key, delivery);
    return delivery;
  }

  #giveUpOldest(): void {
    const left = [...this.#underWay].filter(([, { waiting }]) => waiting === 0);
    for (const [key, { stop }] of left.slice(0, -MAX_LEFT)) {
      this.#underWay.delete(key);
      stop.abort(new Error('too many deliveries wait for this server'));
    }
  }

  async #deliver(lines: Uint8Array, abort: AbortSignal): Promise<void> {
    const packets = packLines(lines, this.#maxPacketBytes);
    if (packets.length === 0) return;
    const pace = (count: number) => this.#pace(count, abort);
    const target = this.#target;
    if (target.protocol === 'udp') await sendDatagrams(target, packets, pace, this.#clock, abort);
    else if ('path' in target) await sendStream({ path: target.path }, packets, pace, abort);
    else await sendStream({ host: target.host, port: target.port }, packets, pace, abort);
  }

  async #pace(lines: number, abort: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    this.#paidUntil = Math.max(this.#paidUntil, now) + lines / this.#linesPerMs;
    const early = this.#paidUntil - now - BURST_MS;
    if (early > 0) await this.#clock.timer(early, abort);
  }

  /** Ends what is under way. */
  close(): void {
    for (const { stop } of this.#underWay.values()) stop.abort(new Error('shutting down'));
    this.#underWay.clear();
  }
}

function unlessAborted(work: Promise<void>, abort: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abort.reason);
    abort.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => abort.removeEventListener('abort', onAbort));
  });
}
