import { type DuckDBConnection, DuckDBDataChunk, type DuckDBValue } from '@duckdb/node-api';
import type { Table } from './schema.ts';

const CHUNK_ROWS = 2048;

/** Rows on their way into one table. */
export class RowBuffer {
  readonly table: Table;
  readonly rows: DuckDBValue[][] = [];

  constructor(table: Table) {
    this.table = table;
  }

  /** @param row one value per column, in the table's order */
  push(row: DuckDBValue[]): void {
    this.rows.push(row);
  }

  /** Appends to the table inside the connection's transaction, letting other work run between chunks. */
  async append(connection: DuckDBConnection): Promise<void> {
    if (this.rows.length === 0) return;
    const types = Object.values(this.table.columns);
    const appender = await connection.createAppender(this.table.name);
    try {
      for (let from = 0; from < this.rows.length; from += CHUNK_ROWS) {
        if (from > 0) await new Promise((resolve) => setImmediate(resolve));
        const size = Math.min(CHUNK_ROWS, this.rows.length - from);
        const chunk = DuckDBDataChunk.create(types, size);
        for (let column = 0; column < types.length; column++) {
          const vector = chunk.getColumnVector(column);
          for (let row = 0; row < size; row++) vector.setItem(row, this.rows[from + row]![column]!);
          vector.flush();
        }
        appender.appendDataChunk(chunk);
      }
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }
}
