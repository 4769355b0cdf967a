import type { Scenario } from '../language/model.ts';
import type { RunResult } from '../run-result.ts';
import type { LoadReport } from './load-report.ts';

/** A load test among the runs: no attempts and no steps of its own, but what all of its iterations came to. */
export type LoadRun = RunResult & { load: LoadReport };

/**
 * The key under which the load tests of a monitor are kept, apart from its checks: they are no part of its uptime, and no
 * run to compare a failing one with.
 */
export function loadKey(monitor: string): string {
  return `${monitor}:load`;
}

/** @param id UUIDv7 @param startedAt RFC 3339 */
export function loadRun(
  scenario: Scenario,
  environment: string,
  report: LoadReport,
  { id, startedAt }: { id: string; startedAt: string },
): LoadRun {
  const failure = failureOf(report);
  const nothing = report.iterations.count === 0;
  return {
    id,
    monitor: loadKey(`${scenario.id}@${environment}`),
    scenario: scenario.id,
    name: scenario.name,
    service: scenario.service,
    environment,
    owner: scenario.owner,
    runbook: scenario.runbook,
    tags: [...scenario.tags],
    status: failure ? 'failed' : report.stopped || nothing ? 'skipped' : 'passed',
    degraded: !failure && (report.iterations.failed > 0 || report.iterations.dropped > 0),
    scheduled_at: startedAt,
    started_at: startedAt,
    duration_ms: report.duration_ms,
    // Every iteration has a trace of its own.
    trace_id: '',
    attempts: [],
    steps: [],
    failure,
    watcher_fault: null,
    load: report,
  };
}

/** The first threshold that was crossed, and the step that has most to do with it. */
function failureOf({ thresholds, steps }: LoadReport): RunResult['failure'] {
  const crossed = thresholds.find((threshold) => threshold.crossed);
  if (!crossed) return null;
  const weight = (step: LoadReport['steps'][number]) =>
    crossed.metric === 'failed' ? step.failed : (step.duration?.p95_ms ?? 0);
  const [worst] = [...steps].sort((one, other) => weight(other) - weight(one));
  return {
    step: worst?.name ?? '',
    row: null,
    message: `${crossed.metric} is ${crossed.actual}, expected ${crossed.expected}`,
    expected: crossed.expected,
    actual: crossed.actual,
    kind: 'assertion',
    request: null,
    status_code: null,
    span_id: '',
  };
}
