import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RingdownError } from '../../core/errors.ts';

const KEY_FILE = 'api-signing.key';
const KEY_BYTES = 32;

/**
 * The key that access tokens are signed with: `secret` where given, else the one kept in the data directory,
 * made at the first start and readable by its owner alone.
 * @throws RingdownError `SIGNING_KEY_UNREADABLE`
 */
export function signingKey(dataDir: string, secret: string | undefined): Uint8Array {
  if (secret !== undefined) return Uint8Array.from(Buffer.from(secret));
  const path = join(dataDir, KEY_FILE);
  return readKey(path) ?? createKey(path);
}

function readKey(path: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length !== KEY_BYTES) throw unreadable(path, new Error('it does not hold a key'));
  return Uint8Array.from(key);
}

function createKey(path: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${key.toString('base64url')}\n`, { mode: 0o600 });
  try {
    // Linking fails where the name is taken, and shows the whole file or none: two starting at once agree on one key.
    linkSync(draft, path);
    return Uint8Array.from(key);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unreadable(path, error);
    return readKey(path) ?? createKey(path);
  } finally {
    unlinkSync(draft);
  }
}

function unreadable(path: string, cause: unknown): RingdownError {
  return new RingdownError('SIGNING_KEY_UNREADABLE', `the signing key ${path} cannot be used: ${String(cause)}`, {
    cause,
    hint: 'remove the file to have a new key made (everybody signs in again), or set JWT_SECRET',
  });
}
