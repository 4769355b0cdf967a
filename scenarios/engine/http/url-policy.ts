import { isIP } from 'node:net';
import { classifyAddress } from './ip-address.ts';

/** Why a target may not be asked, in words for a person. */
export interface Refusal {
  message: string;
  hint: string;
}

/** Which targets scenarios may reach. Checked on the URL, and again on every address that its name resolves to. */
export interface UrlPolicy {
  checkUrl(url: URL): Refusal | null;
  /** @param origin of the request, @param address an IP address that a connection is about to be made to */
  checkAddress(origin: string, address: string): Refusal | null;
}

/**
 * http and https to public addresses; to loopback and private ones only where the exact origin is listed; never to
 * link-local or cloud metadata addresses, however they are written: the URL parser has already normalised `127.1`,
 * `0x7f000001` and decimal forms (WHATWG URL, IPv4 parser).
 * @param allowedOrigins origins of the environments' base_url
 */
export function createUrlPolicy(allowedOrigins: readonly string[]): UrlPolicy {
  const listed = new Set(allowedOrigins.map((origin) => new URL(origin).origin));

  function checkAddress(origin: string, address: string): Refusal | null {
    const found = classifyAddress(address);
    if (found === 'public') return null;
    if (found === 'forbidden') {
      return {
        message: `${address} is a link-local, multicast or cloud metadata address, which is never a target`,
        hint: 'watch the service by its own address',
      };
    }
    if (listed.has(origin)) return null;
    return {
      message: `${address} is a loopback or private address, and ${origin} is not listed`,
      hint: `to allow it, make ${origin} the base_url of an environment in ringdown.yaml`,
    };
  }

  return {
    checkAddress,
    checkUrl(url) {
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        return {
          message: `${url.protocol}// is not a target: only http and https are`,
          hint: 'use an http or https URL',
        };
      }
      if (url.username !== '' || url.password !== '') {
        return {
          message: 'a URL with a user name or password in it is refused',
          hint: 'write them under auth: { basic: … }, where they are redacted',
        };
      }
      const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
      return isIP(host) ? checkAddress(url.origin, host) : null;
    },
  };
}
