import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';

/** How long a request is known again. */
export const REPLAY_WINDOW_MS = 24 * 3_600_000;

export interface TakenRequest {
  /** A digest: what a vendor signs need not stand in a database. */
  key: string;
  /** RFC 3339. */
  at: string;
}

/**
 * Tells whether a request was taken before, within 24 hours and the last 100,000. A request that comes while the
 * first is still being carried out counts as taken.
 */
export class ReplayGuard {
  readonly #clock: Clock;
  readonly #save: (taken: TakenRequest) => Promise<unknown>;
  readonly #most: number;
  /** In the order of their time. */
  readonly #taken = new Map<string, number>();

  /** @param save brings a key to the disk, or keeps it until that is possible; never rejects */
  constructor(clock: Clock, save: (taken: TakenRequest) => Promise<unknown> = async () => {}, most = 100_000) {
    this.#clock = clock;
    this.#most = most;
    this.#save = save;
  }

  /** What an earlier process took. */
  remember(earlier: readonly TakenRequest[]): void {
    for (const { key, at } of earlier) if (!this.#taken.has(key)) this.#taken.set(key, Date.parse(at));
    this.#forgetOld();
  }

  /** @returns null when it was taken before; otherwise what to call when it was carried out, or could not be */
  take(sender: string, replayKey: string): { carriedOut(): Promise<unknown>; failed(): void } | null {
    const key = createHash('sha256').update(`${sender}\n${replayKey}`).digest('base64url');
    const now = this.#clock.now();
    const before = this.#taken.get(key);
    // A clock that was set back must not let a request in again.
    if (before !== undefined && now - before < REPLAY_WINDOW_MS) return null;
    this.#taken.delete(key);
    this.#taken.set(key, now);
    this.#forgetOld();
    return {
      carriedOut: () => this.#save({ key, at: new Date(now).toISOString() }),
      failed: () => void this.#taken.delete(key),
    };
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [key, at] of this.#taken) {
      if (this.#taken.size <= this.#most && now - at < REPLAY_WINDOW_MS) break;
      this.#taken.delete(key);
    }
  }
}
