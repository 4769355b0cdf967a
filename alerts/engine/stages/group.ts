import { BROKEN_ROUTE, brokenRoute, isTimeout, SPREAD_WINDOW_MS, TIMED_OUT, UNREACHABLE } from '../cause.ts';
import type { TrackedIncident } from '../state.ts';

/**
 * Whether a failure for this cause is already told by the incident. Failures of a service spread: see docs/alerts.md,
 * "What is one incident". What rules and other systems say is one incident only where their grouping says so.
 */
export function belongs(row: TrackedIncident, cause: string, now: number): boolean {
  if (row.causes.includes(cause)) return true;
  if (row.incident.source !== 'run' || isSignal(cause)) return false;
  if (row.causes.includes(UNREACHABLE)) return true;
  if (now - Date.parse(row.incident.triggered_at) > SPREAD_WINDOW_MS) return false;
  // Whoever took a slow route may not know that the service is gone: that rings.
  if (cause === UNREACHABLE) return row.causes.some(isTimeout) && row.incident.state === 'triggered';
  return brokenRoute(cause) !== null && row.causes.some((known) => brokenRoute(known) !== null);
}

/** Every incident that a failure for this cause may belong to has one of these traits. */
export function traitsToJoin(cause: string): string[] {
  if (isSignal(cause)) return [cause];
  if (cause === UNREACHABLE) return [UNREACHABLE, TIMED_OUT];
  return brokenRoute(cause) === null ? [cause, UNREACHABLE] : [cause, UNREACHABLE, BROKEN_ROUTE];
}

function isSignal(cause: string): boolean {
  return cause.startsWith('rule ') || cause.startsWith('inbound ');
}
