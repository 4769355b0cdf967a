import type { AnswerOutcome, AnswerReader, ChannelAnswer, ChannelSettings } from '../../notifier.ts';
import { malformed } from '../../signatures.ts';
import { escapeXml } from '../markup.ts';
import { formOf, type TwilioAccount, verifyTwilio } from '../twilio.ts';
import { codeOf, incidentOf } from './text.ts';

export interface SmsSettings extends ChannelSettings, TwilioAccount {
  replies_from?: readonly string[];
}

/** "4 3f2a9c", "ack 3f2a9c", "66 3F2A9C". */
const REPLY = /^\s*([a-z]+|\d{1,2})[\s,.:#-]*([0-9a-f]{6,20})\s*[.!]?\s*$/i;

/** What looks like a reply. Everything else may come from a machine, and two machines would go on for ever. */
const MEANT = /^\s*(\d|ack|esc|res|quiet)/i;

const ACTIONS = new Map<string, ChannelAnswer['action']>([
  ['4', 'acknowledge'],
  ['ack', 'acknowledge'],
  ['acknowledge', 'acknowledge'],
  ['5', 'escalate'],
  ['escalate', 'escalate'],
  ['6', 'resolve_unless_failing'],
  ['resolve', 'resolve_unless_failing'],
  ['66', 'silence'],
  ['quiet', 'silence'],
]);

/** https://www.twilio.com/docs/messaging/guides/track-outbound-message-status */
const UNDELIVERED: ReadonlySet<string> = new Set(['undelivered', 'failed']);

/** Text messages that people send back, and whether ours arrived. */
export const answers: AnswerReader<SmsSettings> = {
  configured: ({ auth_token }) => auth_token !== '',

  verify(settings, request) {
    const verified = verifyTwilio(settings, request);
    // Neither the address nor the form says when somebody wrote it.
    return 'refused' in verified ? verified : { ...verified, timeless: true };
  },

  read(settings, request) {
    const form = formOf(request);
    const { on, incident } = request.query;
    if (on === 'status') {
      if (!incident) return malformed('the address names no incident');
      const action = reported(form.MessageStatus ?? form.SmsStatus);
      const provider_ref = form.MessageSid || form.SmsSid || null;
      return action === null
        ? []
        : [{ incident_id: incident, dedup_key: null, action, by: null, contact: null, text: null, provider_ref }];
    }
    if (form.From === undefined || form.Body === undefined) return malformed('neither a reply nor a report of Twilio');
    // Others may know the number, too.
    if (!mayAnswer(settings, form.From)) return [];
    const [, word, code] = REPLY.exec(form.Body) ?? [];
    const action = word && code ? ACTIONS.get(word.toLowerCase()) : undefined;
    if (!action) return [];
    const by = form.From === settings.to ? null : form.From;
    const contact = by === null ? null : { vendor: 'phone', id: by };
    return [
      {
        incident_id: incidentOf(code!),
        dedup_key: null,
        action,
        by,
        contact,
        text: null,
        provider_ref: form.MessageSid || null,
      },
    ];
  },

  reply(settings, request, outcomes) {
    const { From = '', Body = '' } = formOf(request);
    if (request.query.on === 'status' || !mayAnswer(settings, From) || !MEANT.test(Body)) return null;
    const said = escapeXml(
      outcomes[0] ? resultOf(outcomes[0]) : 'Not understood. Reply 4, 5 or 6 and the code, as in: 4 3f2a9c',
    );
    return {
      content_type: 'text/xml; charset=utf-8',
      body: `<Response><Message>${said}</Message></Response>`,
    };
  },
};

function reported(status: string | undefined): 'delivered' | 'unanswered' | null {
  if (status === 'delivered') return 'delivered';
  return status !== undefined && UNDELIVERED.has(status) ? 'unanswered' : null;
}

function mayAnswer({ to, replies_from }: SmsSettings, from: string): boolean {
  return from === to || (replies_from?.includes(from) ?? false);
}

function resultOf(outcome: AnswerOutcome): string {
  const result = doneOf(outcome);
  return outcome.written ? result : `${result}. Not written down: a restart of the watcher would forget it.`;
}

function doneOf({ answer, incident, still_failing }: AnswerOutcome): string {
  if (!incident) return 'No open incident has this code. It may be over.';
  switch (answer.action) {
    case 'acknowledge':
      return `Acknowledged: ${incident.title}`;
    case 'escalate':
      return `Passed on: ${incident.title}`;
    case 'silence':
      return `Quiet for 30 minutes: ${incident.title}`;
    default: {
      if (still_failing === 0) return `Resolved: ${incident.title}`;
      const monitors = still_failing === 1 ? '1 monitor still fails' : `${still_failing} monitors still fail`;
      return `Not resolved, ${monitors}. Reply 66 ${codeOf(incident.id)} to be quiet about it for 30 minutes.`;
    }
  }
}
