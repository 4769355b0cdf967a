import type { Observation } from './observation.ts';

/** The cause of everything that fails because the service does not answer at all. */
export const UNREACHABLE = 'unreachable';

/** Server errors of several routes that begin within this time of one another are one incident, not one per route. */
export const SPREAD_WINDOW_MS = 5 * 60_000;

/**
 * What failures have in common. Two failures of one service and environment with the same key are one incident.
 *
 * - `unreachable`: connection refused or reset, name not found, timeout. Concerns the whole service.
 * - `5xx POST /v1/posts`, `4xx POST /v1/sessions`: the route answered with an error; shared by every monitor that meets it.
 * - `step post-journey@local read it back`: anything else is this monitor's own.
 */
export function causeKey(observation: Observation): string {
  const failure = observation.failure;
  if (failure?.kind === 'network' || failure?.kind === 'timeout') return UNREACHABLE;
  const status = failure?.status_code ?? 0;
  if (failure?.kind === 'assertion' && failure.route && status >= 400) {
    return `${status >= 500 ? '5xx' : '4xx'} ${failure.route}`;
  }
  return `step ${observation.monitor} ${failure?.step ?? ''}`;
}

export function isServerError(cause: string): boolean {
  return cause.startsWith('5xx ');
}
