import type { ServiceVersion } from '../../../telemetry.ts';
import type { Store } from '../store.ts';
import { formatNs } from '../values.ts';
import type { Window } from './parameters.ts';

/** Versions whose first sighting lies in the window: the deployments of that time, oldest first. */
export function askVersions(store: Store, service: string | undefined, window: Window): ServiceVersion[] {
  const found: (ServiceVersion & { ns: bigint })[] = [];
  for (const [key, ns] of store.versions()) {
    const [name, version] = key.split('\0') as [string, string];
    if (service !== undefined && name !== service) continue;
    if (ns < window.fromNs || ns >= window.toNs) continue;
    found.push({ service: name, version, first_seen: formatNs(ns), ns });
  }
  return found
    .sort((a, b) => (a.ns < b.ns ? -1 : 1))
    .map(({ service: name, version, first_seen }) => ({ service: name, version, first_seen }));
}
