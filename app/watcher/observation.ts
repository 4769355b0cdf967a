import type { Observation } from '../../alerts/engine/observation.ts';
import type { Deployment } from '../../alerts/incident.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import type { RunResult } from '../../scenarios/run-result.ts';

/** What the alert desk needs to know of a run. */
export function toObservation(
  run: RunResult,
  scenario: Pick<Scenario, 'alert' | 'quarantine'>,
  around: { publicUrl: string; deployment: Deployment | null; dependsOn: readonly string[] },
): Observation {
  const endedAt = Date.parse(run.started_at) + run.duration_ms;
  return {
    source: 'run',
    monitor: run.monitor,
    monitor_name: run.name,
    service: run.service,
    environment: run.environment,
    run_id: run.id,
    run_url: `${around.publicUrl}/runs/${run.id}`,
    trace_id: run.trace_id,
    labels: run.location === undefined ? {} : { location: run.location },
    rule: null,
    priority: null,
    source_url: null,
    started_at: new Date(run.started_at).toISOString(),
    at: new Date(endedAt).toISOString(),
    scheduled_at: run.scheduled_at,
    status: run.status,
    degraded: run.degraded,
    watcher_fault: run.watcher_fault,
    tags: run.tags,
    policy: scenario.alert?.policy ?? null,
    quarantined: isQuarantined(scenario, endedAt),
    depends_on: around.dependsOn,
    runbook: run.runbook,
    attempts: run.attempts.length,
    failure: run.failure && {
      step: run.failure.step,
      message: run.failure.message,
      expected: run.failure.expected,
      actual: run.failure.actual,
      kind: run.failure.kind,
      route: run.failure.request && `${run.failure.request.method} ${run.failure.request.route}`,
      status_code: run.failure.status_code,
    },
    evidence: {},
    deployment: around.deployment,
  };
}

/** `until` is a day, that day included, UTC. */
export function isQuarantined(scenario: Pick<Scenario, 'quarantine'>, now: number): boolean {
  return scenario.quarantine !== null && now < Date.parse(`${scenario.quarantine.until}T00:00:00Z`) + 86_400_000;
}
