import { existsSync, renameSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import type { OnBroken } from '../../storage/broken-rows.ts';
import { SqliteError } from '../../storage/sqlite/index.ts';
import { openState } from '../../storage/state.ts';
import { LateState } from './late-state.ts';

export type State = Awaited<ReturnType<typeof openState>>;

const DAMAGED = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);
/** Broken rows that the log names. */
const MOST_TOLD = 1_000;
/** A foreign lock, a full or failing disk: these go away by themselves or by a person's hand, while the watcher runs. */
const PASSING = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_FULL', 'SQLITE_IOERR']);

/**
 * Opens the watcher's database. A watcher that does not start pages nobody, so: a damaged one is moved aside and a new
 * one begun, since what was failing is found out within one interval; one that cannot be opened for now is opened later,
 * and until then whatever is asked of it rejects.
 * @param onDamaged hears where the damaged one was moved
 * @throws SqliteError when it can never be opened as things are; RingdownError `MIGRATION_FAILED`
 */
export async function openStateFile(
  file: string,
  log: Logger,
  clock: Clock,
  onDamaged: (keptAs: string) => void,
): Promise<State> {
  const open = () => openOrReplace(file, log, clock, onDamaged);
  try {
    return await open();
  } catch (error) {
    if (!PASSING.has(sqliteCode(error) ?? '')) throw error;
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
    if (!DAMAGED.has(sqliteCode(error) ?? '')) throw error;
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

/** A migration that met it says so in its cause. */
function sqliteCode(error: unknown): string | undefined {
  if (error instanceof SqliteError) return error.code;
  return error instanceof Error && error.cause !== undefined ? sqliteCode(error.cause) : undefined;
}
