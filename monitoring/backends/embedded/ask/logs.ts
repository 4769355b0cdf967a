import { basename } from 'node:path';
import { BIGINT, UBIGINT, UTINYINT, VARCHAR } from '@duckdb/node-api';
import { FIRST_SEVERITY } from '../../../otlp/severity.ts';
import type { Question } from '../../../reader.ts';
import type { LogRow, Page } from '../../../telemetry.ts';
import type { Row } from '../partition.ts';
import type { Store } from '../store.ts';
import { hexToLong, readTraceId } from '../values.ts';
import { Parameters, readCursor, type Window, writeCursor } from './parameters.ts';
import { LOG_COLUMNS, LOG_TABLES, logRow } from './rows.ts';

type LogsQuestion = Extract<Question, { ask: 'logs' }>;

/** Where a record stands: its time, then the file and the row in it. Rows are never moved, so the place is stable. */
interface Place {
  timeNs: bigint;
  file: string;
  row: bigint;
}

/** Newest first. */
export async function askLogs(
  store: Store,
  question: LogsQuestion,
  window: Window,
  abort?: AbortSignal,
): Promise<Page<LogRow>> {
  const after = question.cursor === undefined ? undefined : placeOf(question.cursor);
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    async (query, _state, path) => {
      const file = basename(path);
      const parameters = new Parameters();
      const where = conditions(question, window, parameters);
      if (!where) return [];
      if (after) where.push(beyond(after, file, parameters));
      const rows = await query(
        `SELECT ${LOG_COLUMNS}, logs.rowid AS place FROM ${LOG_TABLES} WHERE ${where.join(' AND ')}
         ORDER BY time_ns DESC, logs.rowid DESC LIMIT ${Math.floor(question.limit) + 1}`,
        parameters.list,
      );
      return rows.map((row) => ({ row, place: { timeNs: row.time_ns as bigint, file, row: row.place as bigint } }));
    },
    abort,
  );
  const found = parts.flat().sort((a, b) => inOrder(a.place, b.place));
  const items = found.slice(0, question.limit);
  const last = items.at(-1);
  return {
    items: items.map(({ row }: { row: Row }) => logRow(row)),
    next_cursor: found.length > question.limit && last ? cursorOf(last.place) : null,
  };
}

/** @returns undefined when nothing can fit */
function conditions(question: LogsQuestion, window: Window, parameters: Parameters): string[] | undefined {
  const where = [parameters.within('time_ns', window.fromNs, window.toNs)];
  if (question.trace_id !== undefined) {
    const trace = readTraceId(question.trace_id);
    if (!trace) return undefined;
    where.push(
      `trace_high = ${parameters.add(trace.high, UBIGINT)} AND trace_low = ${parameters.add(trace.low, UBIGINT)}`,
    );
  }
  if (question.span_id !== undefined) {
    if (!/^[0-9a-f]{16}$/i.test(question.span_id)) return undefined;
    where.push(`span_id = ${parameters.add(hexToLong(question.span_id, 0), UBIGINT)}`);
  }
  return [...where, ...matching(question, parameters)];
}

/** Conditions of records with this service, level and text. */
export function matching(
  { service, level, text }: Pick<LogsQuestion, 'service' | 'level' | 'text'>,
  parameters: Parameters,
): string[] {
  const where: string[] = [];
  if (service !== undefined) where.push(`service = ${parameters.add(service, VARCHAR)}`);
  if (level !== undefined) where.push(`severity >= ${parameters.add(FIRST_SEVERITY[level], UTINYINT)}`);
  if (text !== undefined && text !== '') {
    const piece = parameters.add(text, VARCHAR);
    const columns = ['message', 'exception_type', 'exception_message', 'exception_stacktrace'];
    where.push(
      `(${columns.map((column) => `contains(lower(coalesce(${column}, '')), lower(${piece}))`).join(' OR ')})`,
    );
  }
  return where;
}

function beyond(after: Place, file: string, parameters: Parameters): string {
  const time = parameters.add(after.timeNs, BIGINT);
  if (file > after.file) return `time_ns < ${time}`;
  if (file < after.file) return `time_ns <= ${time}`;
  return `time_ns <= ${time} AND (time_ns < ${time} OR logs.rowid < ${parameters.add(after.row, BIGINT)})`;
}

function inOrder(a: Place, b: Place): number {
  if (a.timeNs !== b.timeNs) return a.timeNs > b.timeNs ? -1 : 1;
  if (a.file !== b.file) return a.file > b.file ? -1 : 1;
  return a.row > b.row ? -1 : a.row < b.row ? 1 : 0;
}

function cursorOf({ timeNs, file, row }: Place): string {
  return writeCursor([String(timeNs), file, String(row)]);
}

function placeOf(cursor: string): Place {
  const [timeNs, file, row] = readCursor(cursor, 3);
  if (!/^\d{1,19}$/.test(timeNs!) || !/^\d{1,18}$/.test(row!))
    throw new Error('the cursor is not one that this list gave out');
  return { timeNs: BigInt(timeNs!), file: file!, row: BigInt(row!) };
}
