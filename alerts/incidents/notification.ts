import { brokenRoutes, UNREACHABLE } from '../engine/cause.ts';
import { nextEscalation } from '../engine/escalation.ts';
import { healthyBeside } from '../engine/healthy.ts';
import { serviceKey } from '../engine/keys.ts';
import { isFlapping } from '../engine/lifecycle.ts';
import type { AlertState, QueuedDelivery } from '../engine/state.ts';
import type { Notification } from '../notifier.ts';
import { composePage } from '../page/compose.ts';

/**
 * What a delivery says as of now, with whatever evidence has come since it was asked for.
 * @returns null when nobody needs to hear it any more: somebody took the incident, or it is over
 */
export function notificationOf(state: AlertState, delivery: QueuedDelivery, now: number): Notification | null {
  const row = state.incidents.get(delivery.incident_id);
  if (!row) return null;
  const { incident } = row;
  if (delivery.event === 'incident.escalated' && incident.state !== 'triggered') return null;
  if (delivery.event === 'incident.updated' && incident.state === 'resolved') return null;
  const unreachable = row.shown_cause === UNREACHABLE;
  // Monitors that have not run since the service went away look healthy and are not.
  const healthy_monitors = unreachable ? [] : healthyBeside(state, incident);
  const told = { ...incident, evidence: { ...incident.evidence, healthy_monitors } };
  const page = composePage(
    told,
    delivery.event,
    {
      unreachable,
      flapping: isFlapping(state.services.get(serviceKey(incident)), row.causes, now),
      failing_routes: unreachable ? 0 : brokenRoutes(row.causes).length,
      failing_monitors: incident.monitors.filter((key) => state.monitors.get(key)?.incident_id === incident.id).length,
      next_escalation: nextEscalation(row),
      continues_as: row.continues_as,
      released: null,
      answer_url: null,
      monitorName: (key) => state.monitors.get(key)?.name ?? key,
    },
    now,
  );
  const { delivery_id, dedup_key, event } = delivery;
  return { delivery_id, dedup_key, event, incident: told, page };
}
