import type { Incident } from '../../../../control/resources.ts';

/** Open incidents that the watcher has about itself, the oldest first: while one is open, what the rest says may be less than all. */
export function ownTroubles(incidents: readonly Incident[]): Incident[] {
  return incidents
    .filter(({ service, environment }) => service === 'ringdown' && environment === 'watcher')
    .sort((a, b) => a.triggered_at.localeCompare(b.triggered_at));
}
