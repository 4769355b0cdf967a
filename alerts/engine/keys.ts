import { createHash } from 'node:crypto';

/**
 * The key under which vendors fold all notifications of an incident: a hash of the monitor that opened it, its policy
 * and the scheduled time of its first failure. A process that lost its database computes the same key again.
 * @returns 41 characters, well below the 255 that PagerDuty allows
 */
export function dedupKey(monitor: string, policy: string, firstFailureScheduledAt: string): string {
  return `ringdown-${digest(monitor, policy, firstFailureScheduledAt).slice(0, 32)}`;
}

/** Derived, not drawn, so that deciding the same thing again after a crash writes the same row. */
export function incidentId(key: string): string {
  return `inc-${digest('incident', key).slice(0, 20)}`;
}

/** Same over all attempts of one notification, and after a crash. */
export function deliveryId(incident: string, position: number, channel: string): string {
  return `dlv-${digest('delivery', incident, String(position), channel).slice(0, 24)}`;
}

export function eventId(incident: string, sequence: number): string {
  return `${incident}.${String(sequence).padStart(6, '0')}`;
}

export function serviceKey(of: { service: string; environment: string }): string {
  return `${of.service}@${of.environment}`;
}

function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
