import type { Policy } from '../policies/policy.ts';
import type { Observation } from './observation.ts';

/** The cause of everything that fails because the service does not answer at all. */
export const UNREACHABLE = 'unreachable';

/**
 * Routes of a service that begin to fail within this time of one another are one incident, not one per route; a first
 * time-out that turns into "does not answer at all" is one outage, not two.
 */
export const SPREAD_WINDOW_MS = 5 * 60_000;

/**
 * What failures have in common. Two failures of one service and environment with the same key are one incident.
 *
 * - `unreachable`: connection refused or reset, name not found. Concerns the whole service.
 * - `5xx POST /v1/posts`, `timeout POST /v1/posts`, `4xx POST /v1/sessions`: the route fails; shared by every monitor
 *   that meets it.
 * - `step post-journey@local read it back`: anything else is this monitor's own.
 * - `rule latency/slow-posts ["api","production"]`: of a rule, with the values of the labels that its policy groups by.
 * - `inbound alertmanager HighLatency ["api","production"]`: of another system, grouped likewise where it names the alert.
 */
export function causeKey(observation: Observation, policy: Pick<Policy, 'group_by'>): string {
  if (observation.source === 'rule') {
    return `rule ${observation.policy}/${observation.rule} ${groupOf(observation, policy)}`;
  }
  if (observation.source === 'inbound') {
    const [, source = '', key = ''] = /^inbound:([^/]*)\/(.*)$/s.exec(observation.monitor) ?? [];
    const name = observation.labels.alertname;
    return `inbound ${source} ${name === undefined ? key : `${name} ${groupOf(observation, policy)}`}`;
  }
  const failure = observation.failure;
  if (failure?.kind === 'timeout' && failure.route) return `timeout ${failure.route}`;
  if (failure?.kind === 'network' || failure?.kind === 'timeout') return UNREACHABLE;
  const status = failure?.status_code ?? 0;
  if (failure?.kind === 'assertion' && failure.route && status >= 400) {
    return `${status >= 500 ? '5xx' : '4xx'} ${failure.route}`;
  }
  return `step ${observation.monitor} ${failure?.step ?? ''}`;
}

function groupOf({ labels, service, environment }: Observation, { group_by }: Pick<Policy, 'group_by'>): string {
  const known: Record<string, string> = { ...labels, service, environment };
  return JSON.stringify(group_by.map((label) => (Object.hasOwn(known, label) ? known[label] : '')));
}

/** The route that the service itself fails to serve; null for causes of another kind. */
export function brokenRoute(cause: string): string | null {
  return /^(?:5xx|timeout) (.*)$/.exec(cause)?.[1] ?? null;
}

export function brokenRoutes(causes: readonly string[]): string[] {
  return [...new Set(causes.flatMap((cause) => brokenRoute(cause) ?? []))];
}

/** Traits of causes by which failures of a service that spread are found again. */
export const BROKEN_ROUTE = 'a broken route';
export const TIMED_OUT = 'a route that timed out';

/** The cause itself, and what it has in common with others. */
export function causeTraits(cause: string): string[] {
  const shared = isTimeout(cause) ? [BROKEN_ROUTE, TIMED_OUT] : brokenRoute(cause) === null ? [] : [BROKEN_ROUTE];
  return [cause, ...shared];
}

export function isTimeout(cause: string): boolean {
  return cause.startsWith('timeout ');
}

/** More of them are told apart by nobody: of a service that is gone thousands of steps may fail in as many ways. */
const MOST_CAUSES = 200;

/**
 * Adds a cause to those of an incident. Where two routes never answer, it is the service that does not: from then on the
 * incident concerns all of it.
 */
export function withCause(causes: string[], cause: string): string[] {
  if (causes.includes(cause) || causes.length >= MOST_CAUSES) return causes;
  const all = [...causes, cause];
  const hangs = all.filter(isTimeout).length > 1;
  return hangs && !all.includes(UNREACHABLE) ? [...all, UNREACHABLE] : all;
}
