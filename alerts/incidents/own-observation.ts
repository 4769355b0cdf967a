import type { Observation } from '../engine/observation.ts';

/** Environment of the monitors under which the watcher speaks of itself. */
export const OWN_ENVIRONMENT = 'watcher';

/** A part of the watcher that it looks after, and how an incident of it reads. */
export interface OwnPart {
  /** `storage`, with the environment the key of its monitor. */
  part: string;
  name: string;
  /** What was tried and failed. */
  step: string;
}

/**
 * What the watcher says of a part of itself, as a run that looked at it would.
 * @param trouble null: it is well
 * @param at RFC 3339, UTC
 */
export function ownObservation({ part, name, step }: OwnPart, trouble: string | null, at: string): Observation {
  return {
    source: 'run',
    monitor: `${part}@${OWN_ENVIRONMENT}`,
    monitor_name: name,
    service: 'ringdown',
    environment: OWN_ENVIRONMENT,
    run_id: `${part}-${at}-${trouble === null ? 'passed' : 'failed'}`,
    run_url: null,
    trace_id: null,
    labels: {},
    rule: null,
    priority: null,
    source_url: null,
    started_at: at,
    at,
    scheduled_at: at,
    status: trouble === null ? 'passed' : 'error',
    degraded: false,
    watcher_fault: null,
    tags: ['ringdown'],
    policy: null,
    quarantined: false,
    depends_on: [],
    runbook: null,
    attempts: 1,
    failure:
      trouble === null
        ? null
        : { step, message: trouble, expected: null, actual: null, kind: 'assertion', route: null, status_code: null },
    evidence: {},
    deployment: null,
  };
}
