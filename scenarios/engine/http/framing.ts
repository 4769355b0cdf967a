import { shortened } from '../shortened.ts';
import type { ResponseHead } from './response-head.ts';

/** How the end of a response's body is found (RFC 9112 §6.3), or why it cannot be. */
export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; bytes: number }
  | { kind: 'chunked' }
  | { kind: 'until_close' }
  | { kind: 'unclear'; problem: string };

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const UNTIL_CLOSE: Framing = { kind: 'until_close' };

/**
 * Strict: what another reader could take for a different end (request smuggling, response splitting) is unclear.
 * @param method of the request
 */
export function framingOf(method: string, { status, minorVersion, headers }: ResponseHead): Framing {
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  if (method === 'HEAD' || status === 204 || status === 304) return NONE;
  if (coding !== undefined) {
    if (length !== undefined) return unclear('it has both Transfer-Encoding and Content-Length');
    if (minorVersion === 0) return unclear('it is HTTP/1.0 with a Transfer-Encoding');
    if (typeof coding === 'string' && coding.toLowerCase() === 'chunked') return CHUNKED;
    return unclear(`its Transfer-Encoding ${shortened(String(coding), 60)} is not chunked`);
  }
  if (length === undefined) return UNTIL_CLOSE;
  if (typeof length === 'string' && /^\d{1,15}$/.test(length)) return { kind: 'length', bytes: Number(length) };
  return unclear(`its Content-Length ${shortened(String(length), 60)} is not a length`);
}

const unclear = (problem: string): Framing => ({ kind: 'unclear', problem });

/** Whether the connection stays open after this response (RFC 9112 §9.3). */
export function keepsAlive({ minorVersion, headers }: ResponseHead): boolean {
  const { connection } = headers;
  if (connection === undefined) return minorVersion === 1;
  const options = String(connection)
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
  return !options.includes('close') && (minorVersion === 1 || options.includes('keep-alive'));
}
