import { Kysely } from 'kysely';
import { ThreadedSqliteDialect } from './dialect.ts';
import { SqliteThread } from './thread.ts';

export { type Migration, migrate } from './migrate.ts';
export { isUniqueViolation, SqliteError } from './sqlite-error.ts';

export interface SqliteOptions {
  /** Path of the database, or `:memory:`. Its directory must exist. */
  file: string;
  /** How long a statement waits for a lock that another process holds. Default 1500 ms. */
  busyTimeoutMs?: number;
}

export interface SqliteHandle<Schema> {
  db: Kysely<Schema>;
  /** Lets queries already sent finish, then closes the file. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens SQLite on a thread of its own: WAL, `synchronous=FULL` (a resolved commit survives power loss),
 * foreign keys enforced, transactions begun `immediate` unless read only. One connection: the statements of a
 * transaction are never interleaved with others; inside one, use its `trx` alone, since the outer `db` would wait for it
 * for ever. Integers beyond 2^53 cannot be read back.
 * @throws SqliteError with SQLite's code and a hint (`SQLITE_CANTOPEN`, `SQLITE_NOTADB`, `SQLITE_BUSY`, …)
 */
export async function openSqlite<Schema>(options: SqliteOptions): Promise<SqliteHandle<Schema>> {
  const thread = await SqliteThread.open({ file: options.file, busyTimeoutMs: options.busyTimeoutMs ?? 1_500 });
  const db = new Kysely<Schema>({ dialect: new ThreadedSqliteDialect(thread) });
  let closed: Promise<void> | undefined;
  return {
    db,
    close() {
      closed ??= db.destroy().then(() => thread.close());
      return closed;
    },
  };
}
