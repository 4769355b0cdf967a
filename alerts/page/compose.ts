import { formatDuration } from '../../core/units.ts';
import type { Incident, NotificationEvent } from '../incident.ts';
import type { Page } from '../notifier.ts';
import { ALL_CHANNELS } from '../policies/policy.ts';
import { spokenName } from './names.ts';
import { composeSpeech } from './speech.ts';
import { listed } from './words.ts';

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
  monitorName(key: string): string;
}

/** Longest line of a server's error that is shown; the rest stands behind the link. */
const LONGEST_ERROR = 500;

/**
 * The words of one notification. Plain text without line breaks in any field.
 * @param now wall-clock time at which it is sent, milliseconds
 */
export function composePage(incident: Incident, event: NotificationEvent, context: PageContext, now: number): Page {
  return {
    headline: oneLine(headline(incident, event, context, now), 250),
    server_error: incident.cause.server_error === null ? null : oneLine(incident.cause.server_error, LONGEST_ERROR),
    facts: facts(incident, context, now).map(({ label, text }) => ({ label, text: oneLine(text, 1_000) })),
    speech: composeSpeech(incident, event, context, now),
    links: [
      { label: 'Incident', url: incident.url },
      { label: 'Run', url: incident.cause.run_url ?? '' },
      { label: 'Source', url: incident.cause.source_url ?? '' },
      { label: 'Runbook', url: incident.runbook ?? '' },
    ].filter(({ url }) => url !== ''),
    escalates_to: escalatesTo(incident, context),
    answer_url: null,
  };
}

function headline(incident: Incident, event: NotificationEvent, context: PageContext, now: number): string {
  const where = `${spokenName(incident.service)}, ${incident.environment}`;
  const { step, message } = incident.cause;
  const what = context.unreachable ? `does not answer: ${message}` : `${step}: ${message}`;
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
      return `Nobody has answered for ${outageLength(now - Date.parse(incident.triggered_at))} · ${incident.priority} ${where} · ${what}`;
    default:
      return `${incident.priority} ${where} · ${what}`;
  }
}

function facts(incident: Incident, context: PageContext, now: number): { label: string; text: string }[] {
  const { cause, evidence, deployment } = incident;
  const over = incident.state === 'resolved';
  const since = Date.parse(cause.failing_since);
  const found: { label: string; text: string }[] = [];
  const add = (label: string, text: string) => found.push({ label, text });

  const end = over ? Date.parse(incident.resolved_at ?? '') || now : now;
  add(
    'Since',
    `${cause.failing_since.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}, for ${outageLength(end - since)}`,
  );
  add('Scenario', cause.step ? `${cause.monitor_name}, step "${cause.step}"` : cause.monitor_name);
  if (cause.route) add('Request', cause.route);
  if (cause.expected !== null) add('Expected', cause.expected);
  if (cause.actual !== null) add('Actual', cause.actual);
  add('Attempts', cause.attempts === 1 ? '1' : `${cause.attempts}, none passed`);
  const real = evidence.real_traffic;
  if (real) {
    const share = real.errors === 0 ? `none of ${real.requests}` : `${real.errors} of ${real.requests}`;
    add('Real traffic', `${share} requests to ${real.route} failed in the last 5 min`);
  }
  if (incident.monitors.length > 1) {
    const failing = over ? '' : `, ${context.failing_monitors} still failing`;
    add('Monitors', `${incident.monitors.length}${failing}: ${some(incident.monitors.map(context.monitorName))}`);
  }
  if (evidence.healthy_monitors.length > 0) add('Healthy', some(evidence.healthy_monitors.map(context.monitorName)));
  if (deployment) {
    const ago = now - Date.parse(deployment.deployed_at);
    add(
      'Changed',
      `version ${deployment.version} was deployed ${ago >= 0 ? `${formatDuration(ago)} ago` : `at ${deployment.deployed_at}`}`,
    );
  }
  if (context.flapping && !over) add('Flapping', 'it came and went lately, so it ends only after passing for a while');
  if (incident.acknowledged_by) add('Acknowledged', `by ${incident.acknowledged_by}`);
  const next = escalatesTo(incident, context);
  if (next) {
    const wait = Math.max(0, Date.parse(context.next_escalation!.at) - now);
    add('Next', `${next} in ${formatDuration(wait)} unless acknowledged`);
  }
  return found;
}

function escalatesTo(incident: Incident, { next_escalation }: PageContext): string | null {
  if (incident.state !== 'triggered' || !next_escalation) return null;
  return listed(next_escalation.notify.map(calledChannel));
}

/** Outages are told in whole seconds: one that has just begun has lasted one. */
function outageLength(ms: number): string {
  return formatDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000));
}

function calledChannel(name: string): string {
  return name === ALL_CHANNELS ? 'every channel' : name;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : listed(shown);
}

/** Line breaks and control characters would let a server's error forge lines of the message. */
function oneLine(text: string, longest: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
