import { brokenRoutes, UNREACHABLE } from '../engine/cause.ts';
import { isHeldNow } from '../engine/chain.ts';
import type { Surroundings } from '../engine/draft.ts';
import { nextEscalation } from '../engine/escalation.ts';
import { healthyBeside } from '../engine/healthy.ts';
import { serviceKey } from '../engine/keys.ts';
import { isFlapping } from '../engine/lifecycle.ts';
import type { AlertState, QueuedDelivery, TrackedIncident } from '../engine/state.ts';
import type { Incident, NotificationEvent } from '../incident.ts';
import type { Notification, Page } from '../notifier.ts';
import { composePage } from '../page/compose.ts';

/**
 * What a delivery says as of now, with whatever evidence has come since it was asked for.
 * @param answerLink makes the signed link of a page
 * @param pictureLink makes that of a picture of runs; null where nobody could fetch it
 * @returns null when nobody needs to hear it any more, or yet: somebody took the incident, it is over, or it is held
 */
export function notificationOf(
  state: AlertState,
  delivery: QueuedDelivery,
  around: Surroundings,
  answerLink: (incidentId: string, channel: string) => string | null = () => null,
  pictureLink: (incidentId: string, channel: string) => string | null = () => null,
): Notification | null {
  const row = state.incidents.get(delivery.incident_id);
  if (!row || !isWanted(row, delivery, around) || isHeld(state, row, delivery, around)) return null;
  const incident = asTold(state, row);
  const page = pageFor(state, row, incident, delivery.event, around.now, answerLink(incident.id, delivery.channel));
  const { delivery_id, dedup_key, event, channel } = delivery;
  const message_ref = Object.hasOwn(row.messages, channel) ? row.messages[channel]! : null;
  const url = incident.source === 'run' ? pictureLink(incident.id, channel) : null;
  const alt = `Latest runs of ${incident.cause.monitor_name}: height is duration, black marks are failures`;
  const picture = url === null ? null : { url, alt };
  return { delivery_id, dedup_key, event, incident, message_ref, picture, page };
}

/** What would be told now; null when the incident is not known. */
export function pageOf(state: AlertState, id: string, now: number): Page | null {
  const row = state.incidents.get(id);
  if (!row) return null;
  const events = { triggered: 'triggered', acknowledged: 'acknowledged', resolved: 'resolved' } as const;
  return pageFor(state, row, asTold(state, row), `incident.${events[row.incident.state]}`, now, null);
}

function isWanted(row: TrackedIncident, delivery: QueuedDelivery, around: Surroundings): boolean {
  const { incident } = row;
  const { channel, event, step, due_at } = delivery;
  if (event === 'incident.updated') return incident.state !== 'resolved';
  if (event !== 'incident.triggered' && event !== 'incident.escalated') return true;
  if (incident.state === 'triggered') return true;
  // Whoever hears of the end as well may hear the beginning late; a phone does not ring for what somebody has.
  if (event === 'incident.triggered') return hearsMore(channel, around);
  // Of what somebody has, only the reminder that the policy wants since then.
  return incident.state === 'acknowledged' && step === null && due_at > incident.acknowledged_at!;
}

function hearsMore(channel: string, { channels }: Surroundings): boolean {
  const events = channels.find(({ name }) => name === channel)?.events ?? [];
  return events.includes('incident.acknowledged') || events.includes('incident.resolved');
}

/** Nobody is rung for what is held, noticed before or not: a page may have waited for its channel meanwhile. */
function isHeld(state: AlertState, row: TrackedIncident, delivery: QueuedDelivery, around: Surroundings): boolean {
  if (delivery.event !== 'incident.triggered' && delivery.event !== 'incident.escalated') return false;
  return !row.forced.includes(delivery.position) && isHeldNow(state, row.incident.id, around);
}

function asTold(state: AlertState, row: TrackedIncident): Incident {
  // Monitors that have not run since the service went away look healthy and are not.
  const healthy_monitors = row.shown_cause === UNREACHABLE ? [] : healthyBeside(state, row.incident);
  return { ...row.incident, evidence: { ...row.incident.evidence, healthy_monitors } };
}

function pageFor(
  state: AlertState,
  row: TrackedIncident,
  incident: Incident,
  event: NotificationEvent,
  now: number,
  answer_url: string | null,
): Page {
  const unreachable = row.shown_cause === UNREACHABLE;
  return composePage(
    incident,
    event,
    {
      unreachable,
      flapping: isFlapping(state.services.get(serviceKey(incident)), row.causes, now),
      failing_routes: unreachable ? 0 : brokenRoutes(row.causes).length,
      failing_monitors: incident.failing_count,
      next_escalation: nextEscalation(row),
      continues_as: row.continues_as,
      released: row.released,
      answer_url,
      monitorName: (key) => state.monitors.get(key)?.name ?? key,
    },
    now,
  );
}
