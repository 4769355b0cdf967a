import type { Question, TimeRange } from '../../../reader.ts';
import type { Page, TraceSummary } from '../../../telemetry.ts';
import { literal } from '../influx/influxql.ts';
import type { Row } from '../influx/query.ts';
import { inOrder, newestFirst, type Place, type Ranked } from './pages.ts';
import { traceTimes } from './trace-times.ts';
import { type Ask, exactNs, formatNs, readCursor, textOf, within, writeCursor } from './window.ts';

type TracesQuestion = Extract<Question, { ask: 'traces' }>;

const COLUMNS =
  'trace_id, span_id, parent_span_id, "name", service, route, kind, error, synthetic, status_code, ns, duration_ns';
const MOST_ROUNDS = 50;
/** How long before and after a span the other requests of its trace are looked for. */
const TRACE_MS = 600_000;

/**
 * One line per trace: its first SERVER span that fits the question, or its root where it has no SERVER span at all.
 * Works from candidates in the list's order and drops those which another span of their trace represents.
 */
export async function askTraces(ask: Ask, question: TracesQuestion, range: TimeRange): Promise<Page<TraceSummary>> {
  const limit = Math.floor(question.limit);
  const [rank, id] = question.cursor === undefined ? [] : readCursor(question.cursor);
  let after: Place | undefined = rank === undefined ? undefined : { rank, id: id! };
  const found: Ranked[] = [];
  const size = Math.max(50, 2 * (limit + 1));
  for (let round = 0; round < MOST_ROUNDS && found.length <= limit; round++) {
    const { rows, isEnd } = await candidates(ask, question, range, after, size);
    found.push(...(await representatives(ask, question, range, rows)));
    after = rows.at(-1) ?? after;
    if (isEnd || rows.length === 0) break;
  }
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ row }) => summaryOf(row)),
    next_cursor: last && found.length > limit ? writeCursor([String(last.rank), last.id]) : null,
  };
}

async function candidates(
  ask: Ask,
  question: TracesQuestion,
  range: TimeRange,
  after: Place | undefined,
  size: number,
): Promise<{ rows: Ranked[]; isEnd: boolean }> {
  const where = conditions(question);
  if (question.order === 'latest') {
    const fetch = (part: TimeRange, most: number) =>
      ask(
        `SELECT ${COLUMNS} FROM spans WHERE ${[within(part), ...where].join(' AND ')} ORDER BY time DESC LIMIT ${most}`,
      );
    return await newestFirst(fetch, traceIdOf, range, after, size);
  }
  if (after) where.push(`duration_ns <= ${after.rank}`);
  // Those that share the place of `after` come again.
  const most = size + 50;
  const found = await ask(
    `SELECT TOP(duration_ns, ${most}) AS duration_ns, ${COLUMNS.replace(', duration_ns', '')} FROM spans WHERE ${[
      within(range),
      ...where,
    ].join(' AND ')}`,
  );
  const rows = found
    .map((row): Ranked => ({ row, rank: BigInt(Number(row.duration_ns)), id: traceIdOf(row) }))
    .filter((one) => !after || inOrder(after, one) < 0)
    .sort(inOrder);
  return { rows, isEnd: found.length < most };
}

function conditions({ service, route, synthetic, errors_only, min_duration_ms }: TracesQuestion): string[] {
  const where = [`entry = 'true'`];
  if (service !== undefined) where.push(`service = ${literal(service)}`);
  if (route !== undefined) where.push(`route = ${literal(route)}`);
  if (synthetic !== undefined) where.push(`synthetic = '${synthetic}'`);
  if (errors_only) where.push(`error = 'true'`);
  if (min_duration_ms !== undefined) where.push(`duration_ns >= ${Math.ceil(min_duration_ms * 1e6)}`);
  return where;
}

/**
 * Of the candidates, those that stand for their trace. A request that is the root of its trace does; of another one it
 * is asked what else its trace has.
 */
async function representatives(
  ask: Ask,
  question: TracesQuestion,
  range: TimeRange,
  next: readonly Ranked[],
): Promise<Ranked[]> {
  const isRoot = ({ row }: Ranked) => row.kind === 'server' && textOf(row.parent_span_id) === null;
  const doubtful = new Map(next.filter((one) => !isRoot(one)).map((one) => [traceIdOf(one.row), one.row.time]));
  const around = (time: number) => ({ from: time - TRACE_MS, to: time + TRACE_MS });
  const times = await traceTimes(
    ask,
    [...doubtful].map(([traceId, time]) => ({ traceId, range: around(time) })),
  );
  const others = await ask.all(
    [...doubtful].map(([traceId, time], index) => {
      const where = `${within(times[index] ?? around(time))} AND trace_id = ${literal(traceId)} AND entry = 'true'`;
      return `SELECT ${COLUMNS} FROM spans WHERE ${where}`;
    }),
  );
  const first = new Map<string, Row>();
  for (const rows of others) {
    const isServed = rows.some(({ kind }) => kind === 'server');
    for (const row of rows) {
      if ((isServed && row.kind !== 'server') || !fits(row, question, range)) continue;
      const before = first.get(traceIdOf(row));
      if (!before || isEarlier(row, before)) first.set(traceIdOf(row), row);
    }
  }
  return next.filter((one) => isRoot(one) || first.get(traceIdOf(one.row))?.span_id === one.row.span_id);
}

/** As `conditions` says it to InfluxDB. */
function fits(row: Row, { service, route, synthetic, errors_only, min_duration_ms }: TracesQuestion, range: TimeRange) {
  return (
    row.time >= range.from &&
    row.time < range.to &&
    (service === undefined || row.service === service) &&
    (route === undefined || row.route === route) &&
    (synthetic === undefined || row.synthetic === String(synthetic)) &&
    (!errors_only || row.error === 'true') &&
    (min_duration_ms === undefined || Number(row.duration_ns) >= Math.ceil(min_duration_ms * 1e6))
  );
}

function isEarlier(a: Row, b: Row): boolean {
  const [first, second] = [exactNs(a), exactNs(b)];
  return first < second || (first === second && String(a.span_id) < String(b.span_id));
}

function traceIdOf({ trace_id }: Row): string {
  return String(trace_id);
}

function summaryOf(row: Row): TraceSummary {
  return {
    trace_id: traceIdOf(row),
    service: String(row.service ?? ''),
    name: String(row.name ?? ''),
    route: textOf(row.route),
    status_code: row.status_code === null || row.status_code === undefined ? null : Number(row.status_code),
    error: row.error === 'true',
    synthetic: row.synthetic === 'true',
    start_time: formatNs(exactNs(row)),
    duration_ms: Number(row.duration_ns ?? 0) / 1e6,
  };
}
