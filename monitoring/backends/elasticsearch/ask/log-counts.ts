import { LogCountChart } from '../../../charts/log-counts.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import type { LogCounts, Question, TimeRange } from '../../../reader.ts';
import { labelFields, labelOf, labelSources } from './fields.ts';
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
  const names = groupedBy(question.group_by);
  const sources = [
    // It takes at least one source, and every record has this one.
    { level: { terms: { field: 'log.level', missing_bucket: true } } },
    ...labelSources(names, (name) => (OWN[name] ? [OWN[name]] : labelFields(name))),
    ...intervalsOf(window, question.interval_ms).sources,
  ];
  const query = all([within(window), ...matching(question)]);
  for (const { key, doc_count } of await search.groups('logs', query, sources, {}, { abort })) {
    chart.add(groupName(names.map((_, index) => labelOf(key, index))), key.time ?? window.from, doc_count);
  }
  return chart.groups(question);
}
