import { type ExportResult, ExportResultCode, getStringFromEnv } from '@opentelemetry/core';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import {
  AggregationTemporality,
  type InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Shipper } from '../export/shipper.ts';

/** CUMULATIVE, or DELTA where OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE asks for it. */
export function temporalityPreference(): AggregationTemporality {
  const preference = getStringFromEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE');
  return preference?.toLowerCase() === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
}

/** Hands what the reader collected to the shipper, which retries and counts. */
export class ShippingMetricExporter implements PushMetricExporter {
  readonly #shipper: Shipper;
  readonly #temporality: AggregationTemporality;

  constructor(shipper: Shipper, temporality: AggregationTemporality) {
    this.#shipper = shipper;
    this.#temporality = temporality;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    const items = countPoints(metrics);
    const body = items > 0 ? ProtobufMetricsSerializer.serializeRequest(metrics) : undefined;
    if (body) {
      const release = () => {};
      this.#shipper.ship({ signal: 'metrics', items, sizeBytes: body.length, body: [body], release });
    }
    done({ code: ExportResultCode.SUCCESS });
  }

  selectAggregationTemporality(_instrument: InstrumentType): AggregationTemporality {
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
