import type { Logger } from 'pino';
import type { AlertDesk } from '../../alerts/incidents/desk.ts';
import type { LiveEvents } from '../../control/live-events.ts';
import { toSpans } from '../../scenarios/engine/spans.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { type RunStore, summarize } from '../../scenarios/run-store.ts';
import { version } from '../version.ts';
import type { Alerting } from './alerting.ts';
import type { annotations } from './annotations.ts';
import type { Dependencies } from './dependencies.ts';
import type { Deployments } from './deployments.ts';
import type { MonitorBoard, MonitorDefinition } from './monitor-board.ts';
import { toObservation } from './observation.ts';
import type { OwnMetrics } from './own-metrics.ts';
import type { TelemetrySender } from './telemetry-sender.ts';

interface RunReceptionDeps {
  log: Logger;
  runs: Pick<RunStore, 'save'>;
  board: MonitorBoard;
  desk: Pick<AlertDesk, 'observe'>;
  alerting: Pick<Alerting, 'runFailed'>;
  dependencies: Dependencies;
  deployments: Pick<Deployments, 'latest'>;
  sender: Pick<TelemetrySender, 'spans' | 'logs'>;
  annotation: Pick<ReturnType<typeof annotations>, 'run'>;
  metrics: Pick<OwnMetrics, 'runFinished'>;
  events: LiveEvents;
  publicUrl(): string;
  publishMonitor(key: string): void;
  onRun?(run: RunResult): void;
}

/** What becomes of a run that has ended, wherever it was made. Never rejects because it cannot be stored. */
export type ReceiveRun = (run: RunResult, definition: MonitorDefinition, abort: AbortSignal) => Promise<void>;

export function runReception(deps: RunReceptionDeps): ReceiveRun {
  const { log, runs, board, desk, alerting, dependencies, sender, annotation, metrics, events } = deps;

  /** Tells everyone who waits for it; the page first. */
  async function tell(run: RunResult, definition: MonitorDefinition, abort: AbortSignal): Promise<void> {
    if (run.failure) alerting.runFailed(run, run.failure);
    if (run.attempts.length > 0 || run.location === undefined) {
      sender.spans(toSpans(run, version));
      sender.logs(annotation.run(run));
    }
    metrics.runFinished(run);
    board.record(run);
    events.publish({ type: 'run', data: summarize(run) });
    const dependsOn = dependencies.of(definition);
    if (run.failure) await dependencies.lookAt(dependsOn, run, abort);
    // A location that says nothing changes nothing; when none of them does, that must not be shown as what was last.
    const unheard = run.status === 'skipped' && run.watcher_fault !== null && board.unheard(run.monitor);
    await desk.observe(
      toObservation(unheard ? { ...run, status: 'error' } : run, definition.scenario, {
        publicUrl: deps.publicUrl(),
        deployment: deps.deployments.latest(run.service, run.environment),
        dependsOn,
      }),
    );
    if (run.location !== undefined) deps.publishMonitor(run.monitor);
    dependencies.settled(run);
  }

  async function keep(run: RunResult): Promise<void> {
    try {
      await runs.save(run);
      await board.refreshUptime(run.monitor);
    } catch (error) {
      log.error({ err: error, run: run.id, monitor: run.monitor }, 'a run could not be stored');
    }
  }

  return async (run, definition, abort) => {
    // Nobody runs it any more, and it must not come back.
    if (!board.definition(run.monitor)) return keep(run);
    await Promise.all([tell(run, definition, abort), keep(run)]);
    deps.onRun?.(run);
  };
}
