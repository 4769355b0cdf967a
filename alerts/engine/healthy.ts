import type { Incident } from '../incident.ts';
import { serviceKey } from './keys.ts';
import type { AlertState } from './state.ts';

const SHOWN_AT_MOST = 20;

/**
 * Monitors of the incident's service and environment that pass and never joined it, as of now. At most 20.
 * Scenarios alone: that a rule or another system's alert is quiet says little of what works.
 */
export function healthyBeside(state: AlertState, incident: Incident): string[] {
  const joined = new Set(incident.monitors);
  const found: string[] = [];
  for (const key of state.watched.passingRuns(serviceKey(incident))) {
    if (found.length === SHOWN_AT_MOST) break;
    if (!joined.has(key)) found.push(key);
  }
  return found;
}
