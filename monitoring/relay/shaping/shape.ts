import { toError } from '../../../core/errors.ts';
import type { BackendSettings, SpoolRecord } from '../../exporter.ts';
import { type Counts, noCounts } from '../counts.ts';
import type { Reasons, Refused } from '../fan-out/settlement.ts';
import { filterOtlp } from './filter-otlp.ts';
import { type Matcher, matcherOf } from './glob.ts';
import { redactOtlp } from './redact.ts';
import { type Filter, readShaping } from './settings.ts';
import { shapeLines } from './statsd-lines.ts';

/** What a backend is sent of some records, and what became of the rest. */
export interface Shaped {
  /** With at least one item each, in order; a record of which nothing changes is the same object. */
  records: SpoolRecord[];
  /** Items left out. */
  filtered: Counts;
  /** Records that cannot be read, so that nothing can be said to be redacted in them. */
  refused: Refused[];
  reasons: Reasons;
}

export type Shape = (records: readonly SpoolRecord[]) => Shaped;

/**
 * What `filter` and `redact` of a backend's settings do to the records on their way to it. What is decided depends on
 * nothing but the record itself, so that a record which is shaped again, after a crash or for a replay, comes out the same.
 * @returns undefined where there is nothing to do
 * @throws RingdownError `INVALID_BACKEND`
 */
export function createShape(settings: BackendSettings): Shape | undefined {
  const { filter, redact } = readShaping(settings);
  if (!filter && !redact) return undefined;
  const rules: Rules = {
    filter,
    isExcludedRoute: matcherOf(filter?.excludeRoutes),
    isExcludedMetric: matcherOf(filter?.excludeMetrics),
    isRedacted: matcherOf(redact),
  };
  return (records) => shapeAll(rules, records);
}

interface Rules {
  filter: Filter | undefined;
  isExcludedRoute: Matcher | undefined;
  isExcludedMetric: Matcher | undefined;
  isRedacted: Matcher | undefined;
}

function shapeAll(rules: Rules, records: readonly SpoolRecord[]): Shaped {
  const shaped: Shaped = { records: [], filtered: noCounts(), refused: [], reasons: new Map() };
  for (const record of records) {
    try {
      const kept = shapeRecord(rules, record);
      shaped.filtered[record.signal] += record.items - (kept?.items ?? 0);
      if (kept) shaped.records.push(kept);
    } catch (error) {
      const reason = `it cannot be read: ${toError(error).message.replace(/ at byte \d+$/, '')}`;
      shaped.refused.push({ record, reasons: new Map([[reason, record.items]]) });
      shaped.reasons.set(reason, (shaped.reasons.get(reason) ?? 0) + record.items);
    }
  }
  return shaped;
}

/** @returns undefined where nothing is left */
function shapeRecord(rules: Rules, record: SpoolRecord): SpoolRecord | undefined {
  const { filter, isExcludedMetric, isRedacted } = rules;
  if (filter && !filter.signals.includes(record.signal)) return undefined;
  let { bytes, items } = record;
  if (record.encoding === 'statsd') {
    const lines = shapeLines(bytes, isExcludedMetric, isRedacted);
    bytes = lines.bytes;
    items -= lines.dropped;
  } else {
    if (filter) {
      const kept = filterOtlp(record.signal, bytes, { ...rules, filter });
      bytes = kept.bytes;
      items -= kept.dropped;
    }
    if (isRedacted && items > 0) bytes = redactOtlp(record.signal, bytes, isRedacted);
  }
  if (items <= 0) return undefined;
  return bytes === record.bytes ? record : { ...record, bytes, items };
}
