import type { LedgerRow } from '../../../../control/resources.ts';

/** Items that were received and are nowhere: 0 in a ledger that holds. */
export function unexplained(row: LedgerRow): number {
  return row.received - row.delivered - row.pending - row.rejected - row.dropped - row.filtered;
}
