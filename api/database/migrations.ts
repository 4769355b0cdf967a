import type { Migration } from 'kysely/migration';

/** In the order of their names. What has been released is never edited. */
export const migrations: Record<string, Migration> = {
  '001_accounts_sessions_posts': {
    async up(db) {
      await db.schema
        .createTable('account')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('email', 'text', (column) => column.notNull().unique())
        .addColumn('password_hash', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('session')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) => column.notNull().references('account.id').onDelete('cascade'))
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('expires_at', 'integer', (column) => column.notNull())
        .addColumn('revoked_at', 'integer')
        .execute();
      await db.schema.createIndex('session_account').on('session').column('account_id').execute();
      await db.schema.createIndex('session_expiry').on('session').column('expires_at').execute();
      await db.schema
        .createTable('refresh_token')
        .addColumn('token_hash', 'text', (column) => column.primaryKey())
        .addColumn('session_id', 'text', (column) => column.notNull().references('session.id').onDelete('cascade'))
        .addColumn('used_at', 'integer')
        .execute();
      await db.schema.createIndex('refresh_token_session').on('refresh_token').column('session_id').execute();
      await db.schema
        .createTable('post')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('id', 'text', (column) => column.notNull().unique())
        .addColumn('author_id', 'text', (column) => column.notNull().references('account.id').onDelete('cascade'))
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('updated_at', 'integer', (column) => column.notNull())
        .addColumn('deleted_at', 'integer')
        .execute();
      await db.schema.createIndex('post_author').on('post').column('author_id').execute();
      await db.schema
        .createIndex('post_deleted')
        .on('post')
        .column('deleted_at')
        .where('deleted_at', 'is not', null)
        .execute();
    },
  },
};
