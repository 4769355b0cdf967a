import { createHash } from 'node:crypto';

/** What tells one account of a vendor from another, without the secret that it is known by: the key of a rate limit. */
export function accountKey(vendor: string, secret: string): string {
  return `${vendor}:${createHash('sha256').update(secret).digest('hex').slice(0, 16)}`;
}
