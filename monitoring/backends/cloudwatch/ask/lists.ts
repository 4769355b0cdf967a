import { FIRST_SEVERITY } from '../../../otlp/severity.ts';
import type { Question, TimeRange } from '../../../reader.ts';
import type { LogRow, Page, Trace, TraceSummary } from '../../../telemetry.ts';
import { type AskContext, eventsOf, eventsWith, within } from './context.ts';
import { after, inOrder, placeOf, readCursor, writeCursor } from './cursor.ts';
import { type EventDocument, logRow, spanRow, summaryOf } from './documents.ts';
import { MOST_ROWS, quote } from './insights.ts';

/** A trace is not cut by the window it is looked for in. */
const AROUND_MS = 3_600_000;
const MOST_ROUNDS = 10;

type LogsQuestion = Extract<Question, { ask: 'logs' }>;
type TracesQuestion = Extract<Question, { ask: 'traces' }>;

export async function askTrace(
  context: AskContext,
  id: string,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<Trace | null> {
  if (!/^[0-9a-f]{32}$/i.test(id)) return null;
  const traceId = id.toLowerCase();
  const wide = { from: window.from - AROUND_MS, to: window.to + AROUND_MS };
  const found = (await eventsWith(context, traceId, wide, abort))
    .filter((document) => document.trace_id === traceId)
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  if (found.length === 0) return null;
  const of = (signal: EventDocument['signal']) => found.filter((one) => one.signal === signal).slice(0, MOST_ROWS);
  return { trace_id: traceId, spans: of('span').map(spanRow), logs: of('log').map(logRow) };
}

/** Newest first. Those of one trace come by FilterLogEvents, all others by Logs Insights. */
export async function askLogs(
  context: AskContext,
  question: LogsQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<Page<LogRow>> {
  const place = question.cursor === undefined ? undefined : readCursor(question.cursor);
  const { trace_id: traceId, span_id: spanId } = question;
  if (
    (traceId !== undefined && !/^[0-9a-f]{32}$/i.test(traceId)) ||
    (spanId !== undefined && !/^[0-9a-f]{16}$/i.test(spanId))
  ) {
    return { items: [], next_cursor: null };
  }
  let found: EventDocument[];
  if (traceId === undefined) {
    const where = [...logConditions(question, window), ...(place ? [after('time', place)] : [])];
    found = await eventsOf(context, listQuery(where, 'time', question.limit + 1), window, abort);
  } else {
    const all = await eventsWith(context, traceId.toLowerCase(), window, abort);
    const isAfter = (document: EventDocument) =>
      !place || document.time < String(place.rank) || (document.time === place.rank && document.event_id < place.id);
    found = all.filter((document) => fitsLogs(document, question, window) && isAfter(document));
  }
  return pageOf(found.sort(inOrder('time')), question.limit, 'time', logRow);
}

function logConditions(question: LogsQuestion, window: TimeRange): string[] {
  const where = ['signal = "log"', within(window)];
  if (question.span_id !== undefined) where.push(`span_id = ${quote(question.span_id.toLowerCase())}`);
  if (question.service !== undefined) where.push(`service = ${quote(question.service)}`);
  if (question.level !== undefined) where.push(`severity >= ${FIRST_SEVERITY[question.level]}`);
  if (question.text !== undefined && question.text !== '') {
    const text = quote(question.text.toLowerCase());
    const fields = ['message', 'error_type', 'error_message', 'error_stack'];
    where.push(`(${fields.map((field) => `strcontains(tolower(${field}), ${text}) = 1`).join(' or ')})`);
  }
  return where;
}

/** The same conditions, on an event that is here. */
function fitsLogs(document: EventDocument, question: LogsQuestion, window: TimeRange): boolean {
  const { trace_id, span_id, service, level, text } = question;
  const words = [document.message, document.error_type, document.error_message, document.error_stack];
  return (
    document.signal === 'log' &&
    document.at_ms >= window.from &&
    document.at_ms < window.to &&
    (trace_id === undefined || document.trace_id === trace_id.toLowerCase()) &&
    (span_id === undefined || document.span_id === span_id.toLowerCase()) &&
    (service === undefined || document.service === service) &&
    (level === undefined || (document.severity ?? 9) >= FIRST_SEVERITY[level]) &&
    (!text || words.some((word) => word?.toLowerCase().includes(text.toLowerCase())))
  );
}

/**
 * One line per trace: its first SERVER span that fits the question, or its root where it has no SERVER span at all. Works
 * from candidates in the list's order and drops those which another span of their trace represents.
 */
export async function askTraces(
  context: AskContext,
  question: TracesQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<Page<TraceSummary>> {
  const field = question.order === 'latest' ? 'time' : 'duration_ms';
  let place = question.cursor === undefined ? undefined : readCursor(question.cursor);
  const found: EventDocument[] = [];
  const size = Math.min(MOST_ROWS, Math.max(50, 2 * (question.limit + 1)));
  for (let round = 0; round < MOST_ROUNDS && found.length <= question.limit; round++) {
    const where = [...traceConditions(question, window), ...(place ? [after(field, place)] : [])];
    const next = (await eventsOf(context, listQuery(where, field, size), window, abort)).sort(inOrder(field));
    if (next.length === 0) break;
    found.push(...(await representatives(context, question, window, next, abort)));
    place = placeOf(field, next.at(-1)!);
    if (next.length < size) break;
  }
  return pageOf(found, question.limit, field, summaryOf);
}

function traceConditions(question: TracesQuestion, window: TimeRange): string[] {
  const where = ['signal = "span"', within(window), '(kind = "server" or not ispresent(parent_span_id))'];
  if (question.service !== undefined) where.push(`service = ${quote(question.service)}`);
  if (question.route !== undefined) where.push(`http_route = ${quote(question.route)}`);
  if (question.synthetic !== undefined) where.push(`synthetic = ${question.synthetic ? 1 : 0}`);
  if (question.errors_only) where.push('erroneous = 1');
  if (question.min_duration_ms !== undefined) where.push(`duration_ms >= ${question.min_duration_ms}`);
  return where;
}

function fitsTraces(document: EventDocument, question: TracesQuestion, window: TimeRange): boolean {
  return (
    document.at_ms >= window.from &&
    document.at_ms < window.to &&
    (document.kind === 'server' || document.parent_span_id === undefined) &&
    (question.service === undefined || document.service === question.service) &&
    (question.route === undefined || document.http_route === question.route) &&
    (question.synthetic === undefined || (document.synthetic === 1) === question.synthetic) &&
    (!question.errors_only || document.erroneous === 1) &&
    (question.min_duration_ms === undefined || (document.duration_ms ?? 0) >= question.min_duration_ms)
  );
}

/** Of the candidates, those that stand for their trace. */
async function representatives(
  context: AskContext,
  question: TracesQuestion,
  window: TimeRange,
  next: EventDocument[],
  abort?: AbortSignal,
): Promise<EventDocument[]> {
  const ids = [...new Set(next.map(({ trace_id }) => quote(trace_id ?? '')))];
  const where = [
    'signal = "span"',
    `trace_id in [${ids.join(', ')}]`,
    '(kind = "server" or not ispresent(parent_span_id))',
  ];
  const wide = { from: window.from - AROUND_MS, to: window.to + AROUND_MS };
  const entries = await eventsOf(context, listQuery(where, 'time', MOST_ROWS), wide, abort);
  const served = new Set(entries.filter(({ kind }) => kind === 'server').map(({ trace_id }) => trace_id));
  const first = new Map<string | undefined, EventDocument>();
  for (const entry of entries) {
    if (!fitsTraces(entry, question, window) || (served.has(entry.trace_id) && entry.kind !== 'server')) continue;
    const before = first.get(entry.trace_id);
    if (!before || inOrder('time')(before, entry) < 0) first.set(entry.trace_id, entry);
  }
  return next.filter(({ trace_id, span_id }) => first.get(trace_id)?.span_id === span_id);
}

function listQuery(where: readonly string[], field: 'time' | 'duration_ms', limit: number): string {
  return `fields @message | filter ${where.join(' and ')} | sort ${field} desc, event_id desc | limit ${Math.floor(limit)}`;
}

function pageOf<Row>(
  found: readonly EventDocument[],
  limit: number,
  field: 'time' | 'duration_ms',
  toRow: (document: EventDocument) => Row,
): Page<Row> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(toRow),
    next_cursor: found.length > limit && last ? writeCursor(placeOf(field, last)) : null,
  };
}
