import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { Monitor, MonitorState } from '../../control/resources.ts';
import type { RelayStatus } from '../../monitoring/relay/supervisor.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { observeWorkers, type WorkerMetricSources } from '../worker/worker-metrics.ts';
import { type AlertMetricSources, observeAlerts } from './alert-metrics.ts';
import { observeRelay } from './relay-metrics.ts';

const EXPORT_INTERVAL_MS = 10_000;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const MONITOR_STATES: readonly MonitorState[] = ['passing', 'degraded', 'failing', 'no_data', 'paused'];

/** What the gauges read when somebody looks. */
export interface MetricSources {
  alerts: AlertMetricSources;
  workers: WorkerMetricSources;
  monitors(): Pick<Monitor, 'key' | 'service' | 'environment' | 'state'>[];
  incidents(): Record<'triggered' | 'acknowledged', number>;
  /** What the relay told last; undefined before that. */
  relay(): RelayStatus | undefined;
}

export interface OwnMetrics {
  runFinished(run: RunResult): void;
  /** @param ms how much later than scheduled a run began */
  slipped(ms: number): void;
  /** @param seconds from the run that confirmed a failure to the channel's acceptance */
  delivered(channel: string, seconds: number): void;
  /** @param rows how many were deleted because they were older than their retention */
  pruned(kept: string, rows: number): void;
  /** In the Prometheus text format. */
  prometheus(): Promise<string>;
  shutdown(): Promise<void>;
}

/**
 * The watcher's metrics about itself, by the names of the contract: read at `/metrics`, and sent to the relay, hence
 * to every backend, each ten seconds.
 * @param relay its OTLP/HTTP address, and the token that it wants if it wants one
 */
export function createOwnMetrics(
  sources: MetricSources,
  version: string,
  relay: { url: string; token: string | undefined },
): OwnMetrics {
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'ringdown', 'service.version': version }),
    readers: [
      prometheus,
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({
          url: `${relay.url}/v1/metrics`,
          headers: relay.token === undefined ? {} : { authorization: `Bearer ${relay.token}` },
          timeoutMillis: 5_000,
        }),
        exportIntervalMillis: EXPORT_INTERVAL_MS,
        exportTimeoutMillis: 5_000,
      }),
    ],
    views: [
      {
        instrumentName: 'ringdown_*_seconds',
        instrumentType: InstrumentType.HISTOGRAM,
        aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: SECONDS } },
      },
    ],
  });
  const meter = provider.getMeter('ringdown', version);
  const backends = () => sources.relay()?.backends ?? [];
  observeRelay(meter, sources.relay);
  observeAlerts(meter, sources.alerts);
  observeWorkers(meter, sources.workers);
  const seconds = (name: string, description: string) => meter.createHistogram(name, { unit: 's', description });

  const duration = seconds('ringdown_run_duration_seconds', 'How long runs take.');
  const slip = seconds('ringdown_schedule_slip_seconds', 'How much later than scheduled runs begin.');
  const delivery = seconds(
    'ringdown_delivery_seconds',
    'From the run that confirmed a failure to acceptance by a channel.',
  );
  const runs = meter.createCounter('ringdown_runs_total', { description: 'Runs by status.' });
  const pruned = meter.createCounter('ringdown_pruned_total', {
    description: 'Runs, incidents, deployments and overrides deleted because they were older than their retention.',
  });

  meter
    .createObservableGauge('ringdown_monitor_state', { description: '1 for the state each monitor is in, else 0.' })
    .addCallback((result) => {
      for (const { key, service, environment, state } of sources.monitors()) {
        for (const candidate of MONITOR_STATES) {
          result.observe(candidate === state ? 1 : 0, { monitor: key, service, environment, state: candidate });
        }
      }
    });
  meter
    .createObservableGauge('ringdown_incidents', { description: 'Open incidents by state.' })
    .addCallback((result) => {
      for (const [state, count] of Object.entries(sources.incidents())) result.observe(count, { state });
    });
  meter
    .createObservableCounter('ringdown_backend_items_total', {
      description: 'The ledger: spans, points and log records by outcome.',
    })
    .addCallback((result) => {
      for (const { name: backend, ledger } of backends()) {
        for (const { signal, received, delivered, rejected, dropped, filtered } of ledger) {
          for (const [outcome, count] of Object.entries({ received, delivered, rejected, dropped, filtered })) {
            result.observe(count, { backend, signal, outcome });
          }
        }
      }
    });
  meter
    .createObservableGauge('ringdown_backend_pending_items', { description: 'Items that wait for a backend.' })
    .addCallback((result) => {
      for (const { name: backend, ledger } of backends()) {
        for (const { signal, pending } of ledger) result.observe(pending, { backend, signal });
      }
    });
  meter
    .createObservableGauge('ringdown_backend_lag_seconds', {
      unit: 's',
      description: 'Age of the oldest undelivered record.',
    })
    .addCallback((result) => {
      for (const { name: backend, lag_seconds } of backends()) result.observe(lag_seconds, { backend });
    });

  return {
    runFinished(run) {
      const { monitor, service, environment, location } = run;
      const labels = { monitor, service, environment, ...(location === undefined ? {} : { location }) };
      runs.add(1, { ...labels, status: run.status });
      if (run.status !== 'skipped') duration.record(run.duration_ms / 1_000, labels);
    },
    slipped: (ms) => slip.record(ms / 1_000),
    pruned: (kept, rows) => pruned.add(rows, { kept }),
    delivered: (channel, elapsed) => delivery.record(elapsed, { channel }),
    async prometheus() {
      const { resourceMetrics } = await prometheus.collect();
      return serializer.serialize(resourceMetrics);
    },
    // The last export may find the relay gone already; the metrics themselves are of no use after the end.
    shutdown: () => provider.shutdown().catch(() => {}),
  };
}
