import type { DeliveryRecord, IncidentDetail } from '../../../../control/resources.ts';

const RINGS: DeliveryRecord['event'][] = ['incident.triggered', 'incident.escalated'];

/**
 * Channels that did not take a page of an incident that nobody has, where no channel did; null where somebody was told,
 * or everything is still on its way.
 */
export function unreached({
  state,
  deliveries,
}: Pick<IncidentDetail, 'state' | 'deliveries'>): { channels: string[]; error: string } | null {
  if (state !== 'triggered') return null;
  const pages = deliveries.filter(({ event }) => RINGS.includes(event));
  if (pages.some(({ status }) => status === 'accepted')) return null;
  const refused = pages.filter(({ last_error }) => last_error !== null);
  const error = refused.at(-1)?.last_error;
  return error ? { channels: [...new Set(refused.map(({ channel }) => channel))], error } : null;
}
