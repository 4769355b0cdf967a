import type { Incident, NotificationEvent } from '../incident.ts';
import { activity } from './activity.ts';
import type { PageContext } from './compose.ts';
import { failingMembers, othersFailing } from './members.ts';
import { spokenName } from './names.ts';
import { spoken } from './spoken.ts';
import { capitalized, counted, durationInWords, inWords, listed } from './words.ts';

/** Healthy monitors that are named; more are counted. */
const NAMED_AT_MOST = 2;
/** An older deployment is hardly the reason. */
const RECENT_DEPLOYMENT_MS = 24 * 3_600_000;

/**
 * What a voice says: no preamble, no ids, most important first, since the listener may hang up at any word.
 * The menu of keys is not part of it; a channel with keys adds its own.
 */
export function composeSpeech(incident: Incident, event: NotificationEvent, context: PageContext, now: number): string {
  const where = `${spoken(spokenName(incident.service))}, ${spoken(incident.environment)}.`;
  const since = Date.parse(incident.cause.failing_since);
  const what = context.unreachable ? 'answering' : activity(spoken(incident.cause.step), incident.cause.route);
  const stepless = !context.unreachable && incident.cause.step === '';
  if (event === 'incident.resolved') {
    const end = Date.parse(incident.resolved_at ?? '') || now;
    const by = incident.resolved_by ? `Resolved by ${spoken(incident.resolved_by)}.` : 'Resolved.';
    if (context.continues_as) return `${where} ${capitalized(spoken(context.continues_as))}, this goes on there.`;
    const lasted = durationInWords(end - since);
    if (stepless) return `${by} ${where} ${failure(incident, what, context)} It lasted ${lasted}.`;
    const works = incident.resolved_by ? '' : ` ${recovery(what, context)} after ${lasted}.`;
    return `${by} ${where}${works}`;
  }
  if (event === 'incident.acknowledged' || (event === 'incident.escalated' && incident.state === 'acknowledged')) {
    return `${where} ${failure(incident, what, context)} ${capitalized(spoken(incident.acknowledged_by ?? 'Somebody'))} has taken it.`;
  }
  const priority = `Priority ${inWords(Number(incident.priority.slice(1)))}.`;
  return [
    priority,
    where,
    failure(incident, what, context),
    incident.cause.server_error ? `Server log: ${spoken(incident.cause.server_error)}.` : '',
    surroundings(incident, context),
    incident.state === 'resolved'
      ? `It is over. It lasted ${durationInWords((Date.parse(incident.resolved_at ?? '') || now) - since)}.`
      : `${stepless ? 'Firing' : 'Failing'} for ${durationInWords(now - since)}.`,
    context.released && incident.state !== 'resolved' ? `This comes late: ${spoken(context.released)}.` : '',
    deployment(incident, now),
  ]
    .filter(Boolean)
    .join(' ');
}

function failure(incident: Incident, what: string, context: PageContext): string {
  const reason = spoken(incident.cause.message);
  if (context.unreachable) return `It does not answer: ${reason}.`;
  if (incident.cause.step === '') {
    const others = othersFailing(incident.monitors, failingMembers(incident, context));
    return `${capitalized(reason)}.${others ? ` ${capitalized(inWords(others.count))} ${others.noun}.` : ''}`;
  }
  const routes = context.failing_routes > 1 ? ` ${capitalized(counted(context.failing_routes, 'route'))} fail.` : '';
  return `${capitalized(what)} fails: ${reason}.${routes}`;
}

function recovery(what: string, context: PageContext): string {
  return context.unreachable ? 'It answers again' : `${capitalized(what)} works again`;
}

/** Who else is hit, and what is not. */
function surroundings(incident: Incident, context: PageContext): string {
  const parts: string[] = [];
  const real = incident.evidence.real_traffic;
  if (real && real.requests > 0) {
    parts.push(real.errors === 0 ? 'real requests succeed' : `${share(real.errors, real.requests)} fail too`);
  }
  const healthy = incident.evidence.healthy_monitors;
  if (healthy.length > NAMED_AT_MOST) parts.push(`${counted(healthy.length, 'other monitor')} pass`);
  else if (healthy.length > 0) {
    parts.push(
      `${listed(healthy.map((key) => spoken(context.monitorName(key))))} ${healthy.length === 1 ? 'works' : 'work'}`,
    );
  }
  return parts.length > 0 ? `${capitalized(parts.join('; '))}.` : '';
}

/** "nine of ten real requests", "three of four real requests", "all real requests". */
export function share(errors: number, requests: number): string {
  if (errors >= requests) return requests === 1 ? 'the one real request' : 'all real requests';
  if (requests <= 10) return `${inWords(errors)} of ${inWords(requests)} real requests`;
  const tenths = Math.min(9, Math.round((errors / requests) * 10));
  return tenths === 0 ? 'fewer than one in ten real requests' : `${inWords(tenths)} of ten real requests`;
}

function deployment(incident: Incident, now: number): string {
  if (!incident.deployment) return '';
  const ago = now - Date.parse(incident.deployment.deployed_at);
  if (!(ago >= 0 && ago <= RECENT_DEPLOYMENT_MS)) return '';
  return `Version ${spoken(incident.deployment.version)} was deployed ${durationInWords(ago)} ago.`;
}
