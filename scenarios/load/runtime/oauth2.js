import encoding from 'k6/encoding';
import http from 'k6/http';
import { StepError, state, timeLeft } from './flow.js';
import { anyAnswer, targetOf } from './http.js';
import { randomHex } from './randomness.js';
import { formText } from './templates.js';

/** Tokens of this virtual user, by what they were asked for with. */
const tokens = new Map();

/** The header with a token of a token endpoint (RFC 6749), which is kept until it ends. */
export function oauth2(request) {
  const key = JSON.stringify(request);
  const known = tokens.get(key);
  if (known && Date.now() < known.endsAt - 5_000) return `Bearer ${known.value}`;
  const asked = Date.now();
  const answer = askForToken(request);
  if (answer.status < 200 || answer.status > 299)
    throw new StepError(`the token endpoint answered ${answer.status || answer.error}`);
  let token = /** @type {any} */ (null);
  try {
    token = JSON.parse(String(answer.body));
  } catch {
    // What is no JSON holds no token.
  }
  const value = token?.access_token;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw new StepError('the token endpoint answered without an access_token');
  if (typeof token.token_type === 'string' && token.token_type.toLowerCase() !== 'bearer')
    throw new StepError('the token endpoint gave no bearer token');
  const seconds = token.expires_in === undefined ? Number.POSITIVE_INFINITY : Number(token.expires_in);
  const lifetime = Number.isNaN(seconds) ? Number.POSITIVE_INFINITY : seconds * 1_000;
  tokens.set(key, { value, endsAt: asked + lifetime });
  return `Bearer ${value}`;
}

function askForToken({ grant, send, token_url, client_id, client_secret, username, password, scope, audience }) {
  const fields = { grant_type: grant, username, password, scope, audience };
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': USER_AGENT,
    traceparent: `00-${state.trace}-${randomHex(16)}-01`,
  };
  if (send === 'body' || client_secret === undefined) Object.assign(fields, { client_id, client_secret });
  else {
    // Both are form-encoded first (RFC 6749 section 2.3.1).
    const pair = [client_id, client_secret].map((part) => formText([['', part]]).slice(1)).join(':');
    headers.authorization = `Basic ${encoding.b64encode(pair)}`;
  }
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return http.request('POST', targetOf(token_url), formText(given), {
    headers,
    redirects: 0,
    timeout: Math.max(1, timeLeft()),
    jar: new http.CookieJar(),
    responseCallback: anyAnswer,
    tags: { name: 'POST token' },
  });
}
