import type { Observation } from '../engine/observation.ts';
import type { GivenRun } from './policy-test.ts';

/**
 * What the desk is told of a run: what the test says, then what its scenario says, then what a scenario has by default.
 * @param of `now` is wall-clock milliseconds; `number` counts the runs of the simulation
 */
export function observationOf(
  run: GivenRun,
  scenario: Partial<Observation> | undefined,
  of: { now: number; number: number },
): Observation {
  const at = new Date(of.now).toISOString();
  const separator = run.monitor.lastIndexOf('@');
  const id = run.monitor.slice(0, separator);
  return {
    source: 'run',
    monitor_name: id,
    service: id,
    environment: run.monitor.slice(separator + 1),
    run_id: `run-${of.number}`,
    run_url: null,
    trace_id: null,
    labels: {},
    rule: null,
    priority: null,
    source_url: null,
    started_at: at,
    at,
    scheduled_at: at,
    tags: [],
    policy: null,
    quarantined: false,
    depends_on: [],
    runbook: null,
    evidence: {},
    deployment: null,
    ...scenario,
    ...run,
  };
}
