import { createHash } from 'node:crypto';
import type { Challenge } from './challenge.ts';

export interface Answer {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** Path and query as they are sent. */
  readonly uri: string;
  readonly cnonce: string;
  /** How often the nonce has been used, this time included. */
  readonly count: number;
}

/** The value of Authorization that answers a challenge (RFC 7616 §3.4). */
export function digestAnswer(challenge: Challenge, answer: Answer): string {
  const { realm, nonce, opaque, algorithm, qop, userhash } = challenge;
  const { username, password, method, uri, cnonce } = answer;
  const hash = (text: string) => createHash(challenge.hash).update(text).digest('hex');
  const nc = answer.count.toString(16).padStart(8, '0');
  const secret = hash(`${username}:${realm}:${password}`);
  const a1 = challenge.session ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = hash(`${method}:${uri}`);
  const response = hash(qop ? `${a1}:${nonce}:${nc}:${cnonce}:auth:${a2}` : `${a1}:${nonce}:${a2}`);
  return `Digest ${[
    userhash ? `username=${quoted(hash(`${username}:${realm}`))}` : nameOf(username),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
    `response=${quoted(response)}`,
    ...(qop ? ['qop=auth', `nc=${nc}`, `cnonce=${quoted(cnonce)}`] : []),
    ...(opaque === null ? [] : [`opaque=${quoted(opaque)}`]),
    ...(userhash ? ['userhash=true'] : []),
  ].join(', ')}`;
}

/** A header holds no other letters (RFC 7616 §3.4.4, RFC 8187). */
function nameOf(username: string): string {
  return /^[\x20-\x7e]*$/.test(username)
    ? `username=${quoted(username)}`
    : `username*=UTF-8''${encodeURIComponent(username.toWellFormed()).replace(/['()*]/g, percent)}`;
}

function percent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
