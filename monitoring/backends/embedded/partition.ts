import { appendFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BIGINT, type DuckDBConnection, DuckDBInstance, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { toError } from '../../../core/errors.ts';
import type { NextIds } from './encode/dictionary.ts';
import type { Encoded } from './encode/encoded.ts';
import { ROLL_UP } from './rollup.ts';
import { RowBuffer } from './row-buffer.ts';
import { DDL, FORMAT, VERSIONS } from './schema.ts';
import { BIGINT_MAX } from './values.ts';

export interface PartitionState {
  /** Number of the last commit. */
  batch: bigint;
  /** Spool position that the rows reach up to. */
  highWater: number;
  /** Receipt of the latest record inside, Unix milliseconds. */
  lastReceived: number;
  /** Event times inside, nanoseconds; first > last when there are none. */
  firstNs: bigint;
  lastNs: bigint;
  /** The last commit that the rollups have taken in. */
  rolledUpTo: bigint;
}

/** Of a partition that holds nothing. */
export const EMPTY: PartitionState = {
  batch: 0n,
  highWater: 0,
  lastReceived: 0,
  firstNs: BIGINT_MAX,
  lastNs: 0n,
  rolledUpTo: 0n,
};

export interface Parameter {
  value: DuckDBValue;
  type: DuckDBType;
}

const OPENINGS_BEFORE_GIVING_UP = 3;

/**
 * One DuckDB file, an instance of its own: a fatal error inside invalidates this file and no other. One writer, any
 * number of readers, each on a connection of its own that sees what was committed when it asked.
 */
export class Partition {
  readonly file: string;
  #instance: DuckDBInstance;
  #writer: DuckDBConnection;
  #state: PartitionState;
  #readers = 0;
  #idle: (() => void)[] = [];
  #closed = false;
  /** Rows committed since the last roll-up. */
  rowsToRollUp = 0;

  private constructor(file: string, instance: DuckDBInstance, writer: DuckDBConnection, state: PartitionState) {
    this.file = file;
    this.#instance = instance;
    this.#writer = writer;
    this.#state = state;
  }

  /** Opens the file, or makes it, beginning from `initial`. Rejects when the file cannot be read as a partition. */
  static async open(file: string, memoryLimitBytes: number, initial: PartitionState): Promise<Partition> {
    // A damaged file may take the whole process down instead of failing politely. The mark is left behind then; the
    // third time the file is not trusted any more.
    const mark = `${file}.opening`;
    const attempts = countAttempt(mark);
    if (attempts > OPENINGS_BEFORE_GIVING_UP) {
      rmSync(mark, { force: true });
      throw new Error(`Corrupt: the process ended ${attempts - 1} times while opening ${basename(file)}`);
    }
    let instance: DuckDBInstance | undefined;
    try {
      instance = await DuckDBInstance.create(file, {
        threads: '2',
        memory_limit: `${Math.round(memoryLimitBytes / 2 ** 20)}MiB`,
        checkpoint_threshold: '64MB',
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
      });
      const writer = await instance.connect();
      await writer.run(
        'SET preserve_insertion_order = true; SET enable_external_access = false; SET lock_configuration = true;',
      );
      const state = (await readState(writer)) ?? (await create(writer, initial));
      return new Partition(file, instance, writer, state);
    } catch (error) {
      instance?.closeSync();
      throw error;
    } finally {
      rmSync(mark, { force: true });
    }
  }

  get state(): Readonly<PartitionState> {
    return this.#state;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Runs one question on a connection of its own; `abort` interrupts it. */
  async read<T>(ask: (query: Query) => Promise<T>, abort?: AbortSignal): Promise<T> {
    abort?.throwIfAborted();
    if (this.#closed) throw new Error(`${basename(this.file)} is closed`);
    this.#readers++;
    let connection: DuckDBConnection | undefined;
    const interrupt = () => connection?.interrupt();
    try {
      connection = await this.#instance.connect();
      abort?.addEventListener('abort', interrupt, { once: true });
      abort?.throwIfAborted();
      return await ask(queryOn(connection));
    } catch (error) {
      abort?.throwIfAborted();
      throw error;
    } finally {
      abort?.removeEventListener('abort', interrupt);
      connection?.closeSync();
      if (--this.#readers === 0) for (const wake of this.#idle.splice(0)) wake();
    }
  }

  /** Rows and the place in the spool that they reach up to, in one transaction. Rejects with nothing written. */
  async write(encoded: Encoded, next: PartitionState, abort: AbortSignal): Promise<void> {
    await this.#transaction(async () => {
      for (const rows of Object.values(encoded.rows)) {
        await rows.append(this.#writer);
        abort.throwIfAborted();
      }
      await this.#saveState(next);
    });
    this.#state = next;
    this.rowsToRollUp += encoded.rows.spans.rows.length + encoded.rows.points.rows.length;
  }

  /** Takes what was committed since the last time into the rollups. */
  async rollUp(): Promise<void> {
    const { batch, rolledUpTo } = this.#state;
    if (batch === rolledUpTo) return;
    const next = { ...this.#state, rolledUpTo: batch };
    // Counted anew even where it fails, so that it is not tried again with every commit.
    this.rowsToRollUp = 0;
    await this.#transaction(async () => {
      for (const statement of ROLL_UP) await this.#writer.run(statement, [rolledUpTo, batch], [BIGINT, BIGINT]);
      await this.#saveState(next);
    });
    this.#state = next;
  }

  /** `service\0version` → when it was first seen, in nanoseconds. */
  async versions(): Promise<Map<string, bigint>> {
    const rows = await queryOn(this.#writer)(
      'SELECT service, version, min(first_ns) AS first_ns FROM versions GROUP BY ALL ORDER BY 3',
    );
    return new Map(rows.map((row) => [`${row.service}\0${row.version}`, row.first_ns as bigint]));
  }

  /** Hands what an older file knew on to this one. */
  async saveVersions(versions: ReadonlyMap<string, bigint>): Promise<void> {
    const rows = new RowBuffer(VERSIONS);
    for (const [key, firstNs] of versions) rows.push([...(key.split('\0') as [string, string]), firstNs]);
    await this.#transaction(() => rows.append(this.#writer));
  }

  /** The first free number of each table of names. */
  async nextIds(): Promise<NextIds> {
    const of = async (table: keyof NextIds) => {
      const [row] = await queryOn(this.#writer)(`SELECT coalesce(max(id) + 1, 1)::DOUBLE AS next FROM ${table}`);
      return row!.next as number;
    };
    return {
      resources: await of('resources'),
      span_groups: await of('span_groups'),
      span_shapes: await of('span_shapes'),
      log_shapes: await of('log_shapes'),
      series: await of('series'),
    };
  }

  /** Waits for the readers, folds the log into the file and closes it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#readers > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#writer.closeSync();
    this.#instance.closeSync();
  }

  async #transaction(work: () => Promise<void>): Promise<void> {
    await this.#writer.run('BEGIN TRANSACTION');
    try {
      await work();
      await this.#writer.run('COMMIT');
    } catch (error) {
      // A failed commit has rolled back by itself and says so here; the first error is the one that matters.
      await this.#writer.run('ROLLBACK').catch(() => undefined);
      throw toError(error);
    }
  }

  async #saveState(state: PartitionState): Promise<void> {
    await this.#writer.run(
      'UPDATE state SET batch = $1, high_water = $2, last_received = $3, first_ns = $4, last_ns = $5, rolled_up_to = $6',
      [
        state.batch,
        BigInt(state.highWater),
        BigInt(Math.trunc(state.lastReceived)),
        state.firstNs,
        state.lastNs,
        state.rolledUpTo,
      ],
      [BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT],
    );
  }
}

export type Row = Record<string, DuckDBValue>;
/** Rows of one statement; parameters are $1, $2, … in order. */
export type Query = (sql: string, parameters?: readonly Parameter[]) => Promise<Row[]>;

function queryOn(connection: DuckDBConnection): Query {
  return async (sql, parameters = []) => {
    const reader = await connection.runAndReadAll(
      sql,
      parameters.map(({ value }) => value),
      parameters.map(({ type }) => type),
    );
    return reader.getRowObjects();
  };
}

async function readState(writer: DuckDBConnection): Promise<PartitionState | undefined> {
  const query = queryOn(writer);
  const tables = await query("SELECT 1 FROM information_schema.tables WHERE table_name = 'state'");
  const [row] = tables.length ? await query('SELECT * FROM state') : [];
  if (!row) return undefined;
  if (row.format !== FORMAT) throw new Error(`Corrupt: unknown partition format ${String(row.format)}`);
  return {
    batch: row.batch as bigint,
    highWater: Number(row.high_water),
    lastReceived: Number(row.last_received),
    firstNs: row.first_ns as bigint,
    lastNs: row.last_ns as bigint,
    rolledUpTo: row.rolled_up_to as bigint,
  };
}

/** All tables or none: a process killed here leaves an empty file, which the next start fills. */
async function create(writer: DuckDBConnection, initial: PartitionState): Promise<PartitionState> {
  await writer.run(`BEGIN TRANSACTION; ${DDL}`);
  await writer.run(
    'INSERT INTO state VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [
      BigInt(FORMAT),
      0n,
      BigInt(initial.highWater),
      BigInt(Math.trunc(initial.lastReceived)),
      initial.firstNs,
      initial.lastNs,
      0n,
    ],
    [BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT],
  );
  await writer.run('COMMIT');
  return { ...initial, batch: 0n, rolledUpTo: 0n };
}

function countAttempt(mark: string): number {
  try {
    appendFileSync(mark, 'x');
  } catch (error) {
    // On a full disk the file may still be read, which is worth more than the mark.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return fileSize(mark);
}

function fileSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Does the error say that the file itself is damaged, rather than that it cannot be reached just now? */
export function saysCorrupt(error: Error): boolean {
  return /corrupt|not a valid DuckDB|checksum|deserializ|serialization error/i.test(error.message);
}

/** Does the error say that this instance is of no use any more? The file may well be sound: opening it again tells. */
export function saysUnusable(error: Error): boolean {
  return /database has been invalidated|INTERNAL Error|FATAL Error/i.test(error.message);
}

/** Moves a damaged file aside for people to look at. @returns the new names */
export function quarantine(...files: string[]): string[] {
  const moved: string[] = [];
  for (const file of files) {
    if (!statSync(file, { throwIfNoEntry: false })) continue;
    renameSync(file, `${file}.quarantined`);
    moved.push(`${file}.quarantined`);
  }
  return moved;
}
