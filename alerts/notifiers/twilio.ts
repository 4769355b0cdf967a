import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { Type } from 'typebox';
import type { Clock } from '../../core/clock.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Verified } from '../inbound/inbound.ts';
import type { AnswerRequest, NotifierContext } from '../notifier.ts';
import { anyEqual, equalSecrets, headerValue, keyedDigest, unauthentic } from '../signatures.ts';
import { Secret, VendorUrl } from './define.ts';
import { answerError, callVendor, idempotentDelivery, type VendorOutcome } from './http.ts';

const API_URL = 'https://api.twilio.com';
/** Twilio dates what it made in whole seconds by its own clock. */
const CLOCK_SLACK_MS = 5_000;
const LOOKUP_MS = 10_000;

const PhoneNumber = (description: string, example: string) =>
  Type.String({
    pattern: '^\\+[1-9]\\d{1,14}$',
    'x-expected': `a number such as ${example}`,
    description,
    examples: [example],
  });

/** What calls and messages have in common. */
export const TwilioSettings = {
  account_sid: Secret('Account SID.', '${TWILIO_ACCOUNT_SID}'),
  auth_token: Secret('Auth token; what comes back is signed with it.', '${TWILIO_AUTH_TOKEN}'),
  previous_auth_token: Type.Optional(
    Secret('Believed as well, while the token is changed.', '${TWILIO_OLD_AUTH_TOKEN}'),
  ),
  from: PhoneNumber('Your number at Twilio: one for everybody, so that phones know it.', '+12025550100'),
  to: PhoneNumber('Whose phone.', '+12025550101'),
  url: VendorUrl(API_URL),
};

export interface TwilioAccount {
  account_sid: string;
  auth_token: string;
  previous_auth_token?: string;
  from: string;
  to: string;
  url?: string;
}

interface Sent {
  sid: string;
  to: string;
  from: string;
  body?: string;
  date_created: string;
}

