import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { BIGINT } from '@duckdb/node-api';
import type { Parameter } from '../partition.ts';

/** Collects the values of a statement. Whatever a user typed reaches SQL through here and no other way. */
export class Parameters {
  readonly list: Parameter[] = [];

  /** @returns the placeholder */
  add(value: DuckDBValue, type: DuckDBType): string {
    this.list.push({ value, type });
    return `$${this.list.length}`;
  }

  /** `column` in [from, to), nanoseconds. */
  within(column: string, fromNs: bigint, toNs: bigint): string {
    return `${column} >= ${this.add(fromNs, BIGINT)} AND ${column} < ${this.add(toNs, BIGINT)}`;
  }
}

/** Nanoseconds, half-open. */
export interface Window {
  fromNs: bigint;
  toNs: bigint;
}

/** A place in a list: opaque outside, a JSON array of strings inside. */
export function writeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws Error when the text is not a cursor of `length` parts that this reader gave out */
export function readCursor(cursor: string, length: number): string[] {
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string'))
      return parts;
  } catch {
    // Said below.
  }
  throw new Error('the cursor is not one that this list gave out');
}
