import type { Clock } from '../../core/clock.ts';
import type { RateLimit } from '../notifier.ts';
import { TokenBucket } from './token-bucket.ts';

/** Every so many turns, one goes to whoever has waited longest, if that is longer than this. */
const TURNS_BY_RANK = 9;
const LONG_MS = 60_000;

/** What a lane would send next. */
export interface Offer {
  /** Lower goes first. */
  rank: number;
  /** Monotonic. */
  waitsSince: number;
  /** Sends it. */
  go(): void;
}

export interface Lane {
  /** The one of the lowest rank that may leave now, or, for once, the one that has waited longest. */
  offer(now: number, longest: boolean): Offer | undefined;
}

/**
 * An account at a vendor. The channels that share it share its limit, and what the vendor asks of one it asks of all:
 * the most urgent notification of any of them goes first. One turn in ten goes to whoever has waited longest, so that a
 * storm of urgent ones delays the others but never holds them for good.
 */
export class Account {
  readonly limited: boolean;
  /** Monotonic; before it nobody is to call. */
  pausedUntil = Number.NEGATIVE_INFINITY;
  /** Monotonic; when it last took anything. */
  acceptedAt = Number.NEGATIVE_INFINITY;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket | null;
  readonly #lanes: Lane[] = [];
  #turnsByRank = 0;
  #wake: { due: number; abort: AbortController } | null = null;
  #stopped = false;

  /** @param limit null where the vendor names none */
  constructor(limit: RateLimit | null, clock: Clock) {
    this.#clock = clock;
    this.limited = limit !== null;
    this.#bucket = limit && new TokenBucket(limit.per_minute, clock.monotonic());
  }

  join(lane: Lane): void {
    this.#lanes.push(lane);
  }

  /** Lets leave what may, in its order. */
  pump(): void {
    if (this.#stopped) return;
    const now = this.#clock.monotonic();
    if (this.pausedUntil > now) {
      this.#sleepUntil(this.pausedUntil, now);
      return;
    }
    for (;;) {
      if (this.#bucket && this.#bucket.readyAt(now) > now) {
        this.#sleepUntil(this.#bucket.readyAt(now), now);
        return;
      }
      const offer = this.#next(now);
      if (!offer) return;
      this.#bucket?.take(now);
      offer.go();
    }
  }

  pauseUntil(at: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, at);
  }

  /** A turn that somebody had was not used. */
  giveBack(): void {
    this.#bucket?.giveBack();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.abort.abort(new Error('shutting down'));
  }

  #next(now: number): Offer | undefined {
    if (this.#turnsByRank >= TURNS_BY_RANK) {
      const longest = this.#best(now, true, (a, b) => a.waitsSince - b.waitsSince);
      if (longest && now - longest.waitsSince >= LONG_MS) {
        this.#turnsByRank = 0;
        return longest;
      }
    }
    this.#turnsByRank = Math.min(TURNS_BY_RANK, this.#turnsByRank + 1);
    return this.#best(now, false, (a, b) => a.rank - b.rank || a.waitsSince - b.waitsSince);
  }

  #best(now: number, longest: boolean, compare: (a: Offer, b: Offer) => number): Offer | undefined {
    let best: Offer | undefined;
    for (const lane of this.#lanes) {
      const offer = lane.offer(now, longest);
      if (offer && (!best || compare(offer, best) < 0)) best = offer;
    }
    return best;
  }

  #sleepUntil(due: number, now: number): void {
    if (this.#wake && this.#wake.due <= due) return;
    this.#wake?.abort.abort(new Error('superseded'));
    const abort = new AbortController();
    this.#wake = { due, abort };
    this.#clock.timer(due - now, abort.signal).then(
      () => {
        this.#wake = null;
        this.pump();
      },
      () => undefined, // superseded by an earlier one, or stopped
    );
  }
}
