import type { Incident, NotificationEvent } from '../incident.ts';
import type { Page } from '../notifier.ts';
import { composeFacts, escalatesTo, outageLength } from './facts.ts';
import { failingMembers, othersFailing } from './members.ts';
import { spokenName } from './names.ts';
import { LONGEST_CAUSE, oneLine } from './one-line.ts';
import { composeSpeech } from './speech.ts';

/** What a page says beyond the incident itself. */
export interface PageContext {
  /** The whole service does not answer. */
  unreachable: boolean;
  /** It came and went several times lately: a pass proves little for a while. */
  flapping: boolean;
  /** Routes that the service fails to serve. */
  failing_routes: number;
  /** Members that still fail. */
  failing_monitors: number;
  /** Whom the next step calls; null when nobody is left. */
  next_escalation: { at: string; notify: readonly string[] } | null;
  /** The title of the incident that took this one in. */
  continues_as: string | null;
  /** Why nobody was told until now, of a hold that has ended: `silenced by kim until 14:00 UTC: deploying`. */
  released: string | null;
  /** Signed link that opens it and can acknowledge; null where none can be made. */
  answer_url: string | null;
  monitorName(key: string): string;
}

/** Longest line of a server's error that is shown; the rest stands behind the link. */
const LONGEST_ERROR = 500;
const LONGEST_FACT = 1_000;
/** A voice offers it, between two keys. */
const LONGEST_NEXT = 120;

/**
 * The words of one notification. Plain text without line breaks in any field.
 * @param now wall-clock time at which it is sent, milliseconds
 */
export function composePage(incident: Incident, event: NotificationEvent, context: PageContext, now: number): Page {
  const next = escalatesTo(incident, context);
  return {
    headline: oneLine(headline(incident, event, context, now), 250),
    server_error: incident.cause.server_error === null ? null : oneLine(incident.cause.server_error, LONGEST_ERROR),
    facts: composeFacts(incident, context, now).map(({ label, text }) => ({
      label,
      text: oneLine(text, LONGEST_FACT),
    })),
    speech: composeSpeech(incident, event, context, now),
    links: [
      { label: 'Incident', url: incident.url },
      { label: 'Run', url: incident.cause.run_url ?? '' },
      { label: 'Source', url: incident.cause.source_url ?? '' },
      { label: 'Trace', url: traceLink(incident) },
      { label: 'Runbook', url: incident.runbook ?? '' },
    ].filter(({ url }) => isWebLink(url)),
    escalates_to: next === null ? null : oneLine(next, LONGEST_NEXT),
    // Once somebody has taken it there is nothing left to answer.
    answer_url: incident.state === 'triggered' ? context.answer_url : null,
  };
}

/** Another system's alert, or a scenario file, may name anything: nothing else is put where people click. */
function isWebLink(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url);
}

function headline(incident: Incident, event: NotificationEvent, context: PageContext, now: number): string {
  const where = `${spokenName(incident.service)}, ${incident.environment}`;
  const what = cause(incident, context);
  const lasted = outageLength(
    (Date.parse(incident.resolved_at ?? '') || now) - Date.parse(incident.cause.failing_since),
  );
  // A channel that was down hears of it late, and must not wake anybody for what is over.
  if (event !== 'incident.resolved' && incident.state === 'resolved')
    return `Over after ${lasted} · ${where} · ${what}`;
  switch (event) {
    case 'incident.acknowledged':
      return `Acknowledged by ${incident.acknowledged_by ?? 'somebody'} · ${incident.priority} ${where} · ${what}`;
    case 'incident.resolved': {
      if (context.continues_as) return `Merged · ${where} · ${what} · continues as: ${context.continues_as}`;
      const by = incident.resolved_by ? ` by ${incident.resolved_by}` : '';
      return `Resolved${by} after ${lasted} · ${where} · ${what}`;
    }
    case 'incident.escalated':
      if (incident.state === 'acknowledged')
        return `Still open after ${lasted}, acknowledged by ${incident.acknowledged_by ?? 'somebody'} · ${incident.priority} ${where} · ${what}`;
      return `Nobody has answered for ${outageLength(now - Date.parse(incident.triggered_at))} · ${incident.priority} ${where} · ${what}`;
    default:
      return `${incident.priority} ${where} · ${what}`;
  }
}

/** What the records that a rule counted say, which is its cause. */
function quoted({ source, cause: { server_error }, evidence }: Incident): string | null {
  if (source !== 'rule' || server_error === null || !evidence.log_records?.length) return null;
  return `"${oneLine(server_error, LONGEST_CAUSE)}"`;
}

/** A run links its own trace; of a rule it is that of a record or request it counted. */
function traceLink({ source, url, cause: { trace_id } }: Incident): string {
  return source === 'rule' && trace_id !== null ? url.replace(/\/incidents\/[^/]*$/, `/traces/${trace_id}`) : '';
}

/** What fails, in one clause. Rules and other systems' alerts say it themselves; they have no step. */
function cause(incident: Incident, context: PageContext): string {
  const { step, message } = incident.cause;
  if (context.unreachable) return `does not answer: ${message}`;
  if (step !== '') return `${step}: ${message}`;
  const others = othersFailing(incident.monitors, failingMembers(incident, context));
  const said = quoted(incident);
  if (said !== null)
    return `${oneLine(message, LONGEST_CAUSE)}${others ? `, and ${others.count} ${others.noun}` : ''}: ${said}`;
  return others ? `${oneLine(message, LONGEST_CAUSE)}, and ${others.count} ${others.noun}` : message;
}
