import { LEVELS } from '../../../otlp/severity.ts';
import type { Question, TimeRange } from '../../../reader.ts';
import type { LogRow, Page } from '../../../telemetry.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { logRow } from './rows.ts';
import { all, any, type Query, type Search, term, within } from './search.ts';

type LogsQuestion = Extract<Question, { ask: 'logs' }>;

const SEARCHED = ['message', 'error.type', 'error.message', 'error.stack_trace'].map((field) => `${field}.searched`);
/** Records of one nanosecond stand in the order in which they came, so that no two share a place; other shippers have none. */
const ORDER = [
  { '@timestamp': { order: 'desc', format: 'strict_date_optional_time_nanos' } },
  { 'ringdown.position': { order: 'desc', missing: 0 } },
  { 'ringdown.item': { order: 'desc', missing: 0 } },
];

/** Newest first. */
export async function askLogs(
  search: Search,
  question: LogsQuestion,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<Page<LogRow>> {
  const after = question.cursor === undefined ? undefined : readCursor(question.cursor, ['string', 'number', 'number']);
  const limit = Math.floor(question.limit);
  const { hits } = await search.run(
    'logs',
    { size: limit + 1, query: queryOf(question, window), sort: ORDER, ...(after ? { search_after: after } : {}) },
    abort,
  );
  const items = hits.slice(0, limit);
  const last = items.at(-1)?.sort;
  return {
    items: items.map(({ _source }) => logRow(_source)),
    next_cursor: hits.length > limit && last ? writeCursor(last) : null,
  };
}

function queryOf(question: LogsQuestion, window: TimeRange): Query {
  const { trace_id, span_id } = question;
  const filter = [within(window)];
  if (trace_id !== undefined) filter.push(term('trace.id', trace_id.toLowerCase()));
  if (span_id !== undefined) filter.push(term('span.id', span_id.toLowerCase()));
  return all([...filter, ...matching(question)]);
}

/** Conditions of records with this service, level and text. */
export function matching({ service, level, text }: Pick<LogsQuestion, 'service' | 'level' | 'text'>): Query[] {
  const filter: Query[] = [];
  if (service !== undefined) filter.push(term('service.name', service));
  if (level !== undefined) filter.push({ terms: { 'log.level': LEVELS.slice(LEVELS.indexOf(level)) } });
  if (text !== undefined && text !== '') {
    const value = `*${text.toLowerCase().replaceAll(/[\\*?]/g, '\\$&')}*`;
    filter.push(any(SEARCHED.map((field) => ({ wildcard: { [field]: { value } } }))));
  }
  return filter;
}
