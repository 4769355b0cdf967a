import type { Kysely } from 'kysely';
import { insertedUnderParent } from '../database/foreign-keys.ts';
import type { ApiSchema } from '../database/schema.ts';
import { tracedQuery } from '../tracing.ts';
import type { PostRepository } from './post.ts';

const COLUMNS = ['id', 'author_id', 'title', 'body', 'created_at', 'updated_at'] as const;

export function kyselyPosts(db: Kysely<ApiSchema>): PostRepository {
  return {
    add: (post) =>
      tracedQuery('INSERT', 'post', () => insertedUnderParent(() => db.insertInto('post').values(post).execute())),

    byId: (id) =>
      tracedQuery('SELECT', 'post', () =>
        db.selectFrom('post').select(COLUMNS).where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst(),
      ),

    page: (limit, after) =>
      tracedQuery('SELECT', 'post', async () => {
        const rows = await db
          .selectFrom('post')
          .select(['seq', ...COLUMNS])
          .where('deleted_at', 'is', null)
          .$if(after !== undefined, (query) => query.where('seq', '<', after!))
          .orderBy('seq', 'desc')
          // One more than asked tells whether there is a next page.
          .limit(limit + 1)
          .execute();
        const page = rows.slice(0, limit);
        const next = rows.length > limit ? page.at(-1)!.seq : null;
        return { items: page.map(({ seq: _, ...post }) => post), next };
      }),

    update: (id, change) =>
      tracedQuery('UPDATE', 'post', async () => {
        const { numUpdatedRows } = await db
          .updateTable('post')
          .set(change)
          .where('id', '=', id)
          .where('deleted_at', 'is', null)
          .executeTakeFirstOrThrow();
        return numUpdatedRows === 1n;
      }),

    remove: (id, now) =>
      tracedQuery('UPDATE', 'post', async () => {
        const { numUpdatedRows } = await db
          .updateTable('post')
          .set({ deleted_at: now })
          .where('id', '=', id)
          .where('deleted_at', 'is', null)
          .executeTakeFirstOrThrow();
        return numUpdatedRows === 1n;
      }),

    purge: (before) =>
      tracedQuery('DELETE', 'post', async () => {
        const { numDeletedRows } = await db
          .deleteFrom('post')
          .where('deleted_at', '<', before)
          .executeTakeFirstOrThrow();
        return Number(numDeletedRows);
      }),
  };
}
