import { LEVELS } from '../../../otlp/severity.ts';
import type { Question, TimeRange } from '../../../reader.ts';
import type { LogRow, Page } from '../../../telemetry.ts';
import { containing, literal } from '../influx/influxql.ts';
import type { Row } from '../influx/query.ts';
import { newestFirst } from './pages.ts';
import { LOG_COLUMNS, logRow } from './rows.ts';
import { logTimes, traceTimes } from './trace-times.ts';
import { type Ask, readCursor, within, writeCursor } from './window.ts';

type LogsQuestion = Extract<Question, { ask: 'logs' }>;

/** Newest first. Text is searched by regular expression, record by record. */
export async function askLogs(ask: Ask, question: LogsQuestion, range: TimeRange): Promise<Page<LogRow>> {
  const limit = Math.floor(question.limit);
  const where = conditions(question);
  const fetch = (part: TimeRange, most: number) =>
    ask(
      `SELECT ${LOG_COLUMNS} FROM logs WHERE ${[within(part), ...where].join(' AND ')} ORDER BY time DESC LIMIT ${most}`,
    );
  const around = question.trace_id === undefined ? range : await aroundTrace(ask, question.trace_id, range);
  const [rank, id] = question.cursor === undefined ? [] : readCursor(question.cursor);
  const after = rank === undefined ? undefined : { rank, id: id! };
  const { rows, isEnd } = await newestFirst(fetch, idOf, around, after, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = last && (rows.length > limit || !isEnd);
  return {
    items: page.map(({ row }) => logRow(row)),
    next_cursor: hasMore ? writeCursor([String(last.rank), last.id]) : null,
  };
}

/** Where the trace has spans, its logs are looked for near them. */
async function aroundTrace(ask: Ask, traceId: string, range: TimeRange): Promise<TimeRange> {
  const [times] = await traceTimes(ask, [{ traceId, range }]);
  if (!times) return range;
  const near = logTimes(times);
  return { from: Math.max(range.from, near.from), to: Math.min(range.to, near.to) };
}

/** Records of one nanosecond that agree in all of this stand in no order. */
function idOf({ message, span_id, service }: Row): string {
  return JSON.stringify([service, span_id, String(message ?? '').slice(0, 200)]);
}

function conditions(question: LogsQuestion): string[] {
  const { trace_id, span_id } = question;
  const where: string[] = [];
  if (trace_id !== undefined) where.push(`trace_id = ${literal(trace_id.toLowerCase())}`);
  if (span_id !== undefined) where.push(`span_id = ${literal(span_id.toLowerCase())}`);
  return [...where, ...matching(question)];
}

/** Conditions of records with this service, level and text. */
export function matching({ service, level, text }: Pick<LogsQuestion, 'service' | 'level' | 'text'>): string[] {
  const where: string[] = [];
  if (service !== undefined) where.push(`service = ${literal(service)}`);
  if (level !== undefined) {
    const levels = LEVELS.slice(LEVELS.indexOf(level));
    where.push(`(${levels.map((one) => `level = '${one}'`).join(' OR ')})`);
  }
  if (text !== undefined && text !== '') {
    const fields = ['message', 'exception_type', 'exception_message', 'exception_stacktrace'];
    where.push(`(${fields.map((field) => `${field} =~ ${containing(text)}`).join(' OR ')})`);
  }
  return where;
}
