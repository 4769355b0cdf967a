import { Buffer } from 'node:buffer';
import type { SpoolRecord } from '../exporter.ts';
import { encodeMetrics } from '../otlp/encode-metrics.ts';
import type { GaugeState } from '../statsd/gauge-state.ts';
import { walkStatsd } from '../statsd/index.ts';
import { statsdToPoints } from '../statsd/to-points.ts';
import type { Payload } from './deliver.ts';

/** What a record is sent as. Its items are those of its payloads + rejected + filtered. */
export interface Converted {
  payloads: Payload[];
  /** Not sent: the protocol has no place for them. */
  filtered?: number;
  /** Not sent: nobody could read them. */
  rejected?: { count: number; reason: string };
}

export type Convert = (record: SpoolRecord) => Converted;

/** OTLP as it came; StatsD as metrics. */
export function plainConversion(gauges: GaugeState): Convert {
  return (record) => (record.encoding === 'otlp' ? asItCame(record) : statsdAsMetrics(record, gauges));
}

export function asItCame({ position, bytes, items }: SpoolRecord): Converted {
  return { payloads: [{ position, bytes, items }] };
}

export function statsdAsMetrics(record: SpoolRecord, gauges: GaugeState): Converted {
  const malformed = malformedLines(record);
  const points = statsdToPoints(record, gauges);
  const items = record.items - malformed;
  return {
    payloads: items > 0 ? [{ position: record.position, bytes: encodeMetrics(points), items }] : [],
    ...(malformed > 0 ? { rejected: { count: malformed, reason: 'malformed StatsD line' } } : {}),
  };
}

function malformedLines({ bytes, items }: SpoolRecord): number {
  let wellFormed = 0;
  walkStatsd(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), () => wellFormed++);
  return Math.max(0, items - wellFormed);
}
