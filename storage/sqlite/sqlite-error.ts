import { RingdownError } from '../../core/errors.ts';
import type { WireError } from './protocol.ts';

/** Primary result codes, https://www.sqlite.org/rescode.html. The low byte of an extended code is its primary code. */
const PRIMARY_CODES: Record<number, string> = {
  1: 'SQLITE_ERROR',
  2: 'SQLITE_INTERNAL',
  3: 'SQLITE_PERM',
  4: 'SQLITE_ABORT',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  12: 'SQLITE_NOTFOUND',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  17: 'SQLITE_SCHEMA',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  21: 'SQLITE_MISUSE',
  23: 'SQLITE_AUTH',
  25: 'SQLITE_RANGE',
  26: 'SQLITE_NOTADB',
};

/** Extended codes that callers tell apart. */
const CONSTRAINT_CODES: Record<number, string> = {
  275: 'SQLITE_CONSTRAINT_CHECK',
  787: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  1299: 'SQLITE_CONSTRAINT_NOTNULL',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  1811: 'SQLITE_CONSTRAINT_TRIGGER',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
};

const HINTS: Record<string, string> = {
  SQLITE_BUSY: 'another process holds the database; stop it, or give it its own data directory',
  SQLITE_READONLY:
    'the database file or its directory cannot be written; check its owner and mode, and that the disk is not mounted read-only',
  SQLITE_FULL: 'the disk is full; free some space',
  SQLITE_IOERR: 'the disk refused a read or a write; check its health and its free space',
  SQLITE_CANTOPEN: 'the file cannot be opened; check that its directory exists and may be written',
  SQLITE_NOTADB: 'the file is not a SQLite database; move it aside',
  SQLITE_CORRUPT: 'the database is damaged; move it aside and restore a backup',
};

/**
 * An error of the database. `code` is SQLite's own name: the extended one for constraints
 * (`SQLITE_CONSTRAINT_UNIQUE`), else the primary one (`SQLITE_BUSY`).
 */
export class SqliteError extends RingdownError {
  /** SQLite's extended result code; undefined when the error did not come from SQLite. */
  readonly errcode: number | undefined;

  constructor(file: string, wire: WireError) {
    const code = codeName(wire.errcode);
    const hint = HINTS[code];
    super(code, `${wire.message} (${code}, ${file})`, hint === undefined ? {} : { hint });
    this.name = 'SqliteError';
    this.errcode = wire.errcode;
  }
}

function codeName(errcode: number | undefined): string {
  if (errcode === undefined) return 'SQLITE_THREAD';
  return CONSTRAINT_CODES[errcode] ?? PRIMARY_CODES[errcode & 0xff] ?? `SQLITE_${errcode}`;
}

/** A row with the same key, or another value that must be unique, exists already. */
export function isUniqueViolation(error: unknown): boolean {
  return (
    error instanceof SqliteError &&
    (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
  );
}
