import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { RingdownError } from '../../core/errors.ts';

/**
 * Brings the schema up to date. Migrations run in the order of their names, all in one transaction:
 * when one fails, none of this call has happened.
 * @param owner where several owners keep their tables in one file, the name that keeps their histories apart
 * @throws RingdownError `MIGRATION_FAILED`, also when the database has seen migrations that this version does not know
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
  owner?: string,
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    ...(owner === undefined
      ? {}
      : { migrationTableName: `${owner}_migration`, migrationLockTableName: `${owner}_migration_lock` }),
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error');
  const reason = error instanceof Error ? error.message : String(error);
  throw new RingdownError(
    'MIGRATION_FAILED',
    `the database schema cannot be brought up to date${failed ? ` (${failed.migrationName})` : ''}: ${reason}`,
    { cause: error, hint: 'was this data directory last used by a newer version?' },
  );
}

export type { Migration } from 'kysely/migration';
