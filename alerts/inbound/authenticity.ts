import { createHmac } from 'node:crypto';
import { anyEqual, headerList, headerValue, isFresh, unauthentic } from '../signatures.ts';
import type { InboundRequest, Verified } from './inbound.ts';

/** A signature over the body, for senders that make one. */
export interface HmacSettings {
  header: string;
  secret: string;
  previous_secret?: string | undefined;
  algorithm?: 'sha1' | 'sha256' | 'sha512' | undefined;
  /** Where the sender signs `<value of this header>:<body>` and the value is the time in seconds. */
  timestamp_header?: string | undefined;
}

export interface Credentials {
  token?: string | undefined;
  previous_token?: string | undefined;
  hmac?: HmacSettings | undefined;
}

/**
 * Everything in a request that may be a token: `Authorization: Bearer`, `X-Ringdown-Token`, the password of
 * `Authorization: Basic` (RFC 7617) and, for senders that cannot set headers, `?token=`.
 */
function presentedTokens(request: Pick<InboundRequest, 'headers' | 'query'>): readonly string[] {
  const found: string[] = [];
  const authorization = headerValue(request, 'authorization') ?? '';
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(\S+)$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') found.push(credentials);
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    if (colon >= 0) found.push(pair.slice(colon + 1));
  }
  const own = headerValue(request, 'x-ringdown-token');
  if (own !== null) found.push(own);
  if (request.query.token) found.push(request.query.token);
  return found;
}

/** Every credential that is configured must be right. Constant time; what was presented is never repeated. */
export function verifyCredentials(credentials: Credentials, request: InboundRequest, now: number): Verified {
  const tokens = present(credentials.token, credentials.previous_token);
  // Nothing configured would let everybody in.
  if (tokens.length === 0 && !credentials.hmac) return unauthentic('the source has neither a token nor hmac');
  if (tokens.length > 0) {
    const presented = presentedTokens(request);
    if (presented.length === 0) return unauthentic('no token was sent');
    if (!anyEqual(presented, tokens)) return unauthentic('the token is wrong');
  }
  return credentials.hmac ? verifySignature(credentials.hmac, request, now) : { verified: true, replay_key: null };
}

function verifySignature(hmac: HmacSettings, request: InboundRequest, now: number): Verified {
  const presented = headerList(request, hmac.header.toLowerCase());
  if (presented.length === 0) return unauthentic(`the header ${hmac.header} is missing`);
  const parts: (string | Buffer)[] = [request.rawBody];
  if (hmac.timestamp_header !== undefined) {
    const signedAt = headerValue(request, hmac.timestamp_header.toLowerCase());
    if (signedAt === null) return unauthentic(`the header ${hmac.timestamp_header} is missing`);
    if (!isFresh(Number(signedAt) * 1_000, now)) return unauthentic('it was signed more than five minutes from now');
    parts.unshift(`${signedAt}:`);
  }
  const algorithm = hmac.algorithm ?? 'sha256';
  const expected = present(hmac.secret, hmac.previous_secret).map((secret) => digest(algorithm, secret, parts));
  const matching = expected.find((mac) => anyEqual(presented.map(bare), [mac.toString('hex'), mac.toString('base64')]));
  if (!matching) return unauthentic('the signature does not match');
  // Without a time in it, the same signature is of a sender that repeats itself as well as of a copy.
  return { verified: true, replay_key: hmac.timestamp_header === undefined ? null : matching.toString('base64url') };
}

/** `sha256=…` and `v1=…` name the algorithm or version in front; base64 ends in `=`, but never has letters after it. */
function bare(signature: string): string {
  return signature.replace(/^[a-z]+\d*=(?=[\w+/])/i, '');
}

function digest(algorithm: string, secret: string, parts: readonly (string | Buffer)[]): Buffer {
  const mac = createHmac(algorithm, secret);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function present(...values: readonly (string | undefined)[]): string[] {
  return values.filter((value): value is string => value !== undefined && value !== '');
}
