import type { TimeRange } from '../../../reader.ts';
import { keyOf } from '../encode/trace-times.ts';
import { type Ask, within } from './window.ts';

/** How long before the first span and after the begin of the last one a trace's logs are looked for. */
const LOGS_BEFORE_MS = 60_000;
const LOGS_AFTER_MS = 3_600_000;

/** When the spans of each trace began, of those that began in its range; undefined where none did. */
export async function traceTimes(
  ask: Ask,
  traces: readonly { traceId: string; range: TimeRange }[],
): Promise<(TimeRange | undefined)[]> {
  const questions = traces.map(({ traceId, range }) => {
    const key = keyOf(traceId.toLowerCase());
    // An id that is none has no times; the question for it is about nothing.
    return `SELECT id, ms FROM traces WHERE ${within(range)} AND part = '${key?.part ?? '-'}' AND id = ${key?.id ?? 0}`;
  });
  return (await ask.all(questions)).map((rows) => {
    if (rows.length === 0) return undefined;
    const from = Math.min(...rows.map(({ time }) => time));
    return { from, to: Math.max(...rows.map(({ time, ms }) => time + Number(ms ?? 0))) + 1 };
  });
}

export function logTimes({ from, to }: TimeRange): TimeRange {
  return { from: Math.max(0, from - LOGS_BEFORE_MS), to: to + LOGS_AFTER_MS };
}
