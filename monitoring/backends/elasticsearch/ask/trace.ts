import type { TimeRange } from '../../../reader.ts';
import type { Trace } from '../../../telemetry.ts';
import { logRow, spanRow } from './rows.ts';
import { all, type Search, term, within } from './search.ts';

/** More spans or logs than a person reads, and what Elasticsearch gives at once. */
const MOST_ROWS = 10_000;
/** The window tells where to look; a trace that reaches out of it is not cut. */
const AROUND_MS = 3_600_000;

/** A page asks for the trace of a request that failed this instant, and waits only tenths of a second: hence the refresh. */
export async function askTrace(
  search: Search,
  id: string,
  { from, to }: TimeRange,
  abort?: AbortSignal,
): Promise<Trace | null> {
  if (!/^[0-9a-f]{32}$/i.test(id)) return null;
  const traceId = id.toLowerCase();
  const query = all([term('trace.id', traceId), within({ from: from - AROUND_MS, to: to + AROUND_MS })]);
  const asked = { size: MOST_ROWS, query, sort: [{ '@timestamp': 'asc' }] };
  await search.refresh(['traces', 'logs'], abort);
  const [spans, logs] = await Promise.all([search.run('traces', asked, abort), search.run('logs', asked, abort)]);
  if (spans.hits.length === 0 && logs.hits.length === 0) return null;
  return {
    trace_id: traceId,
    spans: spans.hits.map(({ _source }) => spanRow(_source)),
    logs: logs.hits.map(({ _source }) => logRow(_source)),
  };
}
