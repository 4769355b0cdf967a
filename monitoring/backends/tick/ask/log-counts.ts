import { LogCountChart } from '../../../charts/log-counts.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import type { LogCounts, Question, TimeRange } from '../../../reader.ts';
import type { Attributes } from '../../../telemetry.ts';
import { text } from '../encode/values.ts';
import { tooMuch } from '../influx/query.ts';
import { matching } from './logs.ts';
import { type Ask, fromJson, MOST_ROWS, within } from './window.ts';

/** What records are tagged with: InfluxDB groups by it. */
const TAGS: Readonly<Record<string, string>> = {
  'log.level': 'level',
  'service.name': 'service',
  'deployment.environment.name': 'env',
};

/**
 * How many log records, exactly. By another attribute than a tag, and of the record alone (InfluxDB keeps no other of
 * its resource), Ringdown reads the records and adds up itself, up to 500,000 of them.
 * @throws RingdownError `TOO_MANY_ROWS`, `TOO_MANY_INTERVALS`
 */
export async function askLogCounts(
  ask: Ask,
  question: Extract<Question, { ask: 'log_counts' }>,
  range: TimeRange,
): Promise<LogCounts[]> {
  const { interval_ms } = question;
  const names = groupedBy(question.group_by);
  const chart = new LogCountChart(range, interval_ms);
  const where = [within(range), ...matching(question)].join(' AND ');
  if (!names.every((name) => Object.hasOwn(TAGS, name))) {
    const own = names.flatMap((name) => (Object.hasOwn(TAGS, name) ? [`"${TAGS[name]}"`] : []));
    const columns = ['message', 'attributes', ...own].join(', ');
    const rows = await ask(`SELECT ${columns} FROM logs WHERE ${where} LIMIT ${MOST_ROWS + 1}`);
    if (rows.length > MOST_ROWS) throw tooMuch();
    for (const row of rows) {
      const attributes = fromJson<Attributes>(row.attributes, {});
      const values = names.map((name) => {
        if (Object.hasOwn(TAGS, name)) return String(row[TAGS[name]!] ?? '') || null;
        return Object.hasOwn(attributes, name) ? text(attributes[name]) : null;
      });
      chart.add(groupName(values), row.time, 1);
    }
    return chart.groups(question);
  }
  const tags = names.map((name) => TAGS[name]!);
  const by = [...tags, ...(interval_ms === undefined ? [] : [`time(${chart.stepMs}ms)`])];
  const rows = await ask(
    `SELECT COUNT(message) AS records FROM logs WHERE ${where}${by.length > 0 ? ` GROUP BY ${by.join(', ')}` : ''}${
      interval_ms === undefined ? '' : ' fill(none)'
    }`,
  );
  for (const row of rows) {
    chart.add(groupName(tags.map((tag) => String(row[tag] ?? '') || null)), row.time, Number(row.records ?? 0));
  }
  return chart.groups(question);
}
