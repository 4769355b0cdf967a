import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely';
import type { SqlValue } from './protocol.ts';
import type { SqliteThread } from './thread.ts';

/**
 * Kysely over the SQLite thread. The adapter says that there is one connection, so Kysely's own mutex lets
 * nothing in between the statements of a transaction. Inside a transaction use `trx` alone: the outer `db`
 * would wait for the very transaction it stands in.
 */
export class ThreadedSqliteDialect implements Dialect {
  #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  createDriver(): Driver {
    return new ThreadedSqliteDriver(this.#thread);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  // SQLite rolls back DDL too, so a migration that fails half-way leaves nothing behind.
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ThreadedSqliteDriver implements Driver {
  #thread: SqliteThread;
  #connection: ThreadedConnection;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
    this.#connection = new ThreadedConnection(thread);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    // A deferred transaction that turns from reading to writing fails with SQLITE_BUSY at once, without the busy timeout.
    await connection.executeQuery(raw(settings.accessMode === 'read only' ? 'begin' : 'begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(raw('commit'));
  }

  async rollbackTransaction(): Promise<void> {
    await this.#thread.request({ type: 'rollback' });
  }

  async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(raw(`savepoint ${quoted(name)}`));
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(raw(`rollback to ${quoted(name)}`));
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(raw(`release ${quoted(name)}`));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#thread.close();
  }
}

class ThreadedConnection implements DatabaseConnection {
  #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.#thread.request({
      type: 'execute',
      sql: query.sql,
      parameters: query.parameters.map(toSqlValue),
    });
    const { rows = [], changes, lastInsertRowid } = result ?? {};
    return {
      rows: rows as R[],
      ...(changes === undefined ? {} : { numAffectedRows: changes }),
      ...(lastInsertRowid === undefined ? {} : { insertId: lastInsertRowid }),
    };
  }

  // biome-ignore lint/correctness/useYield: rows would have to be held in the thread between messages; nothing here needs it.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not supported on SQLite; page with limit and a key');
  }
}

/** @throws TypeError for what SQLite cannot hold: a Date or an object must be turned into text or a number by the repository */
function toSqlValue(value: unknown): SqlValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'undefined':
      return null;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new TypeError(
        `SQLite cannot hold ${value instanceof Date ? 'a Date' : typeof value === 'object' ? 'an object' : `a ${typeof value}`} as a parameter`,
      );
  }
}

function raw(sql: string): CompiledQuery {
  return CompiledQuery.raw(sql);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
