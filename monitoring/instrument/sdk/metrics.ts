import { type ExportResult, ExportResultCode, getStringFromEnv } from '@opentelemetry/core';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import {
  AggregationTemporality,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Shipper } from '../export/shipper.ts';

const METRIC_INTERVAL_MS = 10_000;

/** CUMULATIVE, or DELTA where OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE asks for it. */
export function temporalityPreference(): AggregationTemporality {
  const preference = getStringFromEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE');
  return preference?.toLowerCase() === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
}

/** Collects every 10 s and hands the points to the shipper, which sends, retries and counts. */
export function shippingReader(
  shipper: () => Shipper | undefined,
  metricProducers: MetricProducer[],
): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({
    exporter: new ShippingMetricExporter(shipper),
    exportIntervalMillis: METRIC_INTERVAL_MS,
    exportTimeoutMillis: METRIC_INTERVAL_MS,
    metricProducers,
  });
}

class ShippingMetricExporter implements PushMetricExporter {
  readonly #shipper: () => Shipper | undefined;
  readonly #temporality = temporalityPreference();

  constructor(shipper: () => Shipper | undefined) {
    this.#shipper = shipper;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    const items = countPoints(metrics);
    const body = items > 0 ? ProtobufMetricsSerializer.serializeRequest(metrics) : undefined;
    if (body) {
      const parcel = { signal: 'metrics' as const, items, sizeBytes: body.length, body: [body], release: () => {} };
      this.#shipper()?.ship(parcel);
    }
    done({ code: ExportResultCode.SUCCESS });
  }

  selectAggregationTemporality(): AggregationTemporality {
    return this.#temporality;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function countPoints(metrics: ResourceMetrics): number {
  let points = 0;
  for (const scope of metrics.scopeMetrics) for (const metric of scope.metrics) points += metric.dataPoints.length;
  return points;
}
