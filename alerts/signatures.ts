import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { InboundRequest, Refusal } from './inbound/inbound.ts';

/** How far the time that a sender signed may lie from ours, either way. Slack asks for the same. */
export const FRESH_MS = 5 * 60_000;

/** More signatures than a rotation needs are noise that somebody makes us compare. */
const MOST_VALUES = 32;

/** A keyed digest of the parts, one after the other, without anything between them. Lower-case hex, or padded base64. */
export function keyedDigest(
  algorithm: 'sha1' | 'sha256',
  encoding: 'hex' | 'base64',
  secret: string,
  ...parts: readonly (string | Buffer)[]
): string {
  const mac = createHmac(algorithm, secret);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}

/**
 * Whether two texts are the same, in a time that tells neither where they differ nor how long the secret one is.
 * Texts of any length and alphabet; a digest is the same only in the very form that it was written in.
 */
export function equalSecrets(presented: string, expected: string): boolean {
  return timingSafeEqual(fingerprint(presented), fingerprint(expected));
}

/** Whether one of those presented is one of those expected. Every pair is compared, whichever matches. */
export function anyEqual(presented: readonly string[], expected: readonly string[]): boolean {
  let found = false;
  for (const one of presented) for (const other of expected) found = equalSecrets(one, other) || found;
  return found;
}

/** A header as it was sent; null where it is missing or blank. @param name in lower case */
export function headerValue(request: Pick<InboundRequest, 'headers'>, name: string): string | null {
  const value = request.headers[name];
  const text = Array.isArray(value) ? value.join(',') : value;
  return text?.trim() ? text.trim() : null;
}

/** The values of a header that is a comma-separated list (RFC 9110 §5.6.1), at most 32. @param name in lower case */
export function headerList(request: Pick<InboundRequest, 'headers'>, name: string): readonly string[] {
  const values = (headerValue(request, name) ?? '').split(',', MOST_VALUES).map((value) => value.trim());
  return values.filter((value) => value !== '');
}

/** @param signedAt milliseconds since the epoch, by the sender's clock; NaN is never fresh */
export function isFresh(signedAt: number, now: number): boolean {
  return Math.abs(now - signedAt) <= FRESH_MS;
}

/** Not believed: 401. @param reason without anything that was sent or configured */
export function unauthentic(reason: string): Refusal {
  return { refused: 'unauthentic', reason };
}

/** Believed, not understood: 400. */
export function malformed(reason: string): Refusal {
  return { refused: 'malformed', reason };
}

function fingerprint(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
