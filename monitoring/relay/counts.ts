import type { Signal, SpoolRecord } from '../exporter.ts';

export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

/** Items per signal. */
export type Counts = Record<Signal, number>;

export function noCounts(): Counts {
  return { traces: 0, metrics: 0, logs: 0 };
}

export function addCounts(into: Counts, more: Partial<Counts>, sign: 1 | -1 = 1): void {
  for (const signal of SIGNALS) into[signal] += sign * (more[signal] ?? 0);
}

export function countItemsOf(records: readonly SpoolRecord[]): Counts {
  const counts = noCounts();
  for (const record of records) counts[record.signal] += record.items;
  return counts;
}
