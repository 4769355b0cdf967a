import { existsSync, renameSync } from 'node:fs';
import type { Logger } from 'pino';
import { SqliteError } from '../../storage/sqlite/index.ts';
import { openState } from '../../storage/state.ts';

export type State = Awaited<ReturnType<typeof openState>>;

const DAMAGED = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

/**
 * Opens the watcher's database. A damaged one is moved aside and a new one begun: a watcher that does not start pages
 * nobody, and what was failing is found out within one interval.
 */
export async function openStateFile(file: string, log: Logger, now: () => number): Promise<State> {
  try {
    return await openState(file);
  } catch (error) {
    if (!(error instanceof SqliteError) || !DAMAGED.has(error.code)) throw error;
    const aside = `${file}.quarantined-${now()}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
    }
    log.error({ err: error, kept_as: aside }, 'the state database is damaged; it was moved aside and a new one begun');
    return openState(file);
  }
}
