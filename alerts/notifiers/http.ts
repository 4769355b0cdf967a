import { lookup as dnsLookup } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import axios, { type AxiosResponse } from 'axios';
import type { Clock } from '../../core/clock.ts';
import type { Delivery } from '../../core/delivery.ts';
import { toError } from '../../core/errors.ts';
import { parseRetryAfter } from '../../core/retry.ts';

export interface VendorRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  url: string;
  headers?: Record<string, string>;
  auth?: { username: string; password: string };
  body?: string;
  /** Never appear in an error, not even when the vendor repeats them: as they are, or in another spelling. */
  secrets: readonly string[];
}

export interface VendorAnswer {
  status: number;
  body: string;
  retryAfterMs: number | undefined;
}

/** `unsent`: it certainly did not arrive. `unclear`: it may have. */
export type VendorOutcome =
  | { kind: 'answer'; answer: VendorAnswer }
  | { kind: 'unsent'; error: Error }
  | { kind: 'unclear'; error: Error };

const LARGEST_ANSWER_BYTES = 256 * 1024;
const LONGEST_QUOTE = 300;

// Cloud metadata lives on link-local addresses; no vendor does. The last three are how a translator of addresses (RFC 6052,
// RFC 3056) spells 169.254/16, and what Alibaba's cloud takes for it.
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
forbidden.addSubnet('2002:a9fe::', 32, 'ipv6');
forbidden.addAddress('100.100.100.200', 'ipv4');

const FORBIDDEN_TARGET = 'FORBIDDEN_TARGET';

function refusal(address: string): (Error & { code: string }) | undefined {
  const family = isIP(address);
  if (family === 0 || !forbidden.check(address, family === 6 ? 'ipv6' : 'ipv4')) return undefined;
  return Object.assign(new Error('link-local addresses and those of cloud metadata are never called'), {
    code: FORBIDDEN_TARGET,
  });
}

const lookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, options, (error, address, family) => {
    const addresses = typeof address === 'string' ? [address] : (address ?? []).map((entry) => entry.address);
    const refused = addresses.map(refusal).find(Boolean);
    if (error || refused) callback((error ?? refused)!, '', 0);
    else callback(null, address as string, family);
  });
};

const agents = {
  httpAgent: new HttpAgent({ keepAlive: false, lookup }),
  httpsAgent: new HttpsAgent({ keepAlive: false, lookup }),
};

/** Before these the connection did not stand, so nothing was sent. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_INVALID_URL',
  FORBIDDEN_TARGET,
]);

/** One request to a vendor: no redirects, no proxy from the environment, answers capped. Never throws. */
export async function callVendor(request: VendorRequest, clock: Clock, abort: AbortSignal): Promise<VendorOutcome> {
  const host = URL.canParse(request.url) ? new URL(request.url).host : 'the configured url';
  const { auth } = request;
  const secrets = auth ? [...request.secrets, `${auth.username}:${auth.password}`, auth.password] : request.secrets;
  const refused = URL.canParse(request.url)
    ? refusal(new URL(request.url).hostname.replace(/^\[|\]$/g, ''))
    : undefined;
  try {
    if (refused) throw refused;
    const response: AxiosResponse<string> = await axios.request({
      method: request.method,
      url: request.url,
      headers: request.headers ?? {},
      ...(request.auth ? { auth: request.auth } : {}),
      ...(request.body === undefined ? {} : { data: Buffer.from(request.body) }),
      signal: abort,
      proxy: false,
      maxRedirects: 0,
      maxContentLength: LARGEST_ANSWER_BYTES,
      responseType: 'text',
      transformResponse: (text: string) => text,
      validateStatus: () => true,
      ...agents,
    });
    const retryAfter = response.headers['retry-after'] as string | undefined;
    return {
      kind: 'answer',
      answer: {
        status: response.status,
        body: scrub(String(response.data ?? ''), secrets),
        retryAfterMs: parseRetryAfter(retryAfter, clock.now()),
      },
    };
  } catch (thrown) {
    const { code, message } = toError(thrown) as NodeJS.ErrnoException;
    const why = abort.aborted ? 'no answer in time' : code && !message.includes(code) ? `${code}: ${message}` : message;
    const error = new Error(scrub(`${host}: ${why}`, secrets));
    return { kind: code && UNSENT.has(code) ? 'unsent' : 'unclear', error };
  }
}

