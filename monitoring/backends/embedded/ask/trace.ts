import { UBIGINT } from '@duckdb/node-api';
import type { Trace } from '../../../telemetry.ts';
import type { Store } from '../store.ts';
import { readTraceId } from '../values.ts';
import type { Window } from './parameters.ts';
import { LOG_COLUMNS, LOG_TABLES, logRow, SPAN_COLUMNS, SPAN_TABLES, spanRow } from './rows.ts';

/** More spans or logs than a person reads; one runaway trace must not fill the memory. */
const MOST_ROWS = 10_000;

/** Spans and logs of one trace, from every partition that has events of the window; the trace itself is not cut by it. */
export async function askTrace(store: Store, id: string, window: Window, abort?: AbortSignal): Promise<Trace | null> {
  const trace = readTraceId(id);
  if (!trace) return null;
  const parameters = [
    { value: trace.high, type: UBIGINT },
    { value: trace.low, type: UBIGINT },
  ];
  const found = await store.ask(
    window.fromNs,
    window.toNs,
    async (query) => ({
      spans: await query(
        `SELECT ${SPAN_COLUMNS} FROM ${SPAN_TABLES} WHERE trace_high = $1 AND trace_low = $2 ORDER BY start_ns LIMIT ${MOST_ROWS}`,
        parameters,
      ),
      logs: await query(
        `SELECT ${LOG_COLUMNS} FROM ${LOG_TABLES} WHERE trace_high = $1 AND trace_low = $2 ORDER BY time_ns LIMIT ${MOST_ROWS}`,
        parameters,
      ),
    }),
    abort,
  );
  const spans = found.flatMap((part) => part.spans).sort((a, b) => compare(a.start_ns as bigint, b.start_ns as bigint));
  const logs = found.flatMap((part) => part.logs).sort((a, b) => compare(a.time_ns as bigint, b.time_ns as bigint));
  if (spans.length === 0 && logs.length === 0) return null;
  return { trace_id: id.toLowerCase(), spans: spans.map(spanRow), logs: logs.map(logRow) };
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
