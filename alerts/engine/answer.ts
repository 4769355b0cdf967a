import type { Deployment, Evidence } from '../incident.ts';
import { reconsider, settle } from './chain.ts';
import { Draft, type Surroundings } from './draft.ts';
import { bringForward, scheduleUpdate } from './escalation.ts';
import type { AlertChange, AlertState, QueuedDelivery } from './state.ts';

/** What telemetry brings after the fact. Absent fields stay as they are. */
export type EvidencePatch = Partial<Evidence> & { server_error?: string; trace_id?: string; deployment?: Deployment };

/**
 * Telemetry arrived. Channels that can edit what they said are told, unless the incident is over.
 * @param inTime it came before the first page left, which therefore has it already
 */
export function attachEvidence(
  state: AlertState,
  id: string,
  patch: EvidencePatch,
  inTime: boolean,
  around: Surroundings,
): AlertChange {
  const draft = new Draft(state, around);
  if (!draft.incident(id)) return draft.change;
  const row = draft.edit(id);
  const { server_error, trace_id, deployment, ...evidence } = patch;
  const before = JSON.stringify(row.incident);
  row.incident.evidence = { ...row.incident.evidence, ...evidence };
  if (server_error !== undefined) row.incident.cause = { ...row.incident.cause, server_error };
  // A run has a trace of its own.
  if (trace_id !== undefined && row.incident.cause.trace_id === null)
    row.incident.cause = { ...row.incident.cause, trace_id };
  if (deployment !== undefined) row.incident.deployment = deployment;
  if (JSON.stringify(row.incident) === before) return new Draft(state, around).change;
  draft.event(row, 'evidence_added', describe(patch), null);
  if (!inTime && row.incident.state !== 'resolved') scheduleUpdate(draft, row);
  return draft.change;
}

/** What became of a delivery. `stalled`: tried for a while without success, and still being tried. */
export type DeliveryOutcome = 'accepted' | 'failed' | 'cancelled' | 'tried' | 'stalled';

/**
 * Records an attempt; a page that does not get through brings the next escalation step forward.
 * @param messageRef what the channel calls its message about the incident, once it took the delivery
 */
export function recordDelivery(
  state: AlertState,
  delivery: QueuedDelivery,
  outcome: DeliveryOutcome,
  around: Surroundings,
  messageRef?: string,
): AlertChange {
  const draft = new Draft(state, around);
  draft.change.deliveries.set(delivery.delivery_id, delivery);
  if (outcome === 'tried' || !draft.incident(delivery.incident_id)) return draft.change;
  if (outcome === 'cancelled') {
    if (delivery.step !== null) takeBack(draft, delivery, around);
    return draft.change;
  }
  const row = draft.edit(delivery.incident_id);
  const what = delivery.event.replace('incident.', '');
  if (outcome === 'accepted') {
    if (messageRef !== undefined) row.messages = { ...row.messages, [delivery.channel]: messageRef };
    draft.event(row, 'notified', `${delivery.channel} accepted "${what}"`, delivery.channel);
    draft.say(row, 'deliver', 'told', `${delivery.channel} accepted "${what}"`);
    return draft.change;
  }
  const fate = outcome === 'failed' ? 'did not take' : 'has not yet taken';
  // One that was never tried waits behind an earlier one, which has told its error.
  const why = delivery.last_error ?? 'an earlier one still waits';
  const message = `${delivery.channel} ${fate} "${what}": ${why}`;
  draft.event(row, 'delivery_failed', message, delivery.channel);
  draft.say(row, 'deliver', 'nobody', message);
  bringForward(draft, row, delivery, around);
  return draft.change;
}

/** A page that had not left when a hold began: it rings when that ends. */
function takeBack(draft: Draft, delivery: QueuedDelivery, around: Surroundings): void {
  const { channel, event, incident_id, step } = delivery;
  if (draft.incident(incident_id)!.incident.state !== 'triggered') return;
  reconsider(draft, incident_id, around);
  settle(draft, around);
  const current = draft.incident(incident_id)!;
  if (current.paused) {
    const row = draft.edit(incident_id);
    row.paused = { ...current.paused, anew: true };
    if (event === 'incident.triggered') row.told = row.told.filter((name) => name !== channel);
  } else if (event === 'incident.triggered') {
    // The hold ended in between.
    draft.tell(draft.edit(incident_id), event, [channel], step);
  }
}

function describe(patch: EvidencePatch): string {
  const parts: string[] = [];
  if (patch.server_error) parts.push(`server log: ${patch.server_error}`);
  else if (patch.trace_id) parts.push(`one of its requests is trace ${patch.trace_id}`);
  if (patch.real_traffic)
    parts.push(`${patch.real_traffic.errors} of ${patch.real_traffic.requests} real requests fail`);
  if (patch.deployment) parts.push(`version ${patch.deployment.version} was deployed`);
  if (patch.healthy_monitors) parts.push(`${patch.healthy_monitors.length} other monitors pass`);
  return parts.join('; ');
}
