import type { Meter } from '@opentelemetry/api';
import type { RemoteRuns } from './remote-runs.ts';

export type WorkerMetricSources = Pick<RemoteRuns, 'connected' | 'counts'>;

export function observeWorkers(meter: Meter, workers: WorkerMetricSources): void {
  meter
    .createObservableGauge('ringdown_workers', {
      description: 'Workers heard of within a minute; 0 for a location that scenarios name and nobody serves.',
    })
    .addCallback((result) => {
      for (const [location, count] of Object.entries(workers.connected())) result.observe(count, { location });
    });
  meter
    .createObservableCounter('ringdown_worker_runs_total', {
      description: 'Runs at other locations by what became of them; all but counted and late were not made.',
    })
    .addCallback((result) => {
      for (const { location, outcome, count } of workers.counts()) result.observe(count, { location, outcome });
    });
}
