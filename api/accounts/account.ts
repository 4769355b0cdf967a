export interface Account {
  id: string;
  /** Lower case. */
  email: string;
  /** As written by `Passwords.hash`. */
  password_hash: string;
  /** Milliseconds since the Unix epoch. */
  created_at: number;
}

/** Where accounts are kept. Rejects when the store fails. */
export interface AccountRepository {
  /** @returns false when the e-mail is taken; nothing was stored */
  add(account: Account): Promise<boolean>;
  byId(id: string): Promise<Account | undefined>;
  /** @param email lower case */
  byEmail(email: string): Promise<Account | undefined>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
  /** Removes the account with its posts and sessions, at once or not at all. */
  remove(id: string): Promise<void>;
}

/** E-mail addresses are compared without regard to case. */
export function normalizeEmail(email: string): string {
  return email.toLowerCase();
}
