import { EXIT, RingdownError, toError } from '../core/errors.ts';

/** A row that is there and cannot be read: its text was damaged, or somebody changed it by hand. */
export interface BrokenRow {
  table: string;
  /** Value of its primary key. */
  key: string;
  problem: string;
}

export type OnBroken = (row: BrokenRow) => void;

/** Where nobody asked to go on without such rows, one of them is an error. */
export const refuseBroken: OnBroken = (row) => {
  throw brokenRow(row);
};

/**
 * Reads what can be read of rows. One that cannot is told of and left out, since a single damaged row must not keep
 * everything else from whoever pages.
 * @param key of a row: what people find it by
 * @param read throws for a row that makes no sense
 */
export function readRows<Row, Item>(
  rows: readonly Row[],
  { table, key, read }: { table: string; key: (row: Row) => string; read: (row: Row) => Item },
  onBroken: OnBroken,
): Item[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch (error) {
      onBroken({ table, key: key(row), problem: toError(error).message });
      return [];
    }
  });
}

/** @param wanted fields that tell such a row from others. @throws Error when the text is no JSON object with them */
export function readJson<T>(text: string, ...wanted: readonly (keyof T & string)[]): T {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('it is no object');
  const missing = wanted.find((field) => !Object.hasOwn(value, field));
  if (missing) throw new Error(`it has no "${missing}"`);
  return value as T;
}

export function brokenRow({ table, key, problem }: BrokenRow): RingdownError {
  return new RingdownError('BROKEN_ROW', `the row ${key} of ${table} in the database cannot be read: ${problem}`, {
    hint: 'its text is damaged; everything else is there, and a copy of the database may have it',
    exitCode: EXIT.failed,
  });
}
