import { createHash, randomBytes } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../core/clock.ts';

export const ACCESS_TOKEN_SECONDS = 900;
export const SESSION_MS = 30 * 86_400_000;

const ISSUER = 'ringdown-reference-api';
const ALGORITHM = 'HS256';
/** RFC 9068 §2.1: keeps other tokens signed with the same key from being taken for access tokens. */
const TYPE = 'at+jwt';

export interface AccessTokens {
  issue(accountId: string, sessionId: string): Promise<string>;
  /** @returns the session's id, or undefined when the token is forged, expired, or not one of ours */
  verify(token: string): Promise<string | undefined>;
}

/** @param key at least 32 bytes (RFC 7518 §3.2) */
export function jwtAccessTokens(key: Uint8Array, clock: Clock): AccessTokens {
  return {
    issue(accountId, sessionId) {
      const issuedAt = Math.floor(clock.now() / 1_000);
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setSubject(accountId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
        .sign(key);
    },

    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer: ISSUER,
          audience: ISSUER,
          requiredClaims: ['exp', 'sub', 'sid'],
          currentDate: new Date(clock.now()),
        });
        return typeof payload.sid === 'string' ? payload.sid : undefined;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

/** 256 random bits, base64url: opaque to the client, meaningless without the store. */
export function newRefreshToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a refresh token. It has full entropy, so a plain hash cannot be searched backwards. */
export function hashRefreshToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
