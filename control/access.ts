import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

export const SESSION_COOKIE = 'ringdown_session';
const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;

/**
 * Decides who may come in. One token opens everything; a browser trades it for a signed cookie.
 * Sessions are not stored: the cookie is `expiry.HMAC`, so that a new token ends all of them.
 */
export class Access {
  readonly #token: string;
  readonly #clock: Clock;

  constructor(token: string, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  tokenMatches(candidate: string): boolean {
    return equalInConstantTime(candidate, this.#token);
  }

  /** @param header the value of `Authorization` */
  bearerMatches(header: string | undefined): boolean {
    const candidate = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
    return candidate !== undefined && this.tokenMatches(candidate);
  }

  issueSession(): { value: string; maxAgeSeconds: number } {
    const expiry = String(this.#clock.now() + SESSION_LIFETIME_MS);
    return { value: `${expiry}.${this.#sign(expiry)}`, maxAgeSeconds: SESSION_LIFETIME_MS / 1000 };
  }

  sessionValid(cookie: string | undefined): boolean {
    const [expiry, signature] = (cookie ?? '').split('.');
    if (!expiry || !signature || !equalInConstantTime(signature, this.#sign(expiry))) return false;
    return Number(expiry) > this.#clock.now();
  }

  /**
   * Opens one feed alone and is made to stand in a URL: calendars send no headers. It ends with the watcher's token.
   * @param feed its path
   */
  feedToken(feed: string): string {
    return this.#hmac(`feed ${feed}`);
  }

  feedTokenMatches(feed: string, candidate: string): boolean {
    return equalInConstantTime(candidate, this.feedToken(feed));
  }

  #sign(expiry: string): string {
    return this.#hmac(`session ${expiry}`);
  }

  #hmac(of: string): string {
    return createHmac('sha256', this.#token).update(of).digest('base64url');
  }
}

function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
