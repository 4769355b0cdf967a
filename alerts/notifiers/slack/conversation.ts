import type { Delivery } from '../../../core/delivery.ts';
import type { EarlierAttempt, Notification, NotifierContext, Page } from '../../notifier.ts';
import { standsIn } from '../http.ts';
import { detailsOf, messageOf } from './message.ts';
import { type Called, type Post, webApi } from './web-api.ts';

/** Messages of ours carry it, with the key of the incident: so they are found again after a restart. */
const METADATA = 'ringdown_incident';
const PAGE_SIZE = 200;
const MOST_PAGES = 5;
/** Our clock and Slack's. */
const CLOCK_SLACK_MS = 60_000;
const LOOKUP_MS = 10_000;

const RINGS: ReadonlySet<Notification['event']> = new Set(['incident.triggered', 'incident.escalated']);
/** The message is gone, or not ours to edit any more. */
const LOST = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

export interface BotSettings {
  bot_token: string;
  channel: string;
  api_url?: string;
}

/**
 * One message for each incident, edited by every later state; what happened stands in its thread. An escalation is also
 * sent to the channel, because an edit is heard by nobody.
 */
export function conversation(
  settings: BotSettings,
  said: { page(notification: Notification): Page; answers: boolean },
  { clock, userAgent }: Pick<NotifierContext, 'clock' | 'userAgent'>,
) {
  const api = webApi(settings, clock, userAgent);
  const { channel } = settings;
  /** Those whose details did not arrive: the next state brings them. */
  const withoutDetails = new Set<string>();

  async function notify(notification: Notification, abort: AbortSignal): Promise<Delivery> {
    const { event } = notification;
    let ts = notification.message_ref;
    if (ts === null && mayStandAlready(event)) {
      // It may have been posted by a process that ended before it knew.
      const found = await findFirst(notification, abort);
      if (found.kind === 'found') ts = found.ts;
      // Whoever is to be woken does not wait for history.
      else if (found.kind === 'unknown' && !RINGS.has(event)) return found.delivery;
    }
    if (ts === null) return postFirst(notification, abort);
    const edited = await api.write('chat.update', { channel, ts, ...edition(notification) }, abort);
    if (edited.kind === 'not_done' && edited.code && LOST.has(edited.code)) return postFirst(notification, abort);
    // The same edit may be made twice.
    if (edited.kind === 'unclear') return { status: 'retryable', error: edited.error };
    if (edited.kind === 'not_done') return edited.delivery;
    return reply(notification, ts, abort);
  }

  async function postFirst(notification: Notification, abort: AbortSignal): Promise<Delivery> {
    const posted = await api.write('chat.postMessage', { channel, ...firstMessage(notification) }, abort);
    const delivery = deliveryOf(posted, notification);
    if (delivery.status !== 'accepted' || !delivery.providerRef) return delivery;
    if (notification.event === 'test') return delivery;
    await begin(notification, delivery.providerRef, abort);
    return standsIn(delivery.providerRef, delivery);
  }

  /** People know by the first message; its details must not make them hear of it twice. */
  async function begin(notification: Notification, ts: string, abort: AbortSignal): Promise<void> {
    const page = said.page(notification);
    if (page.facts.length === 0) return;
    const message = { channel, thread_ts: ts, ...detailsOf(page, page.headline), ...metadata(notification, 'details') };
    const { kind } = await api.write('chat.postMessage', message, abort);
    if (kind !== 'done') withoutDetails.add(notification.dedup_key);
  }

  async function reply(notification: Notification, ts: string, abort: AbortSignal): Promise<Delivery> {
    const { event, dedup_key } = notification;
    const page = said.page(notification);
    const owed = withoutDetails.has(dedup_key);
    const details = event === 'incident.updated' || owed ? detailsOf(page, page.headline).blocks : undefined;
    const text = messageOf(notification, page, { details: false, answers: false }).text;
    const message = {
      channel,
      thread_ts: ts,
      text,
      ...(details && details.length > 0 ? { blocks: details } : {}),
      ...(RINGS.has(event) ? { reply_broadcast: true } : {}),
      ...metadata(notification, 'reply'),
    };
    const posted = await api.write('chat.postMessage', message, abort);
    if (posted.kind === 'done') withoutDetails.delete(dedup_key);
    return standsIn(ts, deliveryOf(posted, notification));
  }

  function firstMessage(notification: Notification) {
    const quiet = { unfurl_links: false, unfurl_media: false };
    return { ...edition(notification), ...quiet, ...metadata(notification, 'first') };
  }

  /** What the first message says by now. It is not the notification that edits it: that one is in the thread. */
  function edition(notification: Notification) {
    const message = messageOf(notification, said.page(notification), { details: false, answers: said.answers });
    return { ...message, ...metadata({ ...notification, delivery_id: '' }, 'first') };
  }

  function deliveryOf(called: Called, notification: Notification): Delivery {
    if (called.kind === 'not_done') return called.delivery;
    if (called.kind === 'done') {
      return called.answer.ts ? { status: 'accepted', providerRef: called.answer.ts } : { status: 'accepted' };
    }
    const since = clock.now() - LOOKUP_MS;
    const lookup = () => find(notification, since, AbortSignal.timeout(LOOKUP_MS));
    return { status: 'ambiguous', error: called.error, lookup };
  }

  /** Whether this very notification stands in the channel. `retryable`: it does not. */
  async function find(notification: Notification, sinceMs: number, abort: AbortSignal): Promise<Delivery> {
    const absent: Delivery = { status: 'retryable', error: new Error('Slack has no such message') };
    const ofThis = ({ metadata }: Post) => metadata?.event_payload?.delivery_id === notification.delivery_id;
    const inChannel = await search(
      'conversations.history',
      {},
      sinceMs,
      (post) => ofThis(post) && isPart(post, 'first'),
      abort,
    );
    if (inChannel.kind === 'unknown') return unknown(inChannel, notification, sinceMs);
    if (inChannel.kind === 'found') {
      withoutDetails.add(notification.dedup_key);
      return { status: 'accepted', providerRef: inChannel.ts, messageRef: inChannel.ts };
    }
    const known = notification.message_ref;
    if (known === null && !mayStandAlready(notification.event)) return absent;
    const root: Found = known === null ? await findFirst(notification, abort) : { kind: 'found', ts: known };
    if (root.kind === 'absent') return absent;
    if (root.kind === 'unknown') return unknown(root, notification, sinceMs);
    const thread = { ts: root.ts };
    const inThread = await search(
      'conversations.replies',
      thread,
      sinceMs,
      (post) => ofThis(post) && isPart(post, 'reply'),
      abort,
    );
    if (inThread.kind === 'unknown') return unknown(inThread, notification, sinceMs);
    if (inThread.kind === 'absent') return absent;
    return { status: 'accepted', providerRef: inThread.ts, messageRef: root.ts };
  }

  function unknown(
    { delivery }: Extract<Found, { kind: 'unknown' }>,
    notification: Notification,
    since: number,
  ): Delivery {
    const lookup = () => find(notification, since, AbortSignal.timeout(LOOKUP_MS));
    return { status: 'ambiguous', error: delivery.error, lookup };
  }

  async function findFirst({ dedup_key, incident }: Notification, abort: AbortSignal): Promise<Found> {
    const ofIncident = (post: Post) => isPart(post, 'first') && post.metadata?.event_payload?.dedup_key === dedup_key;
    return search('conversations.history', {}, Date.parse(incident.triggered_at), ofIncident, abort);
  }

  async function search(
    method: 'conversations.history' | 'conversations.replies',
    args: Record<string, string>,
    sinceMs: number,
    wanted: (post: Post) => boolean,
    abort: AbortSignal,
  ): Promise<Found> {
    const oldest = String((sinceMs - CLOCK_SLACK_MS) / 1_000);
    let cursor = '';
    for (let page = 0; page < MOST_PAGES; page++) {
      const asked = { ...args, channel, oldest, limit: String(PAGE_SIZE), include_all_metadata: 'true' };
      const called = await api.read(method, cursor ? { ...asked, cursor } : asked, abort);
      if (called.kind === 'unclear') return { kind: 'unknown', delivery: { status: 'retryable', error: called.error } };
      if (called.kind === 'not_done') {
        // The app may not read the channel: then nothing can be found, now or later.
        const { delivery } = called;
        return delivery.status === 'failure' ? { kind: 'absent' } : { kind: 'unknown', delivery };
      }
      const found = called.answer.messages?.find(wanted);
      if (found) return { kind: 'found', ts: found.ts };
      cursor = called.answer.response_metadata?.next_cursor ?? '';
      if (!cursor) break;
    }
    return { kind: 'absent' };
  }

  return {
    notify,
    lookup: (notification: Notification, attempt: EarlierAttempt, abort: AbortSignal) =>
      find(notification, attempt.since, abort),
  };
}

function mayStandAlready(event: Notification['event']): boolean {
  return event !== 'incident.triggered' && event !== 'test';
}

type Found =
  | { kind: 'found'; ts: string }
  | { kind: 'absent' }
  | { kind: 'unknown'; delivery: Extract<Delivery, { status: 'retryable' }> };

function metadata({ dedup_key, delivery_id }: Notification, part: 'first' | 'details' | 'reply') {
  return { metadata: { event_type: METADATA, event_payload: { dedup_key, delivery_id, part } } };
}

function isPart({ metadata }: Post, part: string): boolean {
  return metadata?.event_type === METADATA && metadata.event_payload?.part === part;
}