/** Calls or messages of one channel. Making one is not idempotent at Twilio, so an unclear end is looked up. */
export function twilioSender(
  settings: TwilioAccount,
  resource: 'Calls' | 'Messages',
  { clock, userAgent }: Pick<NotifierContext, 'clock' | 'userAgent'> & { clock: Clock },
) {
  const endpoint = `${settings.url ?? API_URL}/2010-04-01/Accounts/${settings.account_sid}/${resource}.json`;
  const request = {
    auth: { username: settings.account_sid, password: settings.auth_token },
    secrets: [settings.auth_token, settings.previous_auth_token ?? ''],
  };
  // Those that belong to other notifications: two incidents may reach the same phone within seconds.
  const claimed = new Set<string>();

  function claim(delivery: Delivery): Delivery {
    if (delivery.status === 'accepted' && delivery.providerRef) claimed.add(delivery.providerRef);
    return delivery;
  }

  function post(fields: Record<string, string>, abort: AbortSignal): Promise<VendorOutcome> {
    const body = new URLSearchParams({ To: settings.to, From: settings.from, ...fields }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': userAgent };
    return callVendor({ ...request, method: 'POST', url: endpoint, headers, body }, clock, abort);
  }

  /**
   * Whether one to this number was made since then. `retryable`: none was.
   * @param body the text, where Twilio keeps it, perhaps with words of its own around: two texts to the same phone are never taken for one another
   */
  async function find(
    sinceMs: number,
    abort: AbortSignal,
    { others, body }: { others?: ReadonlySet<string>; body?: string } = {},
  ): Promise<Delivery> {
    const query = new URLSearchParams({ To: settings.to, From: settings.from, PageSize: '20' });
    const outcome = await callVendor(
      { ...request, method: 'GET', url: `${endpoint}?${query}`, headers: { 'user-agent': userAgent } },
      clock,
      abort,
    );
    const delivery = idempotentDelivery(outcome);
    if (delivery.status !== 'accepted' || outcome.kind !== 'answer') {
      const error = 'error' in delivery ? delivery.error : new Error('no answer');
      const again = { ...(others ? { others } : {}), ...(body === undefined ? {} : { body }) };
      return { status: 'ambiguous', error, lookup: () => find(sinceMs, AbortSignal.timeout(LOOKUP_MS), again) };
    }
    const ours = sentOf(outcome.answer.body, resource).find(
      (each) =>
        !claimed.has(each.sid) &&
        !others?.has(each.sid) &&
        each.to === settings.to &&
        each.from === settings.from &&
        (body === undefined || each.body?.includes(body)) &&
        Date.parse(each.date_created) >= sinceMs - CLOCK_SLACK_MS,
    );
    return ours
      ? claim({ status: 'accepted', providerRef: ours.sid })
      : {
          status: 'retryable',
          error: new Error(`Twilio knows of no such ${resource === 'Calls' ? 'call' : 'message'}`),
        };
  }

  return {
    find,
    /** @param body as for `find` */
    async send(fields: Record<string, string>, abort: AbortSignal, body?: string): Promise<Delivery> {
      const begunAt = clock.now();
      const outcome = await post(fields, abort);
      if (outcome.kind === 'unclear' || (outcome.kind === 'answer' && outcome.answer.status >= 500)) {
        const error = outcome.kind === 'answer' ? answerError(outcome.answer) : outcome.error;
        // The attempt's own time may be over already; the question gets its own.
        const lookup = () => find(begunAt, AbortSignal.timeout(LOOKUP_MS), body === undefined ? {} : { body });
        return { status: 'ambiguous', error, lookup };
      }
      return claim(idempotentDelivery(outcome, (answer) => (parse(answer) as Partial<Sent> | undefined)?.sid));
    },
  };
}

/**
 * Twilio refuses a call or a message with a callback address that it cannot reach; a page without keys is better than
 * none. Names without a dot, loopback and private addresses are out of its reach.
 */
export function reachable(answerUrl: string | null): string | null {
  if (answerUrl === null || !URL.canParse(answerUrl)) return null;
  const { hostname, protocol } = new URL(answerUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  const local = !host.includes('.') || /\.(local|internal|localhost|test|invalid|lan|home\.arpa)$/.test(host);
  const unreachable = isIP(host) === 4 ? isPrivate(host) : isIP(host) === 6 ? !/^[23]/.test(host) : local;
  return unreachable || !/^https?:$/.test(protocol) ? null : answerUrl;
}

/**
 * Twilio made nothing of it, perhaps because of the callback address: it refuses more of them than can be known here
 * (error 21609 and others). Without it, the page gets through.
 */
export function refusedAsWritten(delivery: Delivery): boolean {
  return delivery.status === 'failure' && /^answered 400\b/.test(delivery.error.message);
}

function isPrivate(address: string): boolean {
  return /^(0|10|127|169\.254|192\.168|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|172\.(1[6-9]|2\d|3[01]))\./.test(address);
}

/**
 * `X-Twilio-Signature`: base64 of HMAC-SHA1 over the public address as Twilio calls it and, of a form, its fields by
 * name, names and values run together. A JSON body is signed by its SHA-256 in the address (`bodySHA256`).
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function verifyTwilio(settings: TwilioAccount, request: AnswerRequest): Verified {
  const signature = headerValue(request, 'x-twilio-signature');
  if (signature === null) return unauthentic('X-Twilio-Signature is missing');
  const type = headerValue(request, 'content-type') ?? '';
  // Of the address that is signed, not as somebody else took it apart.
  const digest = new URLSearchParams(request.publicUrl.split('?', 2)[1]).get('bodySHA256');
  if (/json/i.test(type) && digest === null) return unauthentic('the address does not hold bodySHA256');
  if (digest !== null && !equalSecrets(digest.toLowerCase(), sha256(request.rawBody))) {
    return unauthentic('bodySHA256 does not match the body');
  }
  const fields = digest === null ? signedFields(request) : '';
  const tokens = [settings.auth_token, settings.previous_auth_token].filter((token) => token !== undefined);
  const expected = addresses(request.publicUrl).flatMap((address) =>
    tokens.map((token) => keyedDigest('sha1', 'base64', token, address, fields)),
  );
  if (!anyEqual([signature], expected)) {
    return unauthentic('X-Twilio-Signature does not match; public_url must be the address that Twilio calls');
  }
  // Every request has its own: calls count their turns in the address, messages and reports carry their ids.
  return { verified: true, replay_key: signature };
}

/** The fields of a form; of repeated ones the last. */
export function formOf(request: AnswerRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(request.rawBody.toString('utf8')));
}

function signedFields(request: AnswerRequest): string {
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(request.rawBody.toString('utf8'))) {
    fields.set(name, (fields.get(name) ?? new Set()).add(value));
  }
  return [...fields.keys()]
    .sort()
    .flatMap((name) => [...fields.get(name)!].sort().map((value) => name + value))
    .join('');
}

/** Twilio signs some addresses with their standard port and some without. */
function addresses(publicUrl: string): string[] {
  const [, scheme, host, rest] = /^(https?):\/\/([^/?#]+)(.*)$/s.exec(publicUrl) ?? [];
  if (!scheme || !host) return [];
  const port = scheme === 'https' ? ':443' : ':80';
  const bare = host.endsWith(port) ? host.slice(0, -port.length) : host;
  const standard = bare !== host || !/:\d+$/.test(host);
  return standard ? [`${scheme}://${bare}${rest}`, `${scheme}://${bare}${port}${rest}`] : [publicUrl];
}

function sentOf(body: string, resource: 'Calls' | 'Messages'): readonly Sent[] {
  const list = (parse(body) as Record<string, unknown> | undefined)?.[resource.toLowerCase()];
  return Array.isArray(list) ? list.filter((each) => typeof each?.sid === 'string') : [];
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
