import type { TimeRange } from '../../../reader.ts';
import type { Trace } from '../../../telemetry.ts';
import { literal } from '../influx/influxql.ts';
import type { Row } from '../influx/query.ts';
import { LOG_COLUMNS, logRow, SPAN_COLUMNS, spanRow } from './rows.ts';
import { logTimes, traceTimes } from './trace-times.ts';
import { type Ask, exactNs, within } from './window.ts';

/** More than a person reads; one runaway trace must not fill the memory. */
const MOST = 10_000;
/** How far beyond the window the rest of a trace is looked for. */
const MARGIN_MS = 3_600_000;

/** Spans and logs of one trace, which is not cut by the window. */
export async function askTrace(ask: Ask, traceId: string, { from, to }: TimeRange): Promise<Trace | null> {
  if (!/^[0-9a-f]{32}$/i.test(traceId)) return null;
  const id = traceId.toLowerCase();
  const range = { from: Math.max(0, from - MARGIN_MS), to: to + MARGIN_MS };
  const [times] = await traceTimes(ask, [{ traceId: id, range }]);
  const of = (measurement: string, columns: string, at: TimeRange) =>
    `SELECT ${columns} FROM ${measurement} WHERE ${within(at)} AND trace_id = ${literal(id)} LIMIT ${MOST}`;
  const [logs = [], spans = []] = await ask.all([
    of('logs', LOG_COLUMNS, times ? logTimes(times) : range),
    ...(times ? [of('spans', SPAN_COLUMNS, times)] : []),
  ]);
  if (spans.length === 0 && logs.length === 0) return null;
  return { trace_id: id, spans: spans.sort(byTime).map(spanRow), logs: logs.sort(byTime).map(logRow) };
}

function byTime(a: Row, b: Row): number {
  const [first, second] = [exactNs(a), exactNs(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}
