import { Buffer } from 'node:buffer';
import { toError } from '../../../core/errors.ts';
import type { SpoolPosition, SpoolRecord } from '../../exporter.ts';
import { decodeMetrics, decodeTraces } from '../../otlp/index.ts';
import { GaugeState } from '../../statsd/gauge-state.ts';
import { walkStatsd } from '../../statsd/index.ts';
import { statsdToPoints } from '../../statsd/to-points.ts';
import { addPoint } from './add-points.ts';
import { addRequest, isRequest } from './add-span.ts';
import type { SeriesTable } from './series.ts';

/** What became of one record, in items. */
export interface Taken {
  accepted: number;
  filtered: number;
  rejected: Map<string, number>;
}

/** Records of which items were refused, and why: plain data for between two runs. */
export type Refusals = [position: SpoolPosition, reasons: [reason: string, count: number][]][];

/** Reason why an item has no place in the table, or undefined. */
type Add<Item> = (item: Item) => string | undefined;

const MOST_REFUSALS = 10_000;

/** Adds records to the table. */
export class Intake {
  readonly #table: SeriesTable;
  readonly #spanMetrics: boolean;
  readonly #gauges = new GaugeState();
  /** Of known records: who replays one is told the same again, since the rest of it is counted already. */
  readonly #refusals: Map<SpoolPosition, Map<string, number>>;

  /** @param refusals of records that an earlier run added */
  constructor(table: SeriesTable, spanMetrics: boolean, refusals: Refusals = []) {
    this.#table = table;
    this.#spanMetrics = spanMetrics;
    this.#refusals = new Map(refusals.map(([position, reasons]) => [position, new Map(reasons)]));
  }

  get refusals(): Refusals {
    return [...this.#refusals].map(([position, reasons]) => [position, [...reasons]]);
  }

  /** @param isKnown it was added before: it is told apart once more, and changes nothing */
  take(record: SpoolRecord, isKnown: boolean, nowMs: number): Taken {
    const taken: Taken = { accepted: 0, filtered: 0, rejected: new Map() };
    try {
      this.#sort(record, isKnown, nowMs, taken);
    } catch (error) {
      taken.filtered = 0;
      taken.rejected = new Map([[toError(error).message.replace(/ at byte \d+$/, ''), record.items]]);
    }
    if (isKnown) taken.rejected = this.#refusals.get(record.position) ?? taken.rejected;
    else if (taken.rejected.size > 0) this.#remember(record.position, taken.rejected);
    const refused = [...taken.rejected.values()].reduce((sum, count) => sum + count, 0);
    taken.accepted = Math.max(0, record.items - refused - taken.filtered);
    return taken;
  }

  #sort(record: SpoolRecord, isKnown: boolean, nowMs: number, taken: Taken): void {
    if (record.signal === 'logs' || (record.signal === 'traces' && !this.#spanMetrics)) {
      taken.filtered = record.items;
    } else if (record.signal === 'traces') {
      const spans = decodeTraces(record.bytes);
      const requests = spans.filter(isRequest);
      taken.filtered = spans.length - requests.length;
      if (!isKnown) addAll(requests, (span) => addRequest(this.#table, span, nowMs), taken);
    } else if (record.encoding === 'otlp') {
      const points = decodeMetrics(record.bytes);
      if (!isKnown) addAll(points, (point) => addPoint(this.#table, point, nowMs), taken);
    } else this.#addLines(record, isKnown, nowMs, taken);
  }

  #addLines(record: SpoolRecord, isKnown: boolean, nowMs: number, taken: Taken): void {
    const { bytes, items } = record;
    let wellFormed = 0;
    walkStatsd(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), () => wellFormed++);
    if (wellFormed < items) taken.rejected.set('malformed StatsD line', items - wellFormed);
    if (isKnown) return;
    const points = statsdToPoints(record, this.#gauges);
    const refused: Taken = { accepted: 0, filtered: 0, rejected: new Map() };
    addAll(points, (point) => addPoint(this.#table, point, nowMs), refused);
    let left = wellFormed;
    for (const [reason, count] of refused.rejected) {
      // A point stands for some of the lines; how many is not known here.
      const lines = Math.min(left, Math.ceil((wellFormed * count) / points.length));
      left -= lines;
      taken.rejected.set(reason, lines);
    }
  }

  #remember(position: SpoolPosition, rejected: Map<string, number>): void {
    this.#refusals.set(position, rejected);
    if (this.#refusals.size > MOST_REFUSALS) this.#refusals.delete(this.#refusals.keys().next().value!);
  }
}

function addAll<Item>(items: readonly Item[], add: Add<Item>, { rejected }: Taken): void {
  for (const item of items) {
    const refused = add(item);
    if (refused !== undefined) rejected.set(refused, (rejected.get(refused) ?? 0) + 1);
  }
}
