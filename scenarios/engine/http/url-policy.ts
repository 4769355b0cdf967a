import { isIP } from 'node:net';
import { classifyAddress } from './ip-address.ts';
import { addressOf, parseTarget, type Target } from './target.ts';

/** Why a target may not be asked, in words for a person. */
export interface Refusal {
  message: string;
  hint: string;
}

/** Which targets scenarios may reach. Checked on the URL, and again on every address that its name resolves to. */
export interface UrlPolicy {
  checkUrl(url: URL): Refusal | null;
  /** For what is not HTTP; a name passes here and is judged by its addresses. */
  checkTarget(target: Target): Refusal | null;
  /** @param origin of the request, @param address an IP address that a connection is about to be made to */
  checkAddress(origin: string, address: string): Refusal | null;
}

/** WebSocket is HTTP until it is agreed upon, so its targets are listed as those. */
const HTTP_ORIGIN = /^ws(s?):\/\//;

/**
 * http and https to public addresses; to loopback and private ones only where the exact origin is listed; never to
 * link-local or cloud metadata addresses, however they are written: the URL parser has already normalised `127.1`,
 * `0x7f000001` and decimal forms (WHATWG URL, IPv4 parser). Another scheme may also reach the host and port of a listed
 * base_url; a listed `tcp://db:5432` opens nothing but that.
 * @param allowed origins of the environments' base_url, and `scheme://host:port` entries of allowed_targets
 */
export function createUrlPolicy(allowed: readonly string[]): UrlPolicy {
  const targets = allowed.map((written) => parseTarget(originOf(written)));
  const listed = new Set(targets.flatMap((target) => target?.origin ?? []));
  const services = new Set(
    targets.flatMap((target) => (target && /^https?:/.test(target.origin) ? [addressOf(target)] : [])),
  );

  function isListed(origin: string): boolean {
    if (listed.has(origin)) return true;
    if (/^https?:/.test(origin)) return false;
    if (HTTP_ORIGIN.test(origin)) return listed.has(origin.replace(HTTP_ORIGIN, 'http$1://'));
    const target = parseTarget(origin);
    return target !== null && services.has(addressOf(target));
  }

  function checkAddress(origin: string, address: string): Refusal | null {
    const found = classifyAddress(address);
    if (found === 'public') return null;
    if (found === 'forbidden') {
      return {
        message: `${address} is a link-local, multicast or cloud metadata address, which is never a target`,
        hint: 'watch the service by its own address',
      };
    }
    if (isListed(origin)) return null;
    return {
      message: `${address} is a loopback or private address, and ${origin} is not listed`,
      hint: /^https?:/.test(origin)
        ? `to allow it, make ${origin} the base_url of an environment in ringdown.yaml, or list it under allowed_targets`
        : `to allow it, list ${origin} under allowed_targets in ringdown.yaml`,
    };
  }

  const checkHost = (origin: string, host: string) => (isIP(host) ? checkAddress(origin, host) : null);

  return {
    checkAddress,
    checkTarget: ({ origin, hostname }) => checkHost(origin, hostname),
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
      return checkHost(url.origin, url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname);
    },
  };
}

/** A base_url may have a path; an entry of allowed_targets is an origin already. */
function originOf(written: string): string {
  const url = URL.parse(written);
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : written;
}
