import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import type { Delivery } from '../../core/delivery.ts';
import { checkDocument, readDocument } from '../../core/document/index.ts';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import type { NotificationEvent } from '../incident.ts';
import type { Channel, ChannelSettings, Notifier, NotifierContext } from '../notifier.ts';
import { HOSTILE_TEXT, notification } from './notification.ts';
import { RETRY_AFTER_SECONDS, type VendorServer } from './peers/vendor-server.ts';

export interface NotifierHarness {
  channel: Channel;
  /** Strings that must never be seen in an error. */
  secrets: string[];
  start(): Promise<VendorServer>;
  /** Settings that the stand-in accepts. */
  settings(url: string): ChannelSettings;
  /** Settings with a wrong key; null where the vendor has none. */
  wrongKey(url: string): ChannelSettings | null;
  /** How many notifications arrived, where one is several calls. */
  arrived?(vendor: VendorServer): number;
  /** Of a channel that edits what it said: its messages, without replies in threads. */
  messages?(vendor: VendorServer): { count: number; clear(): void };
  /** A vendor that is not idempotent answers `ambiguous` where others are `retryable`. */
  idempotent: boolean;
}

const TIMEOUT_MS = 100;

export const context: NotifierContext = {
  clock: systemClock,
  userAgent: 'ringdown/test',
  print: () => true,
  answerUrl: null,
  language: null,
};

const NASTY = [
  ...[
    '<',
    '>',
    '&',
    '"',
    "'",
    '`',
    '*',
    '_',
    '~',
    '|',
    '[',
    ']',
    '(',
    ')',
    '\\',
    '#',
    '{{',
    '}}',
    '@everyone',
    '<@&1>',
  ],
  ...[
    '\r\n',
    '\u0000',
    '\u001b[2J',
    '\u2028',
    '\u202e',
    '\ud800',
    '\udc00',
    '&amp;',
    '</b>',
    '</Say>',
    '<!channel>',
    ']]>',
  ],
  ...['한국어', '🔥', 'é', ' ', 'word', 'POST /v1/posts', 'https://x.example/a(b)', '\n', '-', '='],
];

/** Up to some thousand characters of what breaks formats, seldom nothing at all. */
function nastyText(random: () => number): string {
  const length = Math.floor(random() ** 3 * 800);
  return Array.from({ length }, () => NASTY[Math.floor(random() * NASTY.length)]!).join('');
}

