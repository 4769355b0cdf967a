import type { Clock } from '../../../core/clock.ts';
import type { Delivery } from '../../../core/delivery.ts';
import { answerError, callVendor } from '../http.ts';

export const API_URL = 'https://slack.com/api';

/** An answer of the Web API, as far as it is read here. */
export interface Answer {
  ok: true;
  ts?: string;
  messages?: readonly Post[];
  response_metadata?: { next_cursor?: string };
}

export interface Post {
  ts: string;
  metadata?: { event_type?: string; event_payload?: Record<string, unknown> };
}

export type Called =
  | { kind: 'done'; answer: Answer }
  /** It may have been carried out. */
  | { kind: 'unclear'; error: Error }
  | { kind: 'not_done'; code: string | null; delivery: Exclude<Delivery, { status: 'accepted' | 'ambiguous' }> };

/** Worth another try; nothing was done. https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const RETRYABLE = new Set(['ratelimited', 'rate_limited', 'service_unavailable', 'team_added_to_org', 'accesslimited']);
/** Slack: "It's possible some aspect of the operation succeeded before the error was raised." */
const UNCLEAR = new Set(['internal_error', 'fatal_error', 'request_timeout']);

const HINTS: Readonly<Record<string, string>> = {
  not_in_channel: 'invite the app to the channel',
  channel_not_found: 'give the id of a channel that the app was invited to',
  is_archived: 'the channel is archived',
  invalid_auth: 'check bot_token',
  not_authed: 'check bot_token',
  token_revoked: 'make a new bot_token',
  account_inactive: 'make a new bot_token',
};

/** Slack's Web API: most refusals come with status 200 and `ok: false`. */
export function webApi(settings: { bot_token: string; api_url?: string }, clock: Clock, userAgent: string) {
  const base = settings.api_url ?? API_URL;
  const headers = { authorization: `Bearer ${settings.bot_token}`, 'user-agent': userAgent };
  const secrets = [settings.bot_token];

  async function call(
    request: { method: 'GET' | 'POST'; url: string; body?: string },
    abort: AbortSignal,
  ): Promise<Called> {
    const type: Record<string, string> =
      request.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
    const outcome = await callVendor({ ...request, headers: { ...headers, ...type }, secrets }, clock, abort);
    if (outcome.kind === 'unclear') return { kind: 'unclear', error: outcome.error };
    if (outcome.kind === 'unsent')
      return notDone(null, { status: 'retryable', error: outcome.error, unreachable: true });
    const { status, body, retryAfterMs } = outcome.answer;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    if (status === 429)
      return notDone('ratelimited', { status: 'retryable', error: answerError(outcome.answer), ...wait });
    if (status >= 500 || status === 408) return { kind: 'unclear', error: answerError(outcome.answer) };
    const answer = parse(body);
    if (status !== 200 || !answer) return notDone(null, { status: 'failure', error: answerError(outcome.answer) });
    if (answer.ok === true) return { kind: 'done', answer: answer as unknown as Answer };
    const code = typeof answer.error === 'string' ? answer.error : 'unknown_error';
    const hint = code === 'missing_scope' ? `the app needs the scope ${answer.needed}` : HINTS[code];
    const error = new Error(hint ? `Slack answered ${code}: ${hint}` : `Slack answered ${code}`);
    if (UNCLEAR.has(code)) return { kind: 'unclear', error };
    return notDone(code, RETRYABLE.has(code) ? { status: 'retryable', error, ...wait } : { status: 'failure', error });
  }

  return {
    /** A method that writes. */
    write: (method: string, args: object, abort: AbortSignal) =>
      call({ method: 'POST', url: `${base}/${method}`, body: JSON.stringify(args) }, abort),
    /** A method that reads. */
    read: (method: string, args: Record<string, string>, abort: AbortSignal) =>
      call({ method: 'GET', url: `${base}/${method}?${new URLSearchParams(args)}` }, abort),
  };
}

function notDone(code: string | null, delivery: Extract<Called, { kind: 'not_done' }>['delivery']): Called {
  return { kind: 'not_done', code, delivery };
}

function parse(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
