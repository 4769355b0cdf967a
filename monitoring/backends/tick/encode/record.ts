import type { SpoolRecord } from '../../../exporter.ts';
import { decodeLogs, decodeMetrics, decodeTraces, OtlpDecodeError } from '../../../otlp/index.ts';
import { countStatsd, decodeStatsd, type GaugeState, statsdToPoints } from '../../../statsd/index.ts';
import { type Draft, finish, type Lines } from './lines.ts';
import { encodeLogs } from './logs.ts';
import { encodePoints } from './points.ts';
import { encodeSpans } from './spans.ts';

/** A record as lines; what of it cannot be written is told here. */
export interface EncodedRecord {
  record: SpoolRecord;
  lines: Lines;
  /** Items that were understood and have nothing that InfluxDB could hold. */
  filtered: number;
  /** Items that were not understood. */
  malformed: number;
  /** Why: the decoder's words. */
  sample?: string;
}

/** Never throws for what a record holds: bytes that are no message are malformed, all of them. */
export function encodeRecord(record: SpoolRecord, gauges: GaugeState): EncodedRecord {
  const draft: Draft = { own: [], besides: [] };
  try {
    const { understood, filtered } = encode(record, gauges, draft);
    const lines = finish(draft);
    const malformed = Math.max(0, record.items - understood);
    return { record, lines: record.encoding === 'statsd' ? weighed(lines, record) : lines, filtered, malformed };
  } catch (error) {
    if (!(error instanceof OtlpDecodeError)) throw error;
    return { record, lines: { texts: [], items: [] }, filtered: 0, malformed: record.items, sample: error.message };
  }
}

function encode(record: SpoolRecord, gauges: GaugeState, draft: Draft): { understood: number; filtered: number } {
  if (record.encoding === 'statsd') {
    const points = statsdToPoints(record, gauges);
    encodePoints(points, record, draft, true);
    return { understood: countStatsd(record.bytes), filtered: 0 };
  }
  switch (record.signal) {
    case 'traces': {
      const spans = decodeTraces(record.bytes);
      encodeSpans(spans, record, draft);
      return { understood: spans.length, filtered: 0 };
    }
    case 'logs': {
      const logs = decodeLogs(record.bytes);
      encodeLogs(logs, record, draft);
      return { understood: logs.length, filtered: 0 };
    }
    case 'metrics': {
      const points = decodeMetrics(record.bytes);
      return { understood: points.length, filtered: encodePoints(points, record, draft, false) };
    }
  }
}

/** Points of StatsD weigh as many items as they sum up lines; reckoned only where InfluxDB refuses some of them. */
function weighed({ texts }: Lines, record: SpoolRecord): Lines {
  let items: number[] | undefined;
  return {
    texts,
    get items() {
      items ??= linesPerPoint(record);
      return items;
    },
  };
}

/** In the order of the points that `statsdToPoints` makes: that of the first line of each type, name, tags and time. */
function linesPerPoint(record: SpoolRecord): number[] {
  const counts = new Map<string, number>();
  for (const { type, name, tags, timestamp } of decodeStatsd(record.bytes)) {
    const key = JSON.stringify([type, name, timestamp, Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()];
}