/**
 * What an outcome means for an endpoint that is idempotent by its dedup_key: 2xx accepted; 408, 429, 5xx and anything
 * of the network worth another try; every other answer final, with the vendor's own words.
 * @param secondsToWait where a vendor says in the body how long to wait, which then stands over the header
 */
export function idempotentDelivery(
  outcome: VendorOutcome,
  providerRef?: (body: string) => string | undefined,
  secondsToWait?: (body: string) => unknown,
): Delivery {
  if (outcome.kind === 'unsent') return { status: 'retryable', error: outcome.error, unreachable: true };
  if (outcome.kind === 'unclear') return { status: 'retryable', error: outcome.error };
  const { answer } = outcome;
  if (answer.status >= 200 && answer.status < 300) {
    const ref = providerRef?.(answer.body);
    return ref ? { status: 'accepted', providerRef: ref } : { status: 'accepted' };
  }
  const error = answerError(answer);
  if (answer.status !== 408 && answer.status !== 429 && answer.status < 500) return { status: 'failure', error };
  const seconds = answer.status === 429 ? secondsToWait?.(answer.body) : undefined;
  const retryAfterMs = typeof seconds === 'number' && seconds > 0 ? Math.ceil(seconds * 1_000) : answer.retryAfterMs;
  return retryAfterMs === undefined ? { status: 'retryable', error } : { status: 'retryable', error, retryAfterMs };
}

/** Accepted, and it stands in that message from now on; another outcome as it is. */
export function standsIn(messageRef: string | undefined, delivery: Delivery): Delivery {
  return delivery.status === 'accepted' && messageRef !== undefined ? { ...delivery, messageRef } : delivery;
}

export function answerError({ status, body }: VendorAnswer): Error {
  const words = body.replace(/\s+/g, ' ').trim().slice(0, LONGEST_QUOTE);
  return new Error(words ? `answered ${status}: ${words}` : `answered ${status}`);
}

function scrub(text: string, secrets: readonly string[]): string {
  const spelled = [...new Set(secrets.filter(Boolean).flatMap(spellings))].sort((a, b) => b.length - a.length);
  return spelled
    .reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text)
    .replace(SIGNED, '$1[redacted]');
}

/** A link in a page, or of its picture, repeated by its receiver: whoever has it can answer for the incident. */
const SIGNED = /(\/[ap]\/|%2F[ap]%2F)[\w-]{40,}\.[\w-]{20,}/gi;

/** How a vendor may repeat what it was sent: decoded, encoded for a URL, for JSON, or as Basic authentication sends it. */
function spellings(secret: string): string[] {
  const plain = decoded(secret);
  return [...new Set(plain === null ? [secret] : [secret, plain])]
    .flatMap((one) => {
      const base64 = Buffer.from(one).toString('base64').replace(/=+$/, '');
      const inJson = JSON.stringify(one).slice(1, -1);
      return [
        one,
        encodeURIComponent(one.toWellFormed()),
        inJson,
        base64,
        base64.replace(/\+/g, '-').replace(/\//g, '_'),
      ];
    })
    .filter((spelling) => spelling.length > 1);
}

/** Shorter parts of an address are words of everybody's, whose loss would garble what a vendor says. */
const SECRET_LENGTH = 12;

/** What is secret of an address that whoever knows it may post to: its path, its query and who signs in. */
export function secretsInUrl(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { pathname, search, searchParams, username, password } = new URL(url);
  const signIn = [password, `${decoded(username)}:${decoded(password)}`];
  const parts = [url, `${pathname}${search}`, pathname, search, ...pathname.split('/'), ...searchParams.values()];
  return [...parts.filter((part) => part.length >= SECRET_LENGTH), ...(password ? signIn : [])];
}

/** As the text was before it was written into a URL; null where it cannot have been. */
export function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
