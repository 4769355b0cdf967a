import { printable } from '../../../scenarios/reporters/printable.ts';
import type { BrokenRow } from '../../../storage/broken-rows.ts';
import { count } from '../../terminal.ts';

/** More rows than these are counted. */
const ROWS_NAMED = 5;

/** What is said of rows that cannot be read; nothing where there are none. */
export function brokenLines(rows: readonly BrokenRow[]): string[] {
  if (rows.length === 0) return [];
  const more = rows.length - ROWS_NAMED;
  return [
    `${count(rows.length, 'row')} of the database cannot be read and ${rows.length === 1 ? 'is' : 'are'} left out:`,
    ...rows
      .slice(0, ROWS_NAMED)
      .map(({ table, key, problem }) => `  ${table} ${printable(key)}: ${printable(problem)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
