import type { BackendStatus, LedgerRow } from '../../../../control/resources.ts';

export const COLUMNS = ['received', 'delivered', 'pending', 'filtered', 'rejected', 'dropped'] as const;

export type Figures = Pick<LedgerRow, (typeof COLUMNS)[number]>;

/** What is counted of each signal. */
export const ITEMS: Record<LedgerRow['signal'], string> = {
  traces: 'spans',
  metrics: 'data points and StatsD lines',
  logs: 'log records',
};

/** Items that were received and are nowhere: 0 in a ledger that holds. */
export function unexplained(row: Figures): number {
  return row.received - row.delivered - row.pending - row.rejected - row.dropped - row.filtered;
}

export function totalOf(rows: readonly Figures[]): Figures {
  const total: Figures = { received: 0, delivered: 0, pending: 0, filtered: 0, rejected: 0, dropped: 0 };
  for (const row of rows) for (const column of COLUMNS) total[column] += row[column];
  return total;
}

export interface Health {
  tone: 'passing' | 'degraded' | 'failing';
  words: string;
}

/** How a backend does, in words. Whether it has to catch up is told by its lag, not here. */
export function healthOf({ healthy, circuit }: Pick<BackendStatus, 'healthy' | 'circuit'>): Health {
  if (circuit === 'open') return { tone: 'failing', words: 'not sent to: it failed too often' };
  if (circuit === 'half_open') return { tone: 'degraded', words: 'being tried with one batch' };
  return healthy ? { tone: 'passing', words: 'delivering' } : { tone: 'failing', words: 'not delivering' };
}
