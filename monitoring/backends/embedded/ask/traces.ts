import { BIGINT, BOOLEAN, UBIGINT, VARCHAR } from '@duckdb/node-api';
import type { Question } from '../../../reader.ts';
import type { Page, TraceSummary } from '../../../telemetry.ts';
import type { Row } from '../partition.ts';
import type { Store } from '../store.ts';
import { formatNs } from '../values.ts';
import { Parameters, readCursor, type Window, writeCursor } from './parameters.ts';
import { traceIdOf } from './rows.ts';

type TracesQuestion = Extract<Question, { ask: 'traces' }>;

/** Where a trace stands in the list: start or duration, then its id, so that no two stand at the same place. */
interface Place {
  rank: bigint;
  high: bigint;
  low: bigint;
}

interface Candidate extends Place {
  row: Row;
}

const MOST_ROUNDS = 50;

/**
 * One line per trace: its first SERVER span that fits the question, or its root where it has no SERVER span at all.
 * Works from candidates in the list's order and drops those which another span of their trace represents.
 */
export async function askTraces(
  store: Store,
  question: TracesQuestion,
  window: Window,
  abort?: AbortSignal,
): Promise<Page<TraceSummary>> {
  let after = question.cursor === undefined ? undefined : placeOf(question.cursor);
  const found: Candidate[] = [];
  const enough = question.limit + 1;
  for (let round = 0; round < MOST_ROUNDS && found.length < enough; round++) {
    const size = Math.max(50, 2 * enough);
    const parts = await store.ask(
      window.fromNs,
      window.toNs,
      async (query) => {
        const { sql, list } = candidates(question, window, after, size);
        return await query(sql, list);
      },
      abort,
    );
    const next = parts
      .flat()
      .map((row) => toCandidate(row, question))
      .sort(inOrder)
      .slice(0, size);
    if (next.length === 0) break;
    const kept = await representatives(store, question, window, next, abort);
    found.push(...kept);
    after = next.at(-1)!;
    if (next.length < size) break;
  }
  const items = found.slice(0, question.limit);
  const last = items.at(-1);
  return {
    items: items.map(({ row }) => summaryOf(row)),
    next_cursor: found.length > question.limit && last ? cursorOf(last) : null,
  };
}

const COLUMNS = `trace_high, trace_low, span_id, start_ns, duration_ns, kind, span_shapes.name AS name, http_status, failed,
  status, g.service AS service, route, synthetic`;
const TABLES = `spans JOIN span_shapes ON span_shapes.id = spans.shape JOIN span_groups g ON g.id = span_shapes.span_group`;

function fits(question: TracesQuestion, window: Window, parameters: Parameters): string {
  const where = [parameters.within('start_ns', window.fromNs, window.toNs), '(kind = 2 OR parent_id = 0)'];
  if (question.service !== undefined) where.push(`g.service = ${parameters.add(question.service, VARCHAR)}`);
  if (question.route !== undefined) where.push(`route = ${parameters.add(question.route, VARCHAR)}`);
  if (question.synthetic !== undefined) where.push(`synthetic = ${parameters.add(question.synthetic, BOOLEAN)}`);
  if (question.errors_only) where.push('(failed OR status = 2)');
  if (question.min_duration_ms !== undefined) {
    where.push(`duration_ns >= ${parameters.add(BigInt(Math.ceil(question.min_duration_ms * 1e6)), BIGINT)}`);
  }
  return where.join(' AND ');
}

function candidates(question: TracesQuestion, window: Window, after: Place | undefined, size: number) {
  const parameters = new Parameters();
  const rank = rankColumn(question);
  let where = fits(question, window, parameters);
  if (after) {
    const bound = parameters.add(after.rank, BIGINT);
    const high = parameters.add(after.high, UBIGINT);
    const low = parameters.add(after.low, UBIGINT);
    where += ` AND ${rank} <= ${bound} AND (${rank} < ${bound} OR trace_high < ${high} OR (trace_high = ${high} AND trace_low < ${low}))`;
  }
  const sql = `SELECT ${COLUMNS} FROM ${TABLES} WHERE ${where} ORDER BY ${rank} DESC, trace_high DESC, trace_low DESC LIMIT ${size}`;
  return { sql, list: parameters.list };
}

/** Of the candidates, those that stand for their trace. */
async function representatives(
  store: Store,
  question: TracesQuestion,
  window: Window,
  next: Candidate[],
  abort?: AbortSignal,
): Promise<Candidate[]> {
  const highs = [...new Set(next.map(({ high }) => high))];
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    async (query) => {
      const parameters = new Parameters();
      const traces = highs.map((high) => parameters.add(high, UBIGINT)).join(', ');
      const matching = await query(
        `SELECT trace_high, trace_low, span_id, start_ns, kind FROM ${TABLES}
         WHERE trace_high IN (${traces}) AND ${fits(question, window, parameters)}`,
        parameters.list,
      );
      const servers = await query(
        `SELECT DISTINCT trace_high, trace_low FROM spans JOIN span_shapes ON span_shapes.id = spans.shape
         WHERE kind = 2 AND trace_high IN (${highs.map((_, index) => `$${index + 1}`).join(', ')})`,
        highs.map((value) => ({ value, type: UBIGINT })),
      );
      return { matching, servers };
    },
    abort,
  );
  const served = new Set(parts.flatMap((part) => part.servers).map(traceIdOf));
  const first = new Map<string, Row>();
  for (const row of parts.flatMap((part) => part.matching)) {
    const trace = traceIdOf(row);
    if (served.has(trace) && row.kind !== 2) continue;
    const before = first.get(trace);
    if (!before || isEarlier(row, before)) first.set(trace, row);
  }
  return next.filter(({ row }) => first.get(traceIdOf(row))?.span_id === row.span_id);
}

function isEarlier(a: Row, b: Row): boolean {
  const [startA, startB] = [a.start_ns as bigint, b.start_ns as bigint];
  return startA < startB || (startA === startB && (a.span_id as bigint) < (b.span_id as bigint));
}

function rankColumn(question: TracesQuestion): string {
  return question.order === 'latest' ? 'start_ns' : 'duration_ns';
}

function toCandidate(row: Row, question: TracesQuestion): Candidate {
  const rank = row[rankColumn(question)] as bigint;
  return { rank, high: row.trace_high as bigint, low: row.trace_low as bigint, row };
}

function inOrder(a: Place, b: Place): number {
  for (const key of ['rank', 'high', 'low'] as const) {
    if (a[key] !== b[key]) return a[key] > b[key] ? -1 : 1;
  }
  return 0;
}

function summaryOf(row: Row): TraceSummary {
  return {
    trace_id: traceIdOf(row),
    service: row.service as string,
    name: row.name as string,
    route: (row.route as string) || null,
    status_code: row.http_status as number | null,
    error: Boolean(row.failed) || row.status === 2,
    synthetic: row.synthetic as boolean,
    start_time: formatNs(row.start_ns as bigint),
    duration_ms: Number(row.duration_ns) / 1e6,
  };
}

function cursorOf({ rank, high, low }: Place): string {
  return writeCursor([String(rank), String(high), String(low)]);
}

function placeOf(cursor: string): Place {
  const [rank, high, low] = readCursor(cursor, 3).map((part) => BigInt(/^\d{1,20}$/.test(part) ? part : 0));
  return { rank: rank!, high: high!, low: low! };
}
