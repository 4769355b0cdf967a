import crypto from 'k6/crypto';
import { MISSING } from './conditions.js';
import { header } from './http.js';
import { randomHex } from './randomness.js';
import { wellFormed } from './templates.js';

/** What servers asked this virtual user for, and how often each nonce was used. */
const challenges = new Map();

/** User and password without sending the password (RFC 7616). */
export function digest(username, password) {
  const keyOf = ({ url }) => JSON.stringify([/^[^/]*\/\/[^/?]*/.exec(url)?.[0], username, password]);
  const answerTo = (known, { method, url, params }) => {
    known.count++;
    params.headers.authorization = digestAnswer(known, { username, password, method, url });
  };
  return {
    sign(request) {
      const known = challenges.get(keyOf(request));
      if (known) answerTo(known, request);
    },
    /** Whether to ask again with what the server asked for. The same nonce again means that user or password are wrong. */
    again(request, answer) {
      const asked = header(answer, 'www-authenticate');
      if (answer.status !== 401 || answer.url !== request.url || asked === MISSING) return false;
      const challenge = strongestChallenge(asked);
      const key = keyOf(request);
      if (!challenge || challenges.get(key)?.nonce === challenge.nonce) return false;
      challenges.set(key, { ...challenge, count: 0 });
      answerTo(challenges.get(key), request);
      return true;
    },
  };
}

function digestAnswer(challenge, { username, password, method, url }) {
  const { realm, nonce, opaque, algorithm, hash, session, qop, userhash, count } = challenge;
  const digestOf = (text) => crypto[hash](text, 'hex');
  const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const uri = url.replace(/^[^/]*\/\/[^/?]*/, '').replace(/^(?!\/)/, '/');
  const cnonce = randomHex(32);
  const nc = count.toString(16).padStart(8, '0');
  const secret = digestOf(`${username}:${realm}:${password}`);
  const a1 = session ? digestOf(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = digestOf(`${method}:${uri}`);
  const response = digestOf(qop ? `${a1}:${nonce}:${nc}:${cnonce}:auth:${a2}` : `${a1}:${nonce}:${a2}`);
  // A header holds no other letters (RFC 8187).
  const name = /^[\x20-\x7e]*$/.test(username)
    ? `username=${quoted(username)}`
    : `username*=UTF-8''${encodeURIComponent(wellFormed(username)).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)}`;
  const fields = [
    userhash ? `username=${quoted(digestOf(`${username}:${realm}`))}` : name,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    algorithm && `algorithm=${algorithm}`,
    `response=${quoted(response)}`,
    qop && `qop=auth, nc=${nc}, cnonce=${quoted(cnonce)}`,
    opaque !== undefined && `opaque=${quoted(opaque)}`,
    userhash && 'userhash=true',
  ];
  return `Digest ${fields.filter(Boolean).join(', ')}`;
}

/** How k6 calls the algorithms, stronger ones first. */
const HASHES = { 'sha-512-256': 'sha512_256', 'sha-256': 'sha256', md5: 'md5' };

/** The strongest challenge that can be answered. A comma separates parameters as well as challenges (RFC 9110 §11.6.1). */
function strongestChallenge(field) {
  const found = /** @type {any[]} */ ([]);
  const piece = /\s*(?:([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([!#$%&'*+.^_`|~\w-]+))\s*,?/y;
  for (let match = piece.exec(field); match; match = piece.exec(field)) {
    const [, name, quoted, token, scheme] = match;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase() });
    else if (found.length > 0) found[found.length - 1][name.toLowerCase()] = quoted?.replace(/\\(.)/gs, '$1') ?? token;
  }
  const usable = found.flatMap(({ scheme, realm, nonce, opaque, algorithm = '', qop, userhash }) => {
    const plain = algorithm.toLowerCase() || 'md5';
    const name = plain.replace(/-sess$/, '');
    const qops = qop === undefined ? ['auth'] : qop.toLowerCase().split(/ *, */);
    const known = scheme === 'digest' && Object.hasOwn(HASHES, name) && realm !== undefined && nonce !== undefined;
    if (!known || !qops.includes('auth')) return [];
    const hash = HASHES[name];
    const session = name !== plain;
    return [{ realm, nonce, opaque, algorithm, hash, session, qop: qop !== undefined, userhash: userhash === 'true' }];
  });
  return Object.values(HASHES).flatMap((hash) => usable.find((challenge) => challenge.hash === hash) ?? [])[0];
}
