import type { Kysely } from 'kysely';
import type { ApiSchema } from '../database/schema.ts';
import { tracedQuery } from '../tracing.ts';
import type { AccountRepository } from './account.ts';

export function kyselyAccounts(db: Kysely<ApiSchema>): AccountRepository {
  return {
    add: (account) =>
      tracedQuery('INSERT', 'account', async () => {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('account')
          .values(account)
          .onConflict((conflict) => conflict.column('email').doNothing())
          .executeTakeFirstOrThrow();
        return numInsertedOrUpdatedRows === 1n;
      }),

    byId: (id) =>
      tracedQuery('SELECT', 'account', () =>
        db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst(),
      ),

    byEmail: (email) =>
      tracedQuery('SELECT', 'account', () =>
        db.selectFrom('account').selectAll().where('email', '=', email).executeTakeFirst(),
      ),

    setPasswordHash: (id, passwordHash) =>
      tracedQuery('UPDATE', 'account', async () => {
        await db.updateTable('account').set({ password_hash: passwordHash }).where('id', '=', id).execute();
      }),

    // Posts, sessions and refresh tokens go by their foreign keys (on delete cascade), in the same statement.
    remove: (id) =>
      tracedQuery('DELETE', 'account', async () => {
        await db.deleteFrom('account').where('id', '=', id).execute();
      }),
  };
}
