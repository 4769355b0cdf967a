import type { SpoolPosition } from '../../../exporter.ts';

/**
 * Lines of one record. `items` tells what the ledger counts by each: 1 for a line that is an item of the record, more
 * for one that sums up several StatsD lines, 0 for one that is written besides (a version seen, an annotation).
 */
export interface Lines {
  texts: string[];
  items: number[];
}

export interface Placed {
  position: SpoolPosition;
  /** Unix milliseconds. */
  receivedAt: number;
}

export function addLine(lines: Lines, text: string, items: number): void {
  lines.texts.push(text);
  lines.items.push(items);
}
