import { existsSync, renameSync } from 'node:fs';
import { types } from 'node:util';
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import type { OnBroken } from '../../storage/broken-rows.ts';
import { openState } from '../../storage/state.ts';
import { LateState } from './late-state.ts';

export type State = Awaited<ReturnType<typeof openState>>;

const DAMAGED = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);
/** Broken rows that the log names. */
const MOST_TOLD = 1_000;
/**
 * A foreign lock, a disk that is full, failing or read-only, a file that is not ours: these go away by themselves or by a
 * person's hand, while the watcher runs.
 */
const PASSING = new Set([
  ...['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_FULL', 'SQLITE_IOERR'],
  ...['SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM'],
  // Of the file system, where a damaged one is to be moved aside; and of whoever takes the directory.
  ...['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT', 'EIO', 'ENOTDIR'],
  ...['DATA_DIRECTORY', 'ALREADY_RUNNING'],
]);

/**
 * Opens the watcher's database. A watcher that does not start pages nobody, so: a damaged one is moved aside and a new
 * one begun, since what was failing is found out within one interval; one that cannot be opened for now is opened later,
 * and until then whatever is asked of it rejects.
 * @param take makes its directory this watcher's, before each attempt; rejects with `DATA_DIRECTORY` or
 * `ALREADY_RUNNING` while it cannot
 * @param onDamaged hears where the damaged one was moved
 * @throws RingdownError `MIGRATION_FAILED`; SqliteError where nothing that may pass keeps it from being opened
 */
export async function openStateFile(
  file: string,
  log: Logger,
  clock: Clock,
  take: () => Promise<unknown>,
  onDamaged: (keptAs: string) => void,
): Promise<State> {
  const open = async () => {
    await take();
    return openOrReplace(file, log, clock, onDamaged);
  };
  try {
    return await open();
  } catch (error) {
    if (!speaksOf(PASSING, error)) throw error;
    log.error({ err: error }, 'the state database cannot be opened for now; watching without it');
    return new LateState(toError(error), open, clock);
  }
}

async function openOrReplace(
  file: string,
  log: Logger,
  clock: Clock,
  onDamaged: (keptAs: string) => void,
): Promise<State> {
  const onBroken = tellOnce(log);
  try {
    return await openState(file, onBroken);
  } catch (error) {
    if (!speaksOf(DAMAGED, error)) throw error;
    const aside = `${file}.quarantined-${clock.now()}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
    }
    log.error({ err: error, kept_as: aside }, 'the state database is damaged; it was moved aside and a new one begun');
    onDamaged(aside);
    return openState(file, onBroken);
  }
}

/** Each row once: lists are asked for again and again. */
function tellOnce(log: Logger): OnBroken {
  const told = new Set<string>();
  return ({ table, key, problem }) => {
    const row = `${table} ${key}`;
    if (told.has(row) || told.size === MOST_TOLD) return;
    told.add(row);
    log.error({ table, key, reason: problem }, 'a row of the state database cannot be read and is left out');
  };
}

/** A migration that met one of them says so in its cause. */
function speaksOf(codes: ReadonlySet<string>, error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  return codes.has((error as { code?: string }).code ?? '') || speaksOf(codes, error.cause);
}
