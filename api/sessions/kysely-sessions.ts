import type { Kysely } from 'kysely';
import { insertedUnderParent } from '../database/foreign-keys.ts';
import type { ApiSchema } from '../database/schema.ts';
import { tracedQuery } from '../tracing.ts';
import type { Rotation, Session, SessionRepository } from './session.ts';

export function kyselySessions(db: Kysely<ApiSchema>): SessionRepository {
  return {
    add: (session, refreshTokenHash) =>
      tracedQuery('INSERT', 'session', () =>
        insertedUnderParent(() =>
          db.transaction().execute(async (trx) => {
            await trx.insertInto('session').values(session).execute();
            await addToken(trx, session.id, refreshTokenHash);
          }),
        ),
      ),

    active: (id, now) =>
      tracedQuery('SELECT', 'session', () =>
        db
          .selectFrom('session')
          .select(['id', 'account_id', 'created_at', 'expires_at'])
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .where('expires_at', '>', now)
          .executeTakeFirst(),
      ),

    rotate: (spentHash, nextHash, now) =>
      tracedQuery('UPDATE', 'refresh_token', () =>
        db.transaction().execute((trx) => rotate(trx, spentHash, nextHash, now)),
      ),

    revoke: (id, now) => tracedQuery('UPDATE', 'session', () => revoke(db, id, now)),

    purge: (before) =>
      tracedQuery('DELETE', 'session', async () => {
        const { numDeletedRows } = await db
          .deleteFrom('session')
          .where((where) => where.or([where('expires_at', '<', before), where('revoked_at', '<', before)]))
          .executeTakeFirstOrThrow();
        return Number(numDeletedRows);
      }),
  };
}

async function rotate(trx: Kysely<ApiSchema>, spentHash: string, nextHash: string, now: number): Promise<Rotation> {
  const found = await trx
    .selectFrom('refresh_token')
    .innerJoin('session', 'session.id', 'refresh_token.session_id')
    .select(['session.id', 'account_id', 'created_at', 'expires_at', 'revoked_at', 'used_at'])
    .where('token_hash', '=', spentHash)
    .executeTakeFirst();
  if (!found || found.revoked_at !== null || found.expires_at <= now) return { outcome: 'refused' };
  const { revoked_at: _, used_at, ...session } = found;
  if (used_at !== null) {
    await revoke(trx, session.id, now);
    return { outcome: 'reused', session };
  }
  await trx.updateTable('refresh_token').set({ used_at: now }).where('token_hash', '=', spentHash).execute();
  await addToken(trx, session.id, nextHash);
  return { outcome: 'rotated', session };
}

async function revoke(db: Kysely<ApiSchema>, id: Session['id'], now: number): Promise<void> {
  await db
    .updateTable('session')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
}

async function addToken(db: Kysely<ApiSchema>, sessionId: string, hash: string): Promise<void> {
  await db.insertInto('refresh_token').values({ token_hash: hash, session_id: sessionId }).execute();
}
