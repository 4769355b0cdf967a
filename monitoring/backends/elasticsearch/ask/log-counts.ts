import { LogCountChart } from '../../../charts/log-counts.ts';
import type { LogCounts, Question, TimeRange } from '../../../reader.ts';
import { labelFields } from './fields.ts';
import { intervalsOf } from './intervals.ts';
import { matching } from './logs.ts';
import { all, type Search, within } from './search.ts';

/** Fields of records that are no attributes. */
const OWN: Readonly<Record<string, string>> = { 'log.level': 'log.level', 'service.name': 'service.name' };

/** How many log records, exactly. */
export async function askLogCounts(
  search: Search,
  question: Extract<Question, { ask: 'log_counts' }>,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<LogCounts[]> {
  const chart = new LogCountChart(window, question.interval_ms);
  const { group_by } = question;
  const fields = group_by === undefined ? [] : OWN[group_by] ? [OWN[group_by]] : labelFields(group_by);
  const sources = [
    // It takes at least one source, and every record has this one.
    { level: { terms: { field: 'log.level', missing_bucket: true } } },
    ...fields.map((field, index) => ({ [`label${index}`]: { terms: { field, missing_bucket: true } } })),
    ...intervalsOf(window, question.interval_ms).sources,
  ];
  const query = all([within(window), ...matching(question)]);
  for (const { key, doc_count } of await search.groups('logs', query, sources, {}, { abort })) {
    // The record's own attribute counts before its resource's.
    const group = key.label0 ?? key.label1 ?? null;
    chart.add(group === null ? null : String(group), key.time ?? window.from, doc_count);
  }
  return chart.groups(question);
}
