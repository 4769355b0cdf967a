import type { SpoolRecord } from '../../exporter.ts';
import { encodeMetrics } from '../../otlp/encode-metrics.ts';
import { decodeMetrics, OtlpDecodeError } from '../../otlp/index.ts';
import { asItCame, type Convert, type Converted, statsdAsMetrics } from '../../otlp-http/index.ts';
import type { GaugeState } from '../../statsd/gauge-state.ts';
import { Deltas } from './deltas.ts';
import { type Cuts, fitToLimits } from './fit-to-limits.ts';

/** Makes of a record what New Relic takes: attributes within its limits, sums and histograms as deltas. */
export function conversion(gauges: GaugeState, cuts: Cuts): Convert {
  const deltas = new Deltas();
  return (record) => {
    try {
      return fitted(record, converted(record, gauges, deltas), cuts);
    } catch (error) {
      if (!(error instanceof OtlpDecodeError)) throw error;
      // Nothing that can be read: New Relic says so in its own words.
      return asItCame(record);
    }
  };
}

function converted(record: SpoolRecord, gauges: GaugeState, deltas: Deltas): Converted {
  if (record.encoding === 'statsd') return withoutSigned(record, gauges, deltas);
  if (record.signal !== 'metrics') return asItCame(record);
  const points = decodeMetrics(record.bytes);
  const sent = points.flatMap((point) => deltas.of(point) ?? []);
  // Untouched points go on byte for byte.
  if (sent.length === points.length && sent.every((point, index) => point === points[index])) return asItCame(record);
  const { position } = record;
  return {
    payloads: sent.length > 0 ? [{ position, bytes: encodeMetrics(sent), items: sent.length }] : [],
    filtered: record.items - sent.length,
  };
}

/** A counter whose lines sum up to less than nothing has no place; its lines go with it. */
function withoutSigned(record: SpoolRecord, gauges: GaugeState, deltas: Deltas): Converted {
  const whole = statsdAsMetrics(record, gauges);
  const payload = whole.payloads[0];
  if (!payload) return whole;
  const points = decodeMetrics(payload.bytes);
  const sent = points.filter((point) => deltas.of(point) !== undefined);
  if (sent.length === points.length) return whole;
  const items = Math.floor((payload.items * sent.length) / points.length);
  return {
    ...whole,
    payloads: sent.length > 0 ? [{ ...payload, bytes: encodeMetrics(sent), items }] : [],
    filtered: payload.items - (sent.length > 0 ? items : 0),
  };
}

function fitted({ signal }: SpoolRecord, whole: Converted, cuts: Cuts): Converted {
  const payloads = whole.payloads.map((payload) => {
    const bytes = fitToLimits(signal, payload.bytes, cuts);
    return bytes === payload.bytes ? payload : { ...payload, bytes };
  });
  return { ...whole, payloads };
}
