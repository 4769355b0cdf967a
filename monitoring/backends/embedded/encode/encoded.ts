import type { Exported, Signal } from '../../../exporter.ts';
import { RowBuffer } from '../row-buffer.ts';
import * as schema from '../schema.ts';
import { BIGINT_MAX } from '../values.ts';

/** Rows of one transaction, in the order in which they are written. */
export interface Rows {
  resources: RowBuffer;
  versions: RowBuffer;
  spanGroups: RowBuffer;
  spanShapes: RowBuffer;
  spans: RowBuffer;
  logShapes: RowBuffer;
  logs: RowBuffer;
  series: RowBuffer;
  points: RowBuffer;
}

/** A batch ready to be written, and what to say about it once it is. */
export interface Encoded {
  rows: Rows;
  accepted: Partial<Record<Signal, number>>;
  rejected: Exported['rejected'];
  /** Event times inside, nanoseconds; first > last when there are none. */
  firstNs: bigint;
  lastNs: bigint;
}

export function nothingYet(): Encoded {
  return { rows: newRows(), accepted: {}, rejected: [], firstNs: BIGINT_MAX, lastNs: 0n };
}

/** Widens the range of event times. Zero means the sender did not know. */
export function widen(encoded: Encoded, ns: bigint): void {
  if (ns <= 0n) return;
  if (ns < encoded.firstNs) encoded.firstNs = ns;
  if (ns > encoded.lastNs) encoded.lastNs = ns;
}

function newRows(): Rows {
  return {
    resources: new RowBuffer(schema.RESOURCES),
    versions: new RowBuffer(schema.VERSIONS),
    spanGroups: new RowBuffer(schema.SPAN_GROUPS),
    spanShapes: new RowBuffer(schema.SPAN_SHAPES),
    spans: new RowBuffer(schema.SPANS),
    logShapes: new RowBuffer(schema.LOG_SHAPES),
    logs: new RowBuffer(schema.LOGS),
    series: new RowBuffer(schema.SERIES),
    points: new RowBuffer(schema.POINTS),
  };
}
