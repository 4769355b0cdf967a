import type { TimeRange } from '../../../reader.ts';
import type { Row } from '../influx/query.ts';
import { exactNs } from './window.ts';

/** What a list is ordered by: the greatest first; ids tell equals apart. */
export interface Place {
  rank: bigint;
  id: string;
}

export interface Ranked extends Place {
  row: Row;
}

const MOST_AT_ONCE = 100_000;

/**
 * Rows, newest first, from `after` on. InfluxDB orders by the millisecond and the sequence below it, so rows are ordered
 * here by their exact time, and a millisecond that the limit cut through is left for the next call.
 * @param fetch asks for at most `limit` rows before `to` (Unix milliseconds, exclusive), newest first
 * @param idOf tells rows of the same time apart
 */
export async function newestFirst(
  fetch: (range: TimeRange, limit: number) => Promise<Row[]>,
  idOf: (row: Row) => string,
  range: TimeRange,
  after: Place | undefined,
  wanted: number,
): Promise<{ rows: Ranked[]; isEnd: boolean }> {
  const to = after ? Math.min(range.to, Number(after.rank / 1_000_000n) + 1) : range.to;
  for (let limit = wanted + 50; ; limit = Math.min(4 * limit, MOST_AT_ONCE)) {
    const found = await fetch({ from: range.from, to }, limit);
    const isEnd = found.length < limit;
    const oldest = found.at(-1)?.time;
    const whole = isEnd ? found : found.filter(({ time }) => time !== oldest);
    const rows = whole
      .map((row): Ranked => ({ row, rank: exactNs(row), id: idOf(row) }))
      .filter((one) => !after || inOrder(after, one) < 0)
      .sort(inOrder);
    if (isEnd || rows.length >= wanted || limit === MOST_AT_ONCE) return { rows, isEnd };
  }
}

export function inOrder(a: Place, b: Place): number {
  if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1;
  return a.id > b.id ? -1 : a.id < b.id ? 1 : 0;
}
