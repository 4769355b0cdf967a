/** A burst is a twelfth of a minute's worth, and at least two where the limit allows. */
const BURST_OF_A_MINUTE = 12;
/** The way to the vendor is not always equally long: what left evenly may arrive a little closer together. */
const ROOM = 0.98;
const MINUTE_MS = 60_000;

/**
 * At most so many in any sixty seconds: a small burst, and besides it an even flow that together never exceed the limit.
 * A new one holds a single token, so that a process that is restarted again and again stays below the limit as well.
 * Times are monotonic milliseconds.
 */
export class TokenBucket {
  readonly burst: number;
  readonly #msPerToken: number;
  #tokens = 1;
  #filledAt: number;

  /** @param perMinute 1 or more */
  constructor(perMinute: number, now: number) {
    this.burst = Math.max(1, Math.min(2, Math.floor(perMinute / 2)), Math.floor(perMinute / BURST_OF_A_MINUTE));
    this.#msPerToken = MINUTE_MS / (Math.max(perMinute - this.burst, perMinute / 2) * ROOM);
    this.#filledAt = now;
  }

  /** Takes a token. @returns false when there is none yet */
  take(now: number): boolean {
    if (this.readyAt(now) > now) return false;
    this.#tokens -= 1;
    return true;
  }

  /** What it was taken for was not done. */
  giveBack(): void {
    this.#tokens = Math.min(this.burst, this.#tokens + 1);
  }

  /** When there will be a token; `now` where there is one. */
  readyAt(now: number): number {
    this.#tokens = Math.min(this.burst, this.#tokens + (now - this.#filledAt) / this.#msPerToken);
    this.#filledAt = now;
    // Rounding must not wake anybody a hair too early, over and over.
    if (this.#tokens >= 1 - 1e-9) return now;
    return now + Math.max(1, Math.ceil((1 - this.#tokens) * this.#msPerToken));
  }
}
