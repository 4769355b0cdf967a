import { randomBytes } from 'node:crypto';
import Type from 'typebox';
import { type Template, template } from '../../../language/template.ts';
import type { HttpRequest, HttpSession } from '../../http/http-session.ts';
import { type Authorized, defineAuth } from '../auth.ts';
import { digestAnswer } from './answer.ts';
import { type Challenge, digestChallenge } from './challenge.ts';

export interface DigestSpec {
  readonly kind: 'digest';
  readonly username: Template;
  readonly password: Template;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The challenges that a run has seen, with how often each nonce was used. */
const seen = new WeakMap<HttpSession, Map<string, { challenge: Challenge; count: number }>>();

/**
 * User and password without ever sending the password (RFC 7616: SHA-512/256, SHA-256 and MD5, qop `auth`). The first
 * request of a run to an origin is sent twice, because only its answer says what to compute; later ones count the nonce on.
 */
export const auth = defineAuth<DigestSpec, Credentials>({
  kind: 'digest',
  spec: Type.Object(
    {
      username: Type.String({ description: 'User name.', examples: ['qa'] }),
      password: Type.String({ description: 'Password.', examples: ['{{ secrets.QA_PASSWORD }}'] }),
    },
    {
      additionalProperties: false,
      description: 'User and password of digest authentication (RFC 7616).',
      examples: [{ username: 'qa', password: '{{ secrets.QA_PASSWORD }}' }],
    },
  ),
  compile(written) {
    const { username, password } = written as { username: string; password: string };
    return { kind: 'digest', username: template(username), password: template(password) };
  },
  fill: ({ username, password }, fill) => ({ username: fill.text(username), password: fill.text(password) }),
  authorize(credentials, request, { http }): Authorized {
    const known = challengesOf(http).get(keyOf(request, credentials));
    if (!known) return { headers: {} };
    return { headers: { authorization: answer(known, request, credentials) } };
  },
  challenged(credentials, request, response, { http }) {
    // After a redirect it is another address that asks.
    if (response.status !== 401 || response.url.href !== request.url.href) return null;
    const fields = response.headers['www-authenticate'];
    const challenge = digestChallenge([fields ?? []].flat());
    const key = keyOf(request, credentials);
    const known = challengesOf(http).get(key);
    // The same nonce again means that user or password are wrong.
    if (!challenge || (known && known.challenge.nonce === challenge.nonce)) return null;
    const entry = { challenge, count: 0 };
    challengesOf(http).set(key, entry);
    return { headers: { authorization: answer(entry, request, credentials) } };
  },
});

function challengesOf(http: HttpSession): Map<string, { challenge: Challenge; count: number }> {
  const known = seen.get(http) ?? new Map();
  seen.set(http, known);
  return known;
}

function keyOf({ url }: HttpRequest, { username, password }: Credentials): string {
  return JSON.stringify([url.origin, username, password]);
}

function answer(
  entry: { challenge: Challenge; count: number },
  { method, url }: HttpRequest,
  { username, password }: Credentials,
): string {
  entry.count++;
  return digestAnswer(entry.challenge, {
    username,
    password,
    method,
    uri: url.pathname + url.search,
    cnonce: randomBytes(16).toString('base64url'),
    count: entry.count,
  });
}