/** What the dispatcher relies on, for every channel that speaks HTTP. */
export function describeNotifier(harness: NotifierHarness): void {
  describe(`${harness.channel.type}, as every channel`, () => {
    let vendor: VendorServer;
    let notifier: Notifier;
    const unclear = harness.idempotent ? 'retryable' : 'ambiguous';

    beforeEach(async () => {
      vendor = await harness.start();
      notifier = harness.channel.create(harness.settings(vendor.url), context);
      await notifier.start();
    });
    afterEach(async () => {
      await notifier.shutdown(AbortSignal.timeout(1_000));
      await vendor.close();
    });

    const notify = (over = notification(), abort = AbortSignal.timeout(5_000)) => notifier.notify(over, abort);
    const expectNoSecret = (delivery: Delivery) => {
      const words = 'error' in delivery ? `${delivery.error.message} ${delivery.error.stack}` : '';
      for (const secret of harness.secrets) expect(words).not.toContain(secret);
    };

    test('delivers each event it asks for', async () => {
      for (const event of harness.channel.events) {
        expect(await notify(notification({ event }))).toMatchObject({ status: 'accepted' });
      }
      // What only updates a message may find none to update.
      const silent = harness.channel.events.filter((event) => event === 'incident.updated').length;
      const missing = harness.channel.events.length - (harness.arrived?.(vendor) ?? vendor.accepted.length);
      expect(missing).toBeGreaterThanOrEqual(0);
      expect(missing).toBeLessThanOrEqual(silent);
    });

    test('delivers text that could break its format', async () => {
      const page = { ...notification().page, headline: HOSTILE_TEXT, server_error: HOSTILE_TEXT, speech: HOSTILE_TEXT };
      page.facts = [{ label: HOSTILE_TEXT, text: HOSTILE_TEXT }];
      expect(await notify(notification({ page }))).toMatchObject({ status: 'accepted' });
    });

    test('delivers a page with a link to answer, and one with nothing but its headline', async () => {
      const answer_url = 'https://ringdown.example.com/a/eyJpIjoi.c2ln"<&>\u2028';
      expect(await notify(notification({ page: { ...notification().page, answer_url } }))).toMatchObject({
        status: 'accepted',
      });
      const bare = { ...notification().page, server_error: null, facts: [], links: [], escalates_to: null };
      expect(await notify(notification({ page: bare, delivery_id: 'bare' }))).toMatchObject({ status: 'accepted' });
    });

    test('every state reaches people though the one before never did', async () => {
      for (const event of harness.channel.events) {
        const fresh = harness.channel.create(harness.settings(vendor.url), context);
        expect(await fresh.notify(notification({ event }), AbortSignal.timeout(5_000))).toMatchObject({
          status: 'accepted',
        });
      }
    });

    test('a channel that hears of small changes edits its message', () => {
      expect(harness.channel.events.includes('incident.updated')).toBe(harness.messages !== undefined);
    });

    const { messages } = harness;
    if (messages) {
      /** As after a restart: nothing is known but what was stored. */
      const afterRestart = async (event: NotificationEvent, message_ref: string, headline: string) => {
        const page = { ...notification().page, headline };
        const told = notification({ event, message_ref, delivery_id: headline, page });
        const fresh = harness.channel.create(harness.settings(vendor.url), context);
        const delivery = await fresh.notify(told, AbortSignal.timeout(5_000));
        if (delivery.status !== 'accepted') throw delivery.error;
        return delivery.messageRef;
      };
      const begin = async () => {
        const delivery = await notify();
        const ref = delivery.status === 'accepted' ? delivery.messageRef : undefined;
        if (ref === undefined) throw new Error('the channel named no message');
        expect(messages(vendor).count).toBe(1);
        return ref;
      };

      test('after a restart later states edit the same message, also after an escalation', async () => {
        const ref = await begin();
        expect(await afterRestart('incident.updated', ref, 'what telemetry adds')).toBe(ref);
        expect(messages(vendor).count).toBe(1);
        expect(await afterRestart('incident.escalated', ref, 'nobody answers')).toBe(ref);
        const { count } = messages(vendor);
        expect(await afterRestart('incident.acknowledged', ref, 'somebody has it')).toBe(ref);
        expect(await afterRestart('incident.resolved', ref, 'it is over')).toBe(ref);
        expect(messages(vendor).count).toBe(count);
      });

      test('a message that somebody deleted is told anew, and edited from then on', async () => {
        const ref = await begin();
        messages(vendor).clear();
        const anew = await afterRestart('incident.acknowledged', ref, 'somebody has it');
        expect(anew).toEqual(expect.any(String));
        expect(await afterRestart('incident.resolved', anew!, 'it is over')).toBe(anew);
        expect(messages(vendor).count).toBe(1);
      });
    }

    test('its settings fit its own schema, and the key of its rate limit tells no secret', () => {
      const settings = harness.settings(vendor.url);
      const doc = readDocument(JSON.stringify(settings), 'settings.json');
      expect(checkDocument(doc, harness.channel.settings)).toEqual([]);
      expect(harness.channel.check?.(settings) ?? []).toEqual([]);
      const limit = harness.channel.rateLimit?.(settings);
      for (const secret of harness.secrets) expect(limit?.key ?? '').not.toContain(secret);
      if (limit) expect(limit.per_minute).toBeGreaterThan(0);
    });

    test('delivers a page that is far too long, cut', async () => {
      const long = 'é<&'.repeat(20_000);
      const page = { ...notification().page, headline: long, server_error: long, speech: long };
      page.facts = Array.from({ length: 40 }, () => ({ label: long.slice(0, 100), text: long }));
      expect(await notify(notification({ page }))).toMatchObject({ status: 'accepted' });
    });

    test('delivers whatever a service may say', async () => {
      const random = seededRandom(6);
      for (let turn = 0; turn < 12; turn++) {
        const text = () => nastyText(random);
        const page = {
          headline: text() || 'x',
          server_error: random() < 0.3 ? null : text(),
          facts: Array.from({ length: Math.floor(random() * 30) }, () => ({ label: text(), text: text() })),
          speech: text(),
          links: [{ label: text(), url: `https://wiki.example.com/${encodeURIComponent(text().toWellFormed())}` }],
          escalates_to: text(),
          answer_url: random() < 0.5 ? null : 'https://ringdown.example.com/a/token',
        };
        const over = notification({ page, dedup_key: `key-${turn}`, delivery_id: `delivery-${turn}` });
        expect({ turn, ...(await notify(over)) }).toMatchObject({ turn, status: 'accepted' });
      }
    });

    test('a wrong key is a failure: trying again would not help', async () => {
      const settings = harness.wrongKey(vendor.url);
      if (settings === null) return;
      const delivery = await harness.channel
        .create(settings, context)
        .notify(notification(), AbortSignal.timeout(5_000));
      expect(delivery.status).toBe('failure');
      expectNoSecret(delivery);
    });

    test('a rate limit is retryable after what the vendor asked for', async () => {
      vendor.mood = 'rate_limited';
      const delivery = await notify();
      expect(delivery).toMatchObject({ status: 'retryable', retryAfterMs: RETRY_AFTER_SECONDS * 1_000 });
      expectNoSecret(delivery);
    });

    test.each(['failing', 'hanging', 'resetting', 'dripping'] as const)(
      'a %s vendor is not a delivery',
      async (mood) => {
        vendor.mood = mood;
        const delivery = await notify(notification(), AbortSignal.timeout(TIMEOUT_MS));
        expect(delivery.status).toBe(unclear);
        expectNoSecret(delivery);
      },
    );

    test('nobody listening is retryable: it certainly did not arrive', async () => {
      await vendor.close();
      const delivery = await notify();
      expect(delivery).toMatchObject({
        status: 'retryable',
        error: { message: expect.stringContaining('ECONNREFUSED') },
      });
      expectNoSecret(delivery);
      vendor = await harness.start();
    });

    test('start and shutdown may come twice, and shutdown first', async () => {
      const fresh = harness.channel.create(harness.settings(vendor.url), context);
      await fresh.shutdown(AbortSignal.timeout(100));
      await fresh.start();
      await fresh.start();
      await fresh.shutdown(AbortSignal.timeout(100));
      await fresh.shutdown(AbortSignal.timeout(100));
    });
  });
}
