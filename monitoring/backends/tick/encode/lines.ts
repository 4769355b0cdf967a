import type { SpoolPosition } from '../../../exporter.ts';

/** Lines of one record, those of its items first. */
export interface Lines {
  texts: string[];
  /**
   * What the ledger counts by each: 1 for a line that is an item of the record, more for one that sums up several StatsD
   * lines, 0 for one that is written besides (a version seen, an annotation).
   */
  items: number[];
}

/** Lines while they are made. */
export interface Draft {
  own: string[];
  besides: string[];
}

export interface Placed {
  position: SpoolPosition;
  /** Unix milliseconds. */
  receivedAt: number;
}

export function finish({ own, besides }: Draft): Lines {
  const items = [...own.map(() => 1), ...besides.map(() => 0)];
  return { texts: [...own, ...besides], items };
}
