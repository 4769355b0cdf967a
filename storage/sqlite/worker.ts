/** The thread that owns the one connection. A lock held by a foreign process blocks here, never in the event loop of the caller. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { ExecuteResult, Reply, Request, SqlValue, WireError, WorkerOptions } from './protocol.ts';

interface Prepared {
  statement: StatementSync;
  returnsRows: boolean;
}

const CACHED_STATEMENTS = 256;

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread only');

/** Oldest first; using one moves it to the end. */
const prepared = new Map<string, Prepared>();
let database: DatabaseSync | undefined;

answer(0, () => {
  database = open(workerData as WorkerOptions);
  return undefined;
});

port.on('message', (request: Request) => {
  answer(request.id, () => {
    if (!database) throw new Error('the database is not open');
    if (request.type === 'execute') return execute(database, request.sql, request.parameters);
    if (request.type === 'rollback') return rollback(database);
    prepared.clear();
    database.close();
    database = undefined;
    return undefined;
  });
  if (request.type === 'close') port.close();
});

function open(options: WorkerOptions): DatabaseSync {
  const opened = new DatabaseSync(options.file, { timeout: options.busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    opened.exec('pragma journal_mode = wal');
    // FULL: a commit that was answered survives the loss of power (WAL with NORMAL may lose the last ones).
    opened.exec('pragma synchronous = full');
    opened.exec('pragma journal_size_limit = 16777216');
  } catch (error) {
    opened.close();
    throw error;
  }
  return opened;
}

function execute(db: DatabaseSync, sql: string, parameters: SqlValue[]): ExecuteResult {
  const { statement, returnsRows } = prepare(db, sql);
  if (returnsRows) return { rows: statement.all(...parameters) };
  const { changes, lastInsertRowid } = statement.run(...parameters);
  return { rows: [], changes: BigInt(changes), lastInsertRowid: BigInt(lastInsertRowid) };
}

function prepare(db: DatabaseSync, sql: string): Prepared {
  let entry = prepared.get(sql);
  if (entry) {
    prepared.delete(sql);
  } else {
    const statement = db.prepare(sql);
    entry = { statement, returnsRows: statement.columns().length > 0 };
    if (prepared.size >= CACHED_STATEMENTS) prepared.delete(prepared.keys().next().value!);
  }
  prepared.set(sql, entry);
  return entry;
}

function rollback(db: DatabaseSync): undefined {
  // A full disk or an I/O error makes SQLite roll back by itself; a second rollback would hide that error behind its own.
  if (db.isTransaction) db.exec('rollback');
  return undefined;
}

function answer(id: number, work: () => ExecuteResult | undefined): void {
  let reply: Reply;
  try {
    const result = work();
    reply = result ? { id, ok: true, result } : { id, ok: true };
  } catch (error) {
    reply = { id, ok: false, error: toWire(error) };
  }
  port!.postMessage(reply);
}

function toWire(error: unknown): WireError {
  const { message, errcode } = error as { message?: unknown; errcode?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  return typeof errcode === 'number' ? { message: text, errcode } : { message: text };
}
