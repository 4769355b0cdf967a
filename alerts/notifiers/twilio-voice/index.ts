import { Type } from 'typebox';
import type { Clock } from '../../../core/clock.ts';
import type { Delivery } from '../../../core/delivery.ts';
import { defineChannel, Secret, VendorUrl } from '../define.ts';
import { answerError, callVendor, idempotentDelivery, type VendorOutcome } from '../http.ts';

const API_URL = 'https://api.twilio.com';
/** Twilio refuses a longer `Twiml` parameter. */
const LONGEST_TWIML = 4_000;
const TIMES_SPOKEN = 3;
/** Twilio dates calls in whole seconds by its own clock. */
const CLOCK_SLACK_MS = 5_000;

interface Settings {
  account_sid: string;
  auth_token: string;
  from: string;
  to: string;
  language?: string;
  url?: string;
}

interface Call {
  sid: string;
  to: string;
  from: string;
  date_created: string;
}

/**
 * A phone call that speaks the page, three times over. Twilio does not take a key against doubles, so an unclear
 * answer is looked up among the recent calls to this number before anybody is called again.
 */
export const channel = defineChannel({
  type: 'twilio-voice',
  description: 'Calls a phone and speaks the page.',
  settings: {
    account_sid: Secret('Account SID.', '${TWILIO_ACCOUNT_SID}'),
    auth_token: Secret('Auth token.', '${TWILIO_AUTH_TOKEN}'),
    from: Type.String({
      pattern: '^\\+[1-9]\\d{1,14}$',
      'x-expected': 'a number such as +12025550100',
      examples: ['+12025550100'],
    }),
    to: Type.String({
      pattern: '^\\+[1-9]\\d{1,14}$',
      'x-expected': 'a number such as +12025550101',
      examples: ['+12025550101'],
    }),
    language: Type.Optional(
      Type.String({
        pattern: '^[a-z]{2,3}-[A-Z]{2}$',
        'x-expected': 'a language such as en-GB or ko-KR',
        description: 'Voice that reads the page. Default en-US.',
        examples: ['ko-KR'],
      }),
    ),
    url: VendorUrl(API_URL),
  },
  events: ['incident.triggered', 'incident.escalated', 'test'],
  create: (settings, { clock, userAgent }) => {
    const phone = twilio(settings as Settings, clock, userAgent);
    return {
      async notify(notification, abort) {
        const begunAt = clock.now();
        const outcome = await phone.call(twiml(notification.page.speech, settings.language ?? 'en-US'), abort);
        if (outcome.kind === 'unclear' || (outcome.kind === 'answer' && outcome.answer.status >= 500)) {
          const error = outcome.kind === 'answer' ? answerError(outcome.answer) : outcome.error;
          // The attempt's own time may be over already; the question gets its own.
          return { status: 'ambiguous', error, lookup: () => phone.find(begunAt, AbortSignal.timeout(10_000)) };
        }
        return phone.claim(idempotentDelivery(outcome, (body) => parse<Call>(body)?.sid));
      },
      lookup: (_notification, attempt, abort) => phone.find(attempt.since, abort, attempt.others),
    };
  },
});

function twilio(settings: Settings, clock: Clock, userAgent: string) {
  const calls = `${settings.url ?? API_URL}/2010-04-01/Accounts/${settings.account_sid}/Calls.json`;
  const request = {
    auth: { username: settings.account_sid, password: settings.auth_token },
    secrets: [settings.auth_token],
  };

  // Calls that belong to other notifications: two incidents may ring the same phone within seconds.
  const claimed = new Set<string>();

  return {
    claim(delivery: Delivery): Delivery {
      if (delivery.status === 'accepted' && delivery.providerRef) claimed.add(delivery.providerRef);
      return delivery;
    },

    call(document: string, abort: AbortSignal): Promise<VendorOutcome> {
      const body = new URLSearchParams({ To: settings.to, From: settings.from, Twiml: document }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': userAgent };
      return callVendor({ ...request, method: 'POST', url: calls, headers, body }, clock, abort);
    },

    /** Whether a call to this number was made since then. `retryable`: none was. */
    async find(sinceMs: number, abort: AbortSignal, others: ReadonlySet<string> = new Set()): Promise<Delivery> {
      const query = new URLSearchParams({ To: settings.to, From: settings.from, PageSize: '20' });
      const outcome = await callVendor(
        { ...request, method: 'GET', url: `${calls}?${query}`, headers: { 'user-agent': userAgent } },
        clock,
        abort,
      );
      const delivery = idempotentDelivery(outcome);
      if (delivery.status !== 'accepted' || outcome.kind !== 'answer') {
        const error = 'error' in delivery ? delivery.error : new Error('no answer');
        return { status: 'ambiguous', error, lookup: () => this.find(sinceMs, AbortSignal.timeout(10_000), others) };
      }
      const recent = parse<{ calls?: Call[] }>(outcome.answer.body)?.calls ?? [];
      const ours = recent.find(
        (call) =>
          !claimed.has(call.sid) &&
          !others.has(call.sid) &&
          call.to === settings.to &&
          call.from === settings.from &&
          Date.parse(call.date_created) >= sinceMs - CLOCK_SLACK_MS,
      );
      return ours
        ? this.claim({ status: 'accepted', providerRef: ours.sid })
        : { status: 'retryable', error: new Error('Twilio knows of no such call') };
    },
  };
}

function parse<T>(body: string): T | undefined {
  try {
    return JSON.parse(body) as T;
  } catch {
    return undefined;
  }
}

/** @returns TwiML that says the text three times with pauses between, within Twilio's length */
function twiml(speech: string, language: string): string {
  const document = (times: number, text: string) => {
    const say = `<Say language="${language}">${xml(text)}</Say>`;
    return `<Response>${Array(times).fill(say).join('<Pause length="2"/>')}</Response>`;
  };
  for (let times = TIMES_SPOKEN; times > 0; times--) {
    if (document(times, speech).length <= LONGEST_TWIML) return document(times, speech);
  }
  let text = speech;
  while (document(1, text).length > LONGEST_TWIML) text = text.slice(0, Math.floor(text.length * 0.9));
  return document(1, text);
}

function xml(text: string): string {
  const allowed = text.replace(
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    ' ',
  );
  return allowed.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
