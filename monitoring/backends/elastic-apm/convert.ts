import type { SpoolRecord } from '../../exporter.ts';
import { encodeMetrics } from '../../otlp/encode-metrics.ts';
import { type DecodedPoint, decodeMetrics, type HistogramPoint, OtlpDecodeError } from '../../otlp/index.ts';
import { boundsFor, explicitCounts } from '../../otlp-http/explicit-buckets.ts';
import { asItCame, type Convert, type Converted, statsdAsMetrics } from '../../otlp-http/index.ts';
import type { GaugeState } from '../../statsd/gauge-state.ts';

/**
 * APM Server refuses exponential histograms ("unsupported data points"), so that they are sent as explicit ones.
 * @see https://github.com/elastic/apm-data, input/otlp/metrics.go
 */
export function apmServerConversion(gauges: GaugeState): Convert {
  return (record) => {
    try {
      return record.encoding === 'statsd'
        ? withExplicitBuckets(statsdAsMetrics(record, gauges))
        : record.signal === 'metrics'
          ? withExplicitBuckets(asItCame(record))
          : asItCame(record);
    } catch (error) {
      if (!(error instanceof OtlpDecodeError)) throw error;
      // Nothing that can be read: the server says so in its own words.
      return asItCame(record satisfies SpoolRecord);
    }
  };
}

function withExplicitBuckets(whole: Converted): Converted {
  const payloads = whole.payloads.map((payload) => {
    const points = decodeMetrics(payload.bytes);
    if (!points.some(({ type }) => type === 'exponential_histogram')) return payload;
    return { ...payload, bytes: encodeMetrics(points.map(withBounds)) };
  });
  return { ...whole, payloads };
}

function withBounds(point: DecodedPoint): DecodedPoint {
  if (point.type !== 'exponential_histogram') return point;
  const { scale: _, zeroCount: __, zeroThreshold: ___, positive: ____, negative: _____, ...common } = point;
  const bounds = boundsFor(point.unit);
  return {
    ...common,
    type: 'histogram',
    bounds: [...bounds],
    bucketCounts: explicitCounts(point, bounds),
  } satisfies HistogramPoint;
}
