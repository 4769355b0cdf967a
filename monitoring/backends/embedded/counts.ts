import type { Signal, SpoolRecord } from '../../exporter.ts';

export type Counts = Partial<Record<Signal, number>>;

export function countItems(records: SpoolRecord[]): Counts {
  const counts: Counts = {};
  for (const { signal, items } of records) counts[signal] = (counts[signal] ?? 0) + items;
  return counts;
}

export function addUp(a: Counts, b: Counts): Counts {
  const sum = { ...a };
  for (const [signal, count] of Object.entries(b) as [Signal, number][]) sum[signal] = (sum[signal] ?? 0) + count;
  return sum;
}
