import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { type AccountRepository, normalizeEmail } from './account.ts';
import type { Passwords } from './passwords.ts';

export const QA_EMAIL = 'qa@example.com';

/** Makes sure that the account exists and takes this password. Idempotent. */
export async function seedAccount(
  deps: { accounts: AccountRepository; passwords: Passwords; clock: Clock },
  email: string,
  password: string,
): Promise<void> {
  const { accounts, passwords, clock } = deps;
  const normalized = normalizeEmail(email);
  const existing = await accounts.byEmail(normalized);
  if (existing && (await passwords.verify(password, existing.password_hash))) return;
  const passwordHash = await passwords.hash(password);
  if (existing) {
    await accounts.setPasswordHash(existing.id, passwordHash);
    return;
  }
  const added = await accounts.add({
    id: randomUUID(),
    email: normalized,
    password_hash: passwordHash,
    created_at: clock.now(),
  });
  // Somebody signed up with it a moment ago, so this time it exists.
  if (!added) await seedAccount(deps, email, password);
}
