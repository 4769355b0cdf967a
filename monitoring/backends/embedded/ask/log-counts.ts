import { BIGINT, VARCHAR } from '@duckdb/node-api';
import { LogCountChart } from '../../../charts/log-counts.ts';
import { groupedBy, groupName } from '../../../group-by.ts';
import { levelOf } from '../../../otlp/severity.ts';
import type { LogCounts, Question, TimeRange } from '../../../reader.ts';
import type { Store } from '../store.ts';
import { matching } from './logs.ts';
import { Parameters, type Window } from './parameters.ts';
import { LOG_TABLES } from './rows.ts';

/** How many log records, exactly. */
export async function askLogCounts(
  store: Store,
  question: Extract<Question, { ask: 'log_counts' }>,
  range: TimeRange,
  window: Window,
  abort?: AbortSignal,
): Promise<LogCounts[]> {
  const chart = new LogCountChart(range, question.interval_ms);
  const names = groupedBy(question.group_by);
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    async (query) => {
      const parameters = new Parameters();
      const lines = names.map((name, index) => `${columnOf(name, parameters)} AS line${index}, `).join('');
      const place =
        question.interval_ms === undefined
          ? '0'
          : `(time_ns // ${parameters.add(BigInt(chart.stepMs) * 1_000_000n, BIGINT)})`;
      const where = [parameters.within('time_ns', window.fromNs, window.toNs), ...matching(question, parameters)];
      return await query(
        `SELECT ${names.map((_, index) => `line${index}, `).join('')}place::DOUBLE AS place, count(*)::DOUBLE AS records
         FROM (SELECT ${lines}${place} AS place FROM ${LOG_TABLES} WHERE ${where.join(' AND ')}) GROUP BY ALL`,
        parameters.list,
      );
    },
    abort,
  );
  for (const { place, records, ...row } of parts.flat()) {
    const values = names.map((name, index) => {
      const value = row[`line${index}`] ?? null;
      return value === null ? null : name === 'log.level' ? levelOf(Number(value)) : String(value);
    });
    chart.add(groupName(values), (place as number) * chart.stepMs, records as number);
  }
  return chart.groups(question);
}

function columnOf(name: string, parameters: Parameters): string {
  if (name === 'log.level') return 'severity';
  if (name === 'service.name') return "nullif(service, '')";
  // A JSON pointer (RFC 6901): attribute names have dots, which a path would take apart.
  const pointer = parameters.add(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, VARCHAR);
  const columns = ['logs.attributes', 'log_shapes.attributes', 'resources.attributes'];
  return `coalesce(${columns.map((column) => `json_extract_string(${column}, ${pointer})`).join(', ')})`;
}
