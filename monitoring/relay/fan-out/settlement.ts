import type { Batch, Exported, SpoolRecord } from '../../exporter.ts';
import { addCounts, type Counts, countItemsOf, SIGNALS } from '../counts.ts';
import { nothingSettled, type Settled } from './cursor-file.ts';

const LONGEST_REASON = 1_000;

/** A record of which items were refused for good, and why. */
export interface Refused {
  record: SpoolRecord;
  reasons: Reasons;
}

/** Items by the reason that they were refused for. */
export type Reasons = Map<string, number>;

/** How the items of one call of `export` ended; those of `retry` have not ended yet. */
export interface Settlement {
  settled: Settled;
  reasons: Reasons;
  refused: Refused[];
}

/** Books every item of the batch exactly once, whatever the exporter's arithmetic. */
export function settle(batch: Batch, exported: Exported): Settlement {
  const left = countItemsOf(batch.records);
  addCounts(left, countItemsOf(exported.retry?.records ?? []), -1);
  const take = (signal: keyof Counts, count: number): number => {
    const taken = Math.max(0, Math.min(Math.trunc(count) || 0, left[signal]));
    left[signal] -= taken;
    return taken;
  };
  const settlement: Settlement = { settled: nothingSettled(), reasons: new Map(), refused: [] };
  const { settled, reasons } = settlement;
  const refused = new Map<number, Refused>();
  const records = new Map<number, SpoolRecord>();
  if (exported.rejected.length > 0) for (const record of batch.records) records.set(record.position, record);
  for (const { signal, count, reason, position } of exported.rejected) {
    const taken = take(signal, count);
    if (taken === 0) continue;
    settled.rejected[signal] += taken;
    addReason(reasons, reason, taken);
    // Of a batch of one there is no doubt which record was meant.
    const only = batch.records.length === 1 ? batch.records[0] : undefined;
    const record = position === undefined ? only : records.get(position);
    if (!record) continue;
    const known = refused.get(record.position) ?? { record, reasons: new Map() };
    addReason(known.reasons, reason, taken);
    refused.set(record.position, known);
  }
  for (const signal of SIGNALS) {
    settled.filtered[signal] += take(signal, exported.filtered?.[signal] ?? 0);
    settled.delivered[signal] += take(signal, exported.accepted[signal] ?? 0);
    const unaccounted = take(signal, left[signal]);
    if (unaccounted === 0) continue;
    settled.rejected[signal] += unaccounted;
    addReason(reasons, 'not accounted for by the exporter', unaccounted);
  }
  settlement.refused.push(...refused.values());
  return settlement;
}

/** All of a batch refused for one reason, each record with its place. */
export function rejectAll(batch: Batch, reason: string): Exported {
  return {
    accepted: {},
    rejected: batch.records.map(({ signal, items, position }) => ({ signal, count: items, reason, position })),
  };
}

function addReason(reasons: Reasons, text: string, count: number): void {
  // Reasons may quote the payload, and they are kept.
  const reason = text.slice(0, LONGEST_REASON);
  reasons.set(reason, (reasons.get(reason) ?? 0) + count);
}
