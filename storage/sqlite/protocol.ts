/** What crosses between the caller's thread and the SQLite thread. Everything here survives structured cloning. */

/** Values that SQLite itself knows. Integers beyond 2^53 must come as bigint. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface WorkerOptions {
  file: string;
  busyTimeoutMs: number;
}

export type Request =
  | { id: number; type: 'execute'; sql: string; parameters: SqlValue[] }
  | { id: number; type: 'rollback' }
  | { id: number; type: 'close' };

export type RequestBody = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

export interface ExecuteResult {
  rows: Record<string, unknown>[];
  /** Only of statements that return no rows. */
  changes?: bigint;
  lastInsertRowid?: bigint;
}

export interface WireError {
  message: string;
  /** SQLite's extended result code, https://www.sqlite.org/rescode.html; absent when the error is not SQLite's. */
  errcode?: number;
}

/** `id` 0 answers the opening of the file. */
export type Reply = { id: number; ok: true; result?: ExecuteResult } | { id: number; ok: false; error: WireError };
