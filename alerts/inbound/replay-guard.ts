import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';

/** How long a request is known again. */
export const REPLAY_WINDOW_MS = 24 * 3_600_000;

/** How long one is known again that bears no time of its own: longer than what it answers can be open. */
const LASTING_MS = 400 * 24 * 3_600_000;

export interface TakenRequest {
  /** A digest: what a vendor signs need not stand in a database. */
  key: string;
  /** RFC 3339: it is known for 24 hours from then. Of one that is known for longer it lies ahead. */
  at: string;
}

/**
 * Tells whether a request was taken before, within 24 hours and the last 100,000; those that bear no time of their own,
 * within 400 days and the last 100,000 of them. A request that comes while the first is still being carried out counts
 * as taken.
 */
export class ReplayGuard {
  readonly #clock: Clock;
  readonly #save: (taken: TakenRequest) => Promise<unknown>;
  readonly #most: number;
  /** In the order of their time. */
  readonly #taken = new Map<string, number>();
  /** Those that bear no time: a flood of others must not make them forgotten. */
  readonly #lasting = new Map<string, number>();

  /** @param save brings a key to the disk, or keeps it until that is possible; never rejects */
  constructor(clock: Clock, save: (taken: TakenRequest) => Promise<unknown> = async () => {}, most = 100_000) {
    this.#clock = clock;
    this.#most = most;
    this.#save = save;
  }

  /** What an earlier process took. */
  remember(earlier: readonly TakenRequest[]): void {
    const now = this.#clock.now();
    for (const { key, at } of earlier) {
      const until = Date.parse(at);
      const requests = until - now > REPLAY_WINDOW_MS ? this.#lasting : this.#taken;
      if (!requests.has(key)) requests.set(key, until);
    }
    this.#forgetOld();
  }

  /**
   * @param lasting it bears no time of its own, so that nothing but this makes it worthless later
   * @returns null when it was taken before; otherwise what to call when it was carried out, or could not be
   */
  take(sender: string, replayKey: string, lasting = false): { carriedOut(): Promise<unknown>; failed(): void } | null {
    const key = createHash('sha256').update(`${sender}\n${replayKey}`).digest('base64url');
    const now = this.#clock.now();
    const before = this.#lasting.get(key) ?? this.#taken.get(key);
    // A clock that was set back must not let a request in again.
    if (before !== undefined && now - before < REPLAY_WINDOW_MS) return null;
    const at = lasting ? now + LASTING_MS - REPLAY_WINDOW_MS : now;
    const requests = lasting ? this.#lasting : this.#taken;
    requests.delete(key);
    requests.set(key, at);
    this.#forgetOld();
    return {
      carriedOut: () => this.#save({ key, at: new Date(at).toISOString() }),
      failed: () => void requests.delete(key),
    };
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const requests of [this.#taken, this.#lasting]) {
      for (const [key, at] of requests) {
        if (requests.size <= this.#most && now - at < REPLAY_WINDOW_MS) break;
        requests.delete(key);
      }
    }
  }
}
