import { RingdownError } from '../../../../core/errors.ts';
import type { HttpAnswer } from '../../../http/send.ts';
import { type InfluxClient, MAX_ANSWER_BYTES, wordsOf } from './client.ts';

export type Cell = string | number | boolean | null;

/** A row with its measurement and the tags that it was grouped by; `time` in Unix milliseconds. */
export type Row = Record<string, Cell> & { time: number };

interface Series {
  name?: string;
  tags?: Record<string, string>;
  columns: string[];
  /** Absent where there are none. */
  values?: Cell[][];
}

/**
 * Asks in InfluxQL, which all three generations understand (v2 where a DBRP mapping names the bucket).
 * Whole numbers beyond 2^53 come back rounded: nobody reads one.
 * @throws RingdownError `INFLUXDB_QUERY` when the answer is no result
 */
export async function query(client: InfluxClient, q: string, abort: AbortSignal): Promise<Row[]> {
  const [rows] = await queryAll(client, [q], abort);
  return rows ?? [];
}

/** Several questions at once. @returns the rows of each */
export async function queryAll(client: InfluxClient, all: readonly string[], abort: AbortSignal): Promise<Row[][]> {
  if (all.length === 0) return [];
  const { api, database, retentionPolicy } = client.config;
  if (api === 'v3') return await Promise.all(all.map((q) => queryV3(client, q, abort)));
  const form = { db: database, ...(api === 'v1' ? { rp: retentionPolicy } : {}), epoch: 'ms', q: all.join(';') };
  const answer = await client.postForm('/query', form, abort);
  const { results } = parse(answer) as { results?: { error?: string; series?: Series[] }[] };
  if (!Array.isArray(results)) throw failed(answer, 'no results');
  return results.map(({ error, series = [] }) => {
    if (error !== undefined) throw failed(answer, error);
    return series.flatMap(rowsOf);
  });
}

function rowsOf({ name = '', tags, columns, values = [] }: Series): Row[] {
  return values.map((cells) => {
    const row = Object.assign(Object.create(null), { measurement: name }, tags) as Row;
    for (const [at, key] of columns.entries()) row[key] = cells[at] ?? null;
    return row;
  });
}

async function queryV3(client: InfluxClient, q: string, abort: AbortSignal): Promise<Row[]> {
  const body = { db: client.config.database, q, format: 'json' };
  const answer = await client.postJson('/api/v3/query_influxql', body, abort);
  const rows = parse(answer);
  if (!Array.isArray(rows)) throw failed(answer, 'no rows');
  return rows.map(flatRow);
}

/** v3 has tags among the columns, and times as RFC 3339 without a zone, which are UTC. */
function flatRow(row: Record<string, Cell>): Row {
  const { time } = row;
  const zoned = typeof time === 'string' && !/(Z|[+-]\d\d:?\d\d)$/.test(time) ? `${time}Z` : time;
  return Object.assign(Object.create(null), row, {
    time: typeof zoned === 'string' ? Date.parse(zoned) : Number(zoned ?? 0),
  });
}

function parse(answer: HttpAnswer): unknown {
  if (answer.status < 200 || answer.status >= 300) throw failed(answer, wordsOf(answer));
  if (answer.body.length >= MAX_ANSWER_BYTES) throw tooMuch();
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    // A longer answer is cut by the sender, at the end of a chunk that may be a little before the limit.
    throw answer.body.length > MAX_ANSWER_BYTES / 2 ? tooMuch() : failed(answer, 'no JSON');
  }
}

export function tooMuch(): RingdownError {
  return new RingdownError('TOO_MANY_ROWS', 'InfluxDB would have to send more than Ringdown reads for one question', {
    hint: 'ask for a shorter window',
  });
}

function failed(answer: HttpAnswer, words: string): RingdownError {
  return new RingdownError('INFLUXDB_QUERY', `InfluxDB answered ${answer.status} to a query: ${words.slice(0, 500)}`);
}
