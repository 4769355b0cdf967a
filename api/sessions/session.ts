/** One sign-in. Its refresh tokens form a family: each is used once, and the use of a spent one ends the session. */
export interface Session {
  id: string;
  account_id: string;
  /** Milliseconds since the Unix epoch. */
  created_at: number;
  /** Absolute: refreshing does not extend it. */
  expires_at: number;
}

export type Rotation =
  | { outcome: 'rotated'; session: Session }
  /** The token was spent already: somebody has a copy. The session is revoked. */
  | { outcome: 'reused'; session: Session }
  /** Unknown, expired or revoked. */
  | { outcome: 'refused' };

/** Where sessions are kept. Rejects when the store fails. Hashes are SHA-256 in hexadecimal. */
export interface SessionRepository {
  /** @returns false when the account is gone */
  add(session: Session, refreshTokenHash: string): Promise<boolean>;
  /** @returns undefined when there is none, or it is revoked or expired at `now` */
  active(id: string, now: number): Promise<Session | undefined>;
  /** Spends one refresh token and stores the next, at once or not at all. */
  rotate(spentHash: string, nextHash: string, now: number): Promise<Rotation>;
  /** Idempotent. */
  revoke(id: string, now: number): Promise<void>;
  /** Forgets sessions that ended before `before`. @returns how many */
  purge(before: number): Promise<number>;
}
