import type { Deployment, Evidence } from '../incident.ts';
import { Draft, type Surroundings } from './draft.ts';
import { bringForward, fireTimer, scheduleUpdate } from './escalation.ts';
import { resolveIncident } from './lifecycle.ts';
import type { AlertChange, AlertState, IncidentTimer, QueuedDelivery } from './state.ts';

/** What telemetry brings after the fact. Absent fields stay as they are. */
export type EvidencePatch = Partial<Evidence> & { server_error?: string; deployment?: Deployment };

/** A person takes the incident: escalation ends, and everyone told hears who has it. Changes nothing unless triggered. */
export function acknowledge(state: AlertState, id: string, by: string, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  if (draft.incident(id)?.incident.state !== 'triggered') return draft.change;
  const row = draft.edit(id);
  row.incident.state = 'acknowledged';
  row.incident.acknowledged_at = draft.at;
  row.incident.acknowledged_by = by;
  row.timers = row.timers.filter((timer) => timer.kind !== 'escalate');
  draft.event(row, 'acknowledged', `acknowledged by ${by}`, by);
  draft.tell(row, 'incident.acknowledged', row.told);
  return draft.change;
}

/**
 * A person ends the incident. Monitors that still fail are held: they ring again after they passed once, or when they
 * fail for another cause.
 */
export function resolve(state: AlertState, id: string, by: string, around: Surroundings): AlertChange {
  const draft = new Draft(state, around);
  const current = draft.incident(id);
  if (!current || current.incident.state === 'resolved') return draft.change;
  const row = draft.edit(id);
  for (const monitor of [...draft.waitingFor(row)]) {
    // Failing on, or in another way, is a new row of failures: it gets a key of its own.
    draft.putMonitor({ ...monitor, incident_id: null, first_failure: null, held_cause: monitor.cause });
  }
  resolveIncident(draft, row, by, `resolved by ${by}`);
  return draft.change;
}

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
  const { server_error, deployment, ...evidence } = patch;
  const before = JSON.stringify(row.incident);
  row.incident.evidence = { ...row.incident.evidence, ...evidence };
  if (server_error !== undefined) row.incident.cause = { ...row.incident.cause, server_error };
  if (deployment !== undefined) row.incident.deployment = deployment;
  if (JSON.stringify(row.incident) === before) return new Draft(state, around).change;
  draft.event(row, 'evidence_added', describe(patch), null);
  if (!inTime && row.incident.state !== 'resolved') scheduleUpdate(draft, row);
  return draft.change;
}

/** Timers fell due; the caller measures that on monotonic time. */
export function fireTimers(
  state: AlertState,
  id: string,
  timers: readonly IncidentTimer[],
  around: Surroundings,
): AlertChange {
  const draft = new Draft(state, around);
  if (!draft.incident(id)) return draft.change;
  const row = draft.edit(id);
  for (const timer of timers) fireTimer(draft, row, timer, around);
  return draft.change;
}

/** What became of a delivery. `stalled`: tried for a while without success, and still being tried. */
export type DeliveryOutcome = 'accepted' | 'failed' | 'cancelled' | 'tried' | 'stalled';

/** Records an attempt; a page that does not get through brings the next escalation step forward. */
export function recordDelivery(
  state: AlertState,
  delivery: QueuedDelivery,
  outcome: DeliveryOutcome,
  around: Surroundings,
): AlertChange {
  const draft = new Draft(state, around);
  draft.change.deliveries.set(delivery.delivery_id, delivery);
  if (outcome === 'tried' || outcome === 'cancelled' || !draft.incident(delivery.incident_id)) return draft.change;
  const row = draft.edit(delivery.incident_id);
  const what = delivery.event.replace('incident.', '');
  if (outcome === 'accepted') {
    draft.event(row, 'notified', `${delivery.channel} accepted "${what}"`, delivery.channel);
    return draft.change;
  }
  const fate = outcome === 'failed' ? 'did not take' : 'has not yet taken';
  draft.event(
    row,
    'delivery_failed',
    `${delivery.channel} ${fate} "${what}": ${delivery.last_error}`,
    delivery.channel,
  );
  bringForward(draft, row, delivery, around);
  return draft.change;
}

function describe(patch: EvidencePatch): string {
  const parts: string[] = [];
  if (patch.server_error) parts.push(`server log: ${patch.server_error}`);
  if (patch.real_traffic)
    parts.push(`${patch.real_traffic.errors} of ${patch.real_traffic.requests} real requests fail`);
  if (patch.deployment) parts.push(`version ${patch.deployment.version} was deployed`);
  if (patch.healthy_monitors) parts.push(`${patch.healthy_monitors.length} other monitors pass`);
  return parts.join('; ');
}
