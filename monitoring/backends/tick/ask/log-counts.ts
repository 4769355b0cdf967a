import { LogCountChart } from '../../../charts/log-counts.ts';
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
  const { group_by, interval_ms } = question;
  const chart = new LogCountChart(range, interval_ms);
  const where = [within(range), ...matching(question)].join(' AND ');
  if (group_by !== undefined && !Object.hasOwn(TAGS, group_by)) {
    const rows = await ask(`SELECT message, attributes FROM logs WHERE ${where} LIMIT ${MOST_ROWS + 1}`);
    if (rows.length > MOST_ROWS) throw tooMuch();
    for (const row of rows) {
      const attributes = fromJson<Attributes>(row.attributes, {});
      chart.add(Object.hasOwn(attributes, group_by) ? text(attributes[group_by]) : null, row.time, 1);
    }
    return chart.groups(question);
  }
  const tag = group_by === undefined ? undefined : TAGS[group_by]!;
  const by = [...(tag ? [tag] : []), ...(interval_ms === undefined ? [] : [`time(${chart.stepMs}ms)`])];
  const rows = await ask(
    `SELECT COUNT(message) AS records FROM logs WHERE ${where}${by.length > 0 ? ` GROUP BY ${by.join(', ')}` : ''}${
      interval_ms === undefined ? '' : ' fill(none)'
    }`,
  );
  for (const row of rows) {
    chart.add(tag ? String(row[tag] ?? '') || null : null, row.time, Number(row.records ?? 0));
  }
  return chart.groups(question);
}
