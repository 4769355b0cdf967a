import { RingdownError } from '../../core/errors.ts';
import type { GroupBy } from '../group-by.ts';
import type { LogCounts, TimeRange } from '../reader.ts';

const MOST_INTERVALS = 10_000;

/** Numbers of log records while they are added up, by group and interval. */
export class LogCountChart {
  /** Length of an interval. */
  readonly stepMs: number;
  readonly #whole: boolean;
  readonly #from: number;
  readonly #first: number;
  readonly #count: number;
  readonly #groups = new Map<string | null, Map<number, number>>();

  /** @throws RingdownError `TOO_MANY_INTERVALS` */
  constructor({ from, to }: TimeRange, intervalMs: number | undefined) {
    this.#whole = intervalMs === undefined;
    this.#from = from;
    this.stepMs = intervalMs === undefined ? to - from : Math.floor(intervalMs);
    this.#first = this.#whole ? 0 : Math.floor(from / this.stepMs);
    this.#count = this.#whole ? 1 : Math.max(0, Math.ceil(to / this.stepMs) - this.#first);
    if (!(this.#whole || this.stepMs >= 1) || this.#count > MOST_INTERVALS) {
      throw new RingdownError('TOO_MANY_INTERVALS', `a chart has at most ${MOST_INTERVALS} intervals`, {
        hint: 'ask for a shorter window or a longer interval',
      });
    }
  }

  /** @param time Unix milliseconds of any moment of the interval; counts for the whole window where that is the interval */
  add(group: string | null, time: number, records: number): void {
    const place = this.#whole ? 0 : Math.floor(time / this.stepMs) - this.#first;
    if (records === 0 || place < 0 || place >= this.#count) return;
    const at = this.#groups.get(group) ?? new Map<number, number>();
    this.#groups.set(group, at);
    at.set(place, (at.get(place) ?? 0) + records);
  }

  /** Those with the most records first. Where nothing was grouped by there is always one, of zeros where there is nothing. */
  groups({ group_by, limit }: { group_by?: GroupBy; limit: number }): LogCounts[] {
    if (group_by === undefined && this.#groups.size === 0) this.#groups.set(null, new Map());
    return [...this.#groups]
      .map(([group, at]) => ({ group, at, total: [...at.values()].reduce((sum, records) => sum + records, 0) }))
      .sort((a, b) => b.total - a.total || String(a.group).localeCompare(String(b.group)))
      .slice(0, limit)
      .map(({ group, at }) => ({
        group,
        points: Array.from({ length: this.#count }, (_, place): [number, number] => [
          this.#whole ? this.#from : (this.#first + place) * this.stepMs,
          at.get(place) ?? 0,
        ]),
      }));
  }
}
