import { Type } from 'typebox';
import { accountKey } from '../account-key.ts';
import { contactCard } from '../contact-card.ts';
import { defineChannel, IncludeBodies } from '../define.ts';
import { reachable, refusedAsWritten, TwilioSettings, twilioSender } from '../twilio.ts';
import { withoutBodies } from '../without-bodies.ts';
import { answers, LONGEST_CALL_S, nextOf, voiceOf } from './answers.ts';
import { callbackUrl, type Keys, pageTwiml } from './menu.ts';
import { LANGUAGES } from './phrases.ts';

/** New calls of an account, one a second: https://www.twilio.com/docs/voice/api/call-resource#calls-per-second-cps */
const CALLS_A_MINUTE = 60;

/**
 * A phone call that speaks the page, three times over, and takes a key at any word where Twilio can reach us. Twilio
 * does not take a key against doubles, so an unclear answer is looked up among the recent calls to this number before
 * anybody is called again.
 */
export const channel = defineChannel({
  type: 'twilio-voice',
  description: 'Calls a phone and speaks the page; keys acknowledge, escalate and resolve.',
  settings: {
    ...TwilioSettings,
    language: Type.Optional(
      Type.String({
        pattern: `^(${LANGUAGES.join('|')})$`,
        'x-expected': 'a language that Twilio speaks, such as en-GB or ko-KR',
        description:
          'How the menu is spoken. Default: that of the person in on_call, else en-US. The cause is read as it is written.',
        examples: ['ko-KR'],
      }),
    ),
    voice: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9._-]+$',
        'x-expected': "the name of one of Twilio's voices",
        description: 'A voice of that language.',
        examples: ['Polly.Seoyeon'],
      }),
    ),
    include_bodies: IncludeBodies,
  },
  events: ['incident.triggered', 'incident.escalated', 'test'],
  rateLimit: ({ account_sid }) => ({ key: accountKey('twilio-voice', account_sid), per_minute: CALLS_A_MINUTE }),
  answers,
  contactCard,
  create: (settings, context) => {
    const calls = twilioSender(settings, 'Calls', context);
    const answerUrl = reachable(context.answerUrl);
    return {
      async notify(notification, abort) {
        const { speech, escalates_to } = settings.include_bodies ? notification.page : withoutBodies(notification);
        const incident = notification.incident.id;
        const placed = Math.floor(context.clock.now() / 1_000);
        const call = (keys: Keys | null) => {
          const Twiml = pageTwiml(speech, voiceOf(settings, context.language), keys, nextOf(escalates_to));
          const ended = { on: 'status', incident, placed: String(placed) };
          const status = keys && { StatusCallback: callbackUrl(keys.answerUrl, ended) };
          return calls.send({ Twiml, TimeLimit: String(LONGEST_CALL_S), ...status }, abort);
        };
        if (answerUrl === null || notification.event === 'test') return call(null);
        const delivery = await call({ answerUrl, incident, placed, turn: 1, again: false, language: context.language });
        return refusedAsWritten(delivery) ? call(null) : delivery;
      },
      lookup: (_notification, attempt, abort) => calls.find(attempt.since, abort, { others: attempt.others }),
    };
  },
});
