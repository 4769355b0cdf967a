import { parse as parseCsv } from 'csv-parse/sync';
import { toError } from '../../core/errors.ts';
import type { Files } from '../engine/files.ts';
import { type Template, template } from './template.ts';
import { field, isMapping, type Mapping } from './written.ts';

export const MOST_ROWS = 1_000;
const MOST_COLUMNS = 1_000;

/** Rows as they are used: those of a file are what they are, those of the scenario may hold templates. */
export interface Data {
  readonly rows: readonly Template[];
  /** Names that at least one row has. */
  readonly columns: ReadonlySet<string>;
}

export interface DataProblem {
  readonly path: (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** Reads what `data` says. @returns null for something that the schema refuses anyway */
export function readData(written: unknown, files: Files): Data | DataProblem | null {
  if (Array.isArray(written)) {
    if (!written.every(isMapping)) return null;
    if (written.length === 0) return { path: [], message: 'data has no rows', hint: 'leave it out to run once' };
    return { rows: written.map((row) => template(row, 'none')), columns: columnsOf(written) };
  }
  const file = field(written, 'file');
  if (typeof file !== 'string' || !/\.(csv|json)$/.test(file)) return null;
  const problem = (message: string, hint?: string): DataProblem => ({
    path: ['file'],
    message,
    ...(hint ? { hint } : {}),
  });
  const found = files.text(file);
  if ('error' in found) return problem(`${file} cannot be read: ${found.error}`);
  const read = file.endsWith('.csv') ? rowsOfCsv(found.value) : rowsOfJson(found.value);
  if ('error' in read) return problem(`${file}: ${read.error}`, read.hint);
  if (read.rows.length === 0) return problem(`${file} has no rows`, 'leave data out to run once');
  if (read.rows.length > MOST_ROWS)
    return problem(`${file} has ${read.rows.length} rows; at most ${MOST_ROWS} are run`, 'split the file');
  return { rows: read.rows.map((value) => ({ kind: 'constant', value })), columns: columnsOf(read.rows) };
}

type Rows = { readonly rows: readonly Mapping[] } | { readonly error: string; readonly hint?: string };

/** RFC 4180 with a header; every value is a text. */
function rowsOfCsv(text: string): Rows {
  try {
    const [names, ...records] = parseCsv(text, { bom: true, skip_empty_lines: true, relax_column_count: false });
    const columns = (names ?? []).map((name) => name.trim());
    if (columns.length > MOST_COLUMNS)
      return { error: `it has ${columns.length} columns; at most ${MOST_COLUMNS} are read` };
    const bad = columns.find((name, index) => name === '' || columns.indexOf(name) !== index);
    if (bad !== undefined) {
      const error = bad === '' ? 'a column has no name' : `two columns are called "${bad}"`;
      return { error, hint: 'the first line names the columns' };
    }
    return { rows: records.map((record) => Object.fromEntries(columns.map((name, index) => [name, record[index]]))) };
  } catch (thrown) {
    return { error: toError(thrown).message };
  }
}

function rowsOfJson(text: string): Rows {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { error: `not JSON: ${toError(thrown).message}` };
  }
  if (Array.isArray(value) && value.every(isMapping)) return { rows: value };
  return { error: 'it must hold a list of mappings', hint: '[{ "email": "a@example.com" }]' };
}

function columnsOf(rows: readonly Mapping[]): Set<string> {
  return new Set(rows.flatMap((row) => Object.keys(row)));
}
