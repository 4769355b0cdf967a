import type { AnswerOutcome, AnswerReader, AnswerRequest, ChannelAnswer, ChannelSettings } from '../../notifier.ts';
import { malformed, unauthentic } from '../../signatures.ts';
import { formOf, type TwilioAccount, verifyTwilio } from '../twilio.ts';
import { withoutBodies } from '../without-bodies.ts';
import { ask, farewell, type Keys, MOST_TURNS } from './menu.ts';
import { phrasesOf, spokenLanguage } from './phrases.ts';
import { sayPage, sayPhrase, type Voice } from './say.ts';

export interface VoiceSettings extends ChannelSettings, TwilioAccount {
  language?: string;
  voice?: string;
  include_bodies?: boolean;
}

/** How a call ended: https://www.twilio.com/docs/voice/api/call-resource#statuscallback */
const UNANSWERED: ReadonlySet<string> = new Set(['busy', 'no-answer', 'failed', 'canceled']);

/** Longer than the most menus of a call take; then Twilio hangs up. */
export const LONGEST_CALL_S = 20 * 60;
/** The call itself, its ringing, the time that Twilio lets it wait, and a clock that is set by an hour meanwhile. */
const ANSWERED_WITHIN_S = 2 * 3_600;

/** Keys that were pressed, and how calls ended. Only a key counts: a mailbox answers, too. */
export const answers: AnswerReader<VoiceSettings> = {
  configured: ({ auth_token }) => auth_token !== '',

  verify(settings, request, now) {
    const verified = verifyTwilio(settings, request);
    if ('refused' in verified) return verified;
    // Twilio signs no time, but it signs the address. One without the time of its call could be sent again for ever.
    const ageS = now / 1_000 - Number.parseInt(request.query.placed ?? '', 10);
    return Math.abs(ageS) <= ANSWERED_WITHIN_S ? verified : unauthentic('the call is over');
  },

  read(_settings, request) {
    const { on, incident, again } = request.query;
    const { Digits, CallSid, CallStatus } = formOf(request);
    if (!incident) return malformed('the address names no incident');
    const answer = (action: ChannelAnswer['action']): ChannelAnswer[] => [
      {
        incident_id: incident,
        dedup_key: null,
        action,
        by: null,
        contact: null,
        text: null,
        provider_ref: CallSid || null,
      },
    ];
    if (on === 'status') {
      if (CallStatus === 'completed') return answer('delivered');
      return CallStatus && UNANSWERED.has(CallStatus) ? answer('unanswered') : [];
    }
    if (on !== 'key') return malformed('the address is none of a key or of the end of a call');
    switch (Digits) {
      case '4':
        return answer('acknowledge');
      case '5':
        return answer('escalate');
      case '6':
        return answer(again === '1' ? 'silence' : 'resolve_unless_failing');
      default:
        return answer('repeat');
    }
  },

  reply(settings, request, outcomes) {
    if (request.query.on !== 'key') return null;
    return { content_type: 'text/xml; charset=utf-8', body: said(settings, request, outcomes[0]) };
  },
};

function said(settings: VoiceSettings, request: AnswerRequest, outcome: AnswerOutcome | undefined): string {
  const voice = voiceOf(settings, request.query.language);
  const phrases = phrasesOf(voice.language);
  const turn = Number(request.query.turn ?? 1) + 1;
  if (!outcome?.incident) return farewell(phrases.over, voice);
  const keys: Keys = {
    answerUrl: request.publicUrl.split('?', 1)[0]!,
    incident: outcome.incident.id,
    placed: Number.parseInt(request.query.placed ?? '', 10),
    turn,
    again: false,
    language: request.query.language ?? null,
  };
  if (!outcome.written) return farewell(phrases.unwritten, voice);
  switch (outcome.answer.action) {
    case 'acknowledge':
      return farewell(phrases.acknowledged, voice);
    case 'escalate':
      return farewell(phrases.escalated, voice);
    case 'silence':
      return farewell(phrases.quiet, voice);
    case 'resolve_unless_failing':
      if (outcome.still_failing === 0) return farewell(phrases.closed, voice);
      return ask(sayPhrase(phrases.stillFailing(outcome.still_failing), voice), voice, { ...keys, again: true });
    default: {
      if (!(turn <= MOST_TURNS)) return farewell(phrases.nobodyPressed, voice);
      const { Digits } = formOf(request);
      const { incident, page } = outcome;
      // What a call leaves out at first, it leaves out when it is heard again.
      const told = page && !settings.include_bodies ? withoutBodies({ page, incident }) : page;
      const speech = told?.speech ?? `${incident.title}.`;
      const remark = Digits === '*' ? '' : sayPhrase(phrases.unknownKey, voice);
      const menu = sayPhrase(phrases.menu(nextOf(outcome.page?.escalates_to ?? null)), voice);
      return ask(`${remark}${sayPage(speech, voice)}<Pause length="1"/>${menu}`, voice, keys);
    }
  }
}

/** @param personal of the person, where the channel names none */
export function voiceOf(
  { language, voice }: Pick<VoiceSettings, 'language' | 'voice'>,
  personal?: string | null,
): Voice {
  return { language: language ?? spokenLanguage(personal ?? null) ?? 'en-US', voice };
}

/** Names of policies as they are said: `user:minsu` is Minsu's. */
export function nextOf(escalatesTo: string | null): string | null {
  return escalatesTo?.replace(/\b(user|on-call):/g, '') ?? null;
}
