import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { OverrideStore, StoredOverride } from '../../alerts/on-call/override-store.ts';
import { type OnBroken, readRows, refuseBroken } from '../broken-rows.ts';

export interface OverrideTable {
  id: string;
  schedule: string;
  /** Keys of users as JSON. */
  users: string;
  starts_at: string;
  ends_at: string;
  created_by: string;
  created_at: string;
}

export interface OnCallSchema {
  on_call_overrides: OverrideTable;
}

export const onCallMigrations: Record<string, Migration> = {
  '0004-on-call': {
    async up(db) {
      await db.schema
        .createTable('on_call_overrides')
        .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
        .addColumn('schedule', 'varchar(64)', (column) => column.notNull())
        .addColumn('users', 'text', (column) => column.notNull())
        .addColumn('starts_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('ends_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('created_by', 'varchar(255)', (column) => column.notNull())
        .addColumn('created_at', 'varchar(32)', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('on_call_overrides_by_end').on('on_call_overrides').column('ends_at').execute();
    },
  },
};

/** @param onBroken hears of overrides that cannot be read, which are left out; without it the first of them is an error */
export function overrideRepository(db: Kysely<OnCallSchema>, onBroken: OnBroken = refuseBroken): OverrideStore {
  return {
    async list(endingAfter) {
      const rows = await db
        .selectFrom('on_call_overrides')
        .selectAll()
        .where('ends_at', '>', endingAfter)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return readRows(rows, stored, onBroken);
    },

    async put(override) {
      const row: OverrideTable = { ...override, users: JSON.stringify(override.users) };
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('on_call_overrides').where('id', '=', row.id).execute();
        await transaction.insertInto('on_call_overrides').values(row).execute();
      });
    },

    async remove(id) {
      await db.deleteFrom('on_call_overrides').where('id', '=', id).execute();
    },

    // People made each of them by hand: there are never many.
    async prune(endedBefore) {
      const gone = await db.deleteFrom('on_call_overrides').where('ends_at', '<', endedBefore).executeTakeFirst();
      return Number(gone.numDeletedRows);
    },
  };
}

const stored = {
  table: 'on_call_overrides',
  key: ({ id }: OverrideTable) => id,
  read(row: OverrideTable): StoredOverride {
    const users: unknown = JSON.parse(row.users);
    if (!Array.isArray(users)) throw new Error('its users are no list');
    return { ...row, users };
  },
};
