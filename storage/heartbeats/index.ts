import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { HeartbeatStore } from '../../alerts/inbound/heartbeats.ts';

export interface HeartbeatTable {
  name: string;
  known_since: string;
  last_at: string | null;
  failed: number;
  message: string | null;
}

export interface HeartbeatSchema {
  heartbeats: HeartbeatTable;
}

export const heartbeatMigrations: Record<string, Migration> = {
  '0002-heartbeats': {
    async up(db) {
      await db.schema
        .createTable('heartbeats')
        .addColumn('name', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('known_since', 'varchar(32)', (column) => column.notNull())
        .addColumn('last_at', 'varchar(32)')
        .addColumn('failed', 'integer', (column) => column.notNull())
        .addColumn('message', 'text')
        .execute();
    },
  },
};

export function heartbeatRepository(db: Kysely<HeartbeatSchema>): HeartbeatStore {
  return {
    async load() {
      const rows = await db.selectFrom('heartbeats').selectAll().execute();
      return rows.map((row) => ({ ...row, failed: row.failed !== 0 }));
    },
    save: (states) =>
      db.transaction().execute(async (transaction) => {
        for (const state of states) {
          await transaction.deleteFrom('heartbeats').where('name', '=', state.name).execute();
          await transaction
            .insertInto('heartbeats')
            .values({ ...state, failed: state.failed ? 1 : 0 })
            .execute();
        }
      }),
  };
}
