import { FIRST_SEVERITY } from '../../otlp/severity.ts';
import { CannotAnswer, type Question, type TimeRange } from '../../reader.ts';
import type { LogRow, Page, Trace, TraceSummary } from '../../telemetry.ts';
import type { NrqlRow } from './nerdgraph.ts';
import { containing, during, field, MOST_ROWS, text, where } from './nrql.ts';
import { logOf, spanOf, summaryOf } from './rows.ts';

export type Ask = (nrql: string) => Promise<NrqlRow[]>;

/** The same condition as in every question about requests. */
export function requestConditions({
  service,
  synthetic,
}: {
  service?: string;
  synthetic?: boolean;
}): (string | undefined)[] {
  return [
    `${field('span.kind')} = 'server'`,
    service === undefined ? undefined : `${field('service.name')} = ${text(service)}`,
    synthetic === undefined ? undefined : `${field('user_agent.synthetic.type')} IS ${synthetic ? 'NOT NULL' : 'NULL'}`,
  ];
}

export async function askTrace(ask: Ask, traceId: string, window: TimeRange): Promise<Trace | null> {
  const id = `WHERE ${field('trace.id')} = ${text(traceId)}`;
  const [spans, logs] = await Promise.all([
    ask(`SELECT * FROM Span ${id} ${during(window)} LIMIT ${MOST_ROWS}`),
    ask(`SELECT * FROM Log ${id} ${during(window)} LIMIT ${MOST_ROWS}`),
  ]);
  if (spans.length === 0 && logs.length === 0) return null;
  return {
    trace_id: traceId,
    spans: spans.map(spanOf).sort((a, b) => (a.start_time < b.start_time ? -1 : 1)),
    logs: logs.map(logOf).sort((a, b) => (a.time < b.time ? -1 : 1)),
  };
}

export async function askTraces(
  ask: Ask,
  question: Extract<Question, { ask: 'traces' }>,
  window: TimeRange,
): Promise<Page<TraceSummary>> {
  const { order, route, min_duration_ms: least, errors_only: errorsOnly } = question;
  const conditions = [
    ...requestConditions(question),
    route === undefined ? undefined : `${field('http.route')} = ${text(route)}`,
    least === undefined ? undefined : `${field('duration.ms')} >= ${Number(least)}`,
    errorsOnly
      ? `(numeric(${field('http.response.status_code')}) >= 500 OR ${field('otel.status_code')} = 'ERROR')`
      : undefined,
  ];
  const by = order === 'slowest' ? 'duration.ms' : 'timestamp';
  return await page(
    ask,
    `SELECT * FROM Span ${where(conditions)} ${during(window)} ORDER BY ${field(by)} DESC`,
    question,
    summaryOf,
  );
}

export async function askLogs(
  ask: Ask,
  question: Extract<Question, { ask: 'logs' }>,
  window: TimeRange,
): Promise<Page<LogRow>> {
  const { trace_id: traceId, span_id: spanId, service, level, text: piece } = question;
  const pattern = piece === undefined ? '' : containing(piece);
  const conditions = [
    traceId === undefined ? undefined : `${field('trace.id')} = ${text(traceId)}`,
    spanId === undefined ? undefined : `${field('span.id')} = ${text(spanId)}`,
    service === undefined ? undefined : `${field('service.name')} = ${text(service)}`,
    level === undefined ? undefined : `numeric(${field('severity.number')}) >= ${FIRST_SEVERITY[level]}`,
    piece === undefined
      ? undefined
      : `(${['message', 'exception.type', 'exception.message'].map((name) => `${field(name)} RLIKE ${pattern}`).join(' OR ')})`,
  ];
  return await page(
    ask,
    `SELECT * FROM Log ${where(conditions)} ${during(window)} ORDER BY ${field('timestamp')} DESC`,
    question,
    logOf,
  );
}

/** NRQL has no cursor: a page is the end of a longer answer, which ends at 5,000 rows. */
async function page<Row>(
  ask: Ask,
  nrql: string,
  { limit, cursor }: { limit: number; cursor?: string },
  rowOf: (row: NrqlRow) => Row,
): Promise<Page<Row>> {
  const skipped = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isInteger(skipped) || skipped < 0 || skipped >= MOST_ROWS) {
    throw new CannotAnswer(`New Relic shows the first ${MOST_ROWS} rows of an answer: narrow the window`);
  }
  const rows = await ask(`${nrql} LIMIT ${Math.min(MOST_ROWS, skipped + limit + 1)}`);
  const items = rows.slice(skipped, skipped + limit).map(rowOf);
  const isMore = rows.length > skipped + limit && skipped + limit < MOST_ROWS;
  return { items, next_cursor: isMore ? String(skipped + limit) : null };
}
