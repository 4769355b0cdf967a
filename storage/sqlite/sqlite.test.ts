import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Generated, type Kysely, sql } from 'kysely';
import { isUniqueViolation, type Migration, migrate, openSqlite, type SqliteHandle } from './index.ts';

interface Schema {
  note: { id: Generated<number>; text: string; pinned: number };
}

const migrations: Record<string, Migration> = {
  '001_note': {
    up: async (db) => {
      await db.schema
        .createTable('note')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('text', 'text', (column) => column.notNull().unique())
        .addColumn('pinned', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
};

let directory: string;
let handle: SqliteHandle<Schema>;
const file = () => join(directory, 'state.db');
const insert = (db: Kysely<Schema>, text: string) =>
  db.insertInto('note').values({ text, pinned: 0 }).executeTakeFirstOrThrow();
const count = async (db: Kysely<Schema>) =>
  (await db.selectFrom('note').select(sql<number>`count(*)`.as('n')).executeTakeFirstOrThrow()).n;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ringdown-sqlite-'));
  handle = await openSqlite<Schema>({ file: file(), busyTimeoutMs: 300 });
  await migrate(handle.db, migrations);
});

afterEach(async () => {
  await handle.close();
  rmSync(directory, { recursive: true, force: true });
});

test('rows go in and come out, with their counts and ids', async () => {
  const inserted = await insert(handle.db, 'ünï\r\ncode');
  expect(inserted.insertId).toBe(1n);
  expect(await handle.db.selectFrom('note').selectAll().execute()).toEqual([{ id: 1, text: 'ünï\r\ncode', pinned: 0 }]);
  const updated = await handle.db.updateTable('note').set({ pinned: 1 }).executeTakeFirstOrThrow();
  expect(updated.numUpdatedRows).toBe(1n);
  const returned = await handle.db.deleteFrom('note').returning('text').execute();
  expect(returned).toEqual([{ text: 'ünï\r\ncode' }]);
});

test('the connection is durable and enforces foreign keys', async () => {
  const pragma = async (name: string) =>
    Object.values((await sql.raw<object>(`pragma ${name}`).execute(handle.db)).rows[0]!)[0];
  expect(await pragma('journal_mode')).toBe('wal');
  expect(await pragma('synchronous')).toBe(2);
  expect(await pragma('foreign_keys')).toBe(1);
});

test('what was committed is there after closing and opening again', async () => {
  await insert(handle.db, 'kept');
  await handle.close();
  await handle.close();
  handle = await openSqlite<Schema>({ file: file() });
  await migrate(handle.db, migrations);
  expect(await count(handle.db)).toBe(1);
});

test('an in-memory database needs no file', async () => {
  const memory = await openSqlite<Schema>({ file: ':memory:' });
  await migrate(memory.db, migrations);
  await insert(memory.db, 'a');
  expect(await count(memory.db)).toBe(1);
  await memory.close();
});

describe('transactions', () => {
  test('nothing else slips between the statements of a transaction', async () => {
    const seen: number[] = [];
    const inside = handle.db.transaction().execute(async (trx) => {
      await insert(trx, 'one');
      await new Promise((resolve) => setImmediate(resolve));
      await insert(trx, 'two');
      throw new Error('changed my mind');
    });
    const outside = Promise.all([1, 2, 3].map(async () => seen.push(await count(handle.db))));
    await expect(inside).rejects.toThrow('changed my mind');
    await outside;
    expect(seen).toEqual([0, 0, 0]);
  });

  test('many at once are carried out one after another', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        handle.db.transaction().execute(async (trx) => {
          const before = await count(trx);
          await insert(trx, `${before}-${i}`);
        }),
      ),
    );
    const texts = await handle.db.selectFrom('note').select('text').orderBy('id').execute();
    expect(texts.map(({ text }) => Number(text.split('-')[0]))).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('savepoints roll back alone', async () => {
    const trx = await handle.db.startTransaction().execute();
    await insert(trx, 'kept');
    const after = await trx.savepoint('here').execute();
    await insert(after, 'dropped');
    await after.rollbackToSavepoint('here').execute();
    await trx.commit().execute();
    expect(await handle.db.selectFrom('note').select('text').execute()).toEqual([{ text: 'kept' }]);
  });
});

