import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../core/clock.ts';
import { RingdownError } from '../../core/errors.ts';

const RETRY_MS = 100;

/**
 * Holds a folder for this process alone. An empty database is the lock, because the operating system lets go of a
 * database's lock when its process dies, however it dies, on every platform.
 * @param waitMs how long a predecessor may take to end
 * @returns what lets go of it
 * @throws RingdownError `DATA_DIR_IN_USE`
 */
export async function lockFolder(folder: string, clock: Clock, waitMs: number): Promise<() => void> {
  const path = join(folder, 'lock.db');
  for (const end = clock.monotonic() + waitMs; ; await clock.timer(RETRY_MS)) {
    const database = new DatabaseSync(path);
    try {
      database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      database.close();
      if (!/locked|busy/i.test((error as Error).message)) throw error;
      if (clock.monotonic() >= end) {
        throw new RingdownError('DATA_DIR_IN_USE', `another relay is using ${folder}`, {
          hint: 'end it, or give this one another --data-dir',
          exitCode: 2,
        });
      }
    }
  }
}
