import { Type } from 'typebox';
import { equalSecrets, malformed, unauthentic } from '../../signatures.ts';
import { verifyCredentials } from '../authenticity.ts';
import { defineInbound } from '../define.ts';
import { readJson } from '../document.ts';
import type { Parsed } from '../inbound.ts';
import { readAlarm } from './alarm.ts';
import { CertificateUnavailable, isSnsUrl, signatureTrouble } from './certificate.ts';
import { readSnsMessage } from './message.ts';

/** Replays are known again for 24 hours; what is older could be one. SNS itself gives up after an hour. */
const OLDEST_MS = 23 * 3_600_000;
const CLOCK_TOLERANCE_MS = 15 * 60_000;

/**
 * Alarms of CloudWatch through a topic of Amazon SNS, signed by Amazon with the certificate that the message names. Anybody
 * can make a topic, so the topics that are ours must be named.
 */
export const inbound = defineInbound({
  type: 'cloudwatch',
  description: 'Alarms of Amazon CloudWatch, through SNS.',
  settings: {
    topics: Type.Array(
      Type.String({ pattern: '^arn:', 'x-expected': 'the ARN of a topic', description: 'An SNS topic of yours.' }),
      {
        minItems: 1,
        description: 'Messages of other topics are refused.',
        examples: [['arn:aws:sns:eu-west-1:123456789012:alarms']],
      },
    ),
    confirm: Type.Optional(
      Type.Boolean({ description: 'Confirms subscriptions of these topics by itself; without it they are refused.' }),
    ),
    url: Type.Optional(
      Type.String({
        pattern: '^https?://',
        'x-expected': 'an http or https URL',
        description: 'Where an emulator of SNS serves its certificate and confirms, instead of Amazon.',
        examples: ['http://127.0.0.1:4566'],
      }),
    ),
  },
  // Amazon's signature and the list of topics are enough.
  check: () => [],
  async verify(settings, request, now) {
    if (settings.token !== undefined || settings.hmac !== undefined) {
      const credentials = verifyCredentials(settings, request, now);
      if ('refused' in credentials) return credentials;
    }
    const read = readJson(request);
    const message = 'refused' in read ? null : readSnsMessage(read.body);
    if (!message) return unauthentic('it is not a signed message of SNS; is raw message delivery on?');
    if (!settings.topics.some((topic) => equalSecrets(message.topic, topic))) {
      return unauthentic('it is of a topic that is not listed');
    }
    const sentAt = Date.parse(message.timestamp);
    if (!(sentAt > now - OLDEST_MS && sentAt < now + CLOCK_TOLERANCE_MS)) return unauthentic('it is too old');
    try {
      const trouble = await signatureTrouble(message, settings.url, now);
      return trouble === null ? { verified: true, replay_key: message.id } : unauthentic(trouble);
    } catch (error) {
      // SNS takes 401 for an answer, and never sends the message again; a server's fault it tries for an hour.
      if (error instanceof CertificateUnavailable) return { unavailable: error.message };
      throw error;
    }
  },
  parse(settings, body): Parsed {
    const message = readSnsMessage(body);
    if (!message) return malformed('it is not a message of SNS');
    switch (message.type) {
      case 'Notification':
        return readAlarm(message.message);
      case 'UnsubscribeConfirmation':
        return { alerts: [] };
      default: {
        const url = message.subscribeUrl;
        if (!settings.confirm || url === null || !isSnsUrl(url, settings.url)) {
          return malformed(
            'a subscription is not confirmed: set "confirm: true" at this source, and ask Amazon to send it again',
          );
        }
        return { confirm: { url } };
      }
    }
  },
});