describe('errors', () => {
  test('a query error carries the code of SQLite and the stack of its caller', async () => {
    const error = await sql`select author_id from note`.execute(handle.db).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_ERROR', errcode: 1 });
    expect((error as Error).message).toContain('no such column: author_id');
    expect((error as Error).stack).toContain('dialect.ts');
  });

  test('a duplicate is told apart from other constraint failures', async () => {
    await insert(handle.db, 'same');
    const duplicate = await insert(handle.db, 'same').catch((error: unknown) => error);
    expect(isUniqueViolation(duplicate)).toBe(true);
    const missing = await sql`insert into note (text) values (null)`
      .execute(handle.db)
      .catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'SQLITE_CONSTRAINT_NOTNULL' });
    expect(isUniqueViolation(missing)).toBe(false);
  });

  test('a lock of another connection never holds the event loop, and ends in SQLITE_BUSY', async () => {
    const foreign = new DatabaseSync(file());
    foreign.exec('begin exclusive');
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const started = performance.now();
    const error = await insert(handle.db, 'late').catch((thrown: unknown) => thrown);
    const waitedMs = performance.now() - started;
    clearInterval(ticking);
    expect(error).toMatchObject({ code: 'SQLITE_BUSY' });
    expect((error as { hint: string }).hint).toContain('another process');
    expect(waitedMs).toBeGreaterThanOrEqual(250);
    expect(ticks).toBeGreaterThan(15);
    foreign.exec('rollback');
    foreign.close();
    await insert(handle.db, 'in time');
    expect(await count(handle.db)).toBe(1);
  });

  test('a full disk fails the transaction with its own error and leaves the connection usable', async () => {
    const pages = (await sql<{ page_count: number }>`pragma page_count`.execute(handle.db)).rows[0]!.page_count;
    await sql.raw(`pragma max_page_count = ${pages + 4}`).execute(handle.db);
    const error = await handle.db
      .transaction()
      .execute(async (trx) => {
        for (let i = 0; i < 20; i++) await insert(trx, `${i}`.padEnd(4_000, 'x'));
      })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SQLITE_FULL', hint: expect.stringContaining('disk is full') });
    expect(await count(handle.db)).toBe(0);
    await insert(handle.db, 'small');
    expect(await count(handle.db)).toBe(1);
  });

  test('a read-only database says so', async () => {
    await sql`pragma query_only = 1`.execute(handle.db);
    await expect(insert(handle.db, 'x')).rejects.toMatchObject({
      code: 'SQLITE_READONLY',
      hint: expect.stringContaining('cannot be written'),
    });
  });

  test('a missing directory and a file of another kind fail at opening', async () => {
    await expect(openSqlite({ file: join(directory, 'no', 'such', 'x.db') })).rejects.toMatchObject({
      code: 'SQLITE_CANTOPEN',
    });
    const other = join(directory, 'other.db');
    writeFileSync(other, 'certainly not a database, but long enough to look at. '.repeat(20));
    await expect(openSqlite({ file: other })).rejects.toMatchObject({ code: 'SQLITE_NOTADB' });
  });

  test('a value that SQLite cannot hold is refused before it is sent', async () => {
    await expect(sql`select ${new Date(0)}`.execute(handle.db)).rejects.toThrow('cannot hold a Date');
    await expect(sql`select ${{ a: 1 }}`.execute(handle.db)).rejects.toThrow('cannot hold an object');
  });

  test('queries after closing are refused', async () => {
    await handle.close();
    await expect(count(handle.db)).rejects.toThrow();
  });
});

describe('migrations', () => {
  test('running them again changes nothing', async () => {
    await migrate(handle.db, migrations);
  });

  test('two owners share a file without seeing each other', async () => {
    const up: Migration['up'] = async (db) => void (await sql`create table other (name text)`.execute(db));
    await migrate(handle.db, { '000_other': { up } }, 'other');
    await migrate(handle.db, { '000_other': { up } }, 'other');
    await migrate(handle.db, migrations);
  });

  test('one that fails leaves nothing behind, and the next attempt starts afresh', async () => {
    let broken = true;
    const more: Record<string, Migration> = {
      ...migrations,
      '002_tag': {
        up: async (db) => {
          await sql`create table tag (name text)`.execute(db);
          if (broken) await sql`create tabel oops (name text)`.execute(db);
        },
      },
    };
    await expect(migrate(handle.db, more)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('002_tag'),
    });
    broken = false;
    await migrate(handle.db, more);
  });

  test('a database of a newer version is refused', async () => {
    await expect(migrate(handle.db, {})).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  });
});
