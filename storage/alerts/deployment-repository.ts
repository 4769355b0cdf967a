import { type Kysely, sql } from 'kysely';
import type { DeploymentStore } from '../../alerts/alert-store.ts';
import { deleteInParts } from '../delete-in-parts.ts';
import { pageOf, readCursor } from './newest-first.ts';
import type { AlertSchema } from './schema.ts';

/** Rows of one transaction. */
const ROWS_AT_ONCE = 500;

export function deploymentRepository(db: Kysely<AlertSchema>): DeploymentStore {
  const newestFirst = () =>
    db.selectFrom('deployments').selectAll().orderBy('deployed_at', 'desc').orderBy('id', 'desc');
  return {
    add: (deployment) =>
      db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('deployments').where('id', '=', deployment.id).execute();
        // Times are compared as text, so they are kept in one form.
        const deployed_at = new Date(deployment.deployed_at).toISOString();
        await transaction
          .insertInto('deployments')
          .values({ ...deployment, deployed_at })
          .execute();
      }),

    async latest(service, environment) {
      let query = newestFirst().where('service', '=', service).limit(1);
      if (environment !== null) {
        query = query.where((where) =>
          where.or([where('environment', '=', environment), where('environment', 'is', null)]),
        );
      }
      return (await query.executeTakeFirst()) ?? null;
    },

    async list({ service, limit, cursor }) {
      let query = newestFirst().limit(limit + 1);
      if (service !== undefined) query = query.where('service', '=', service);
      const mark = readCursor(cursor);
      if (mark) {
        query = query.where((where) =>
          where.or([
            where('deployed_at', '<', mark.at),
            where.and([where('deployed_at', '=', mark.at), where('id', '<', mark.id)]),
          ]),
        );
      }
      const rows = await query.execute();
      return pageOf(
        rows,
        limit,
        (row) => ({ at: row.deployed_at, id: row.id }),
        (row) => row,
      );
    },

    async prune(before, abort) {
      const { removed } = await deleteInParts(abort, {
        atOnce: ROWS_AT_ONCE,
        find: (limit) =>
          db
            .selectFrom('deployments as old')
            .select('old.id')
            .where('old.deployed_at', '<', before)
            .where(({ exists, selectFrom }) =>
              exists(
                selectFrom('deployments as newer')
                  .select('newer.id')
                  .whereRef('newer.service', '=', 'old.service')
                  .whereRef(sql`coalesce(newer.environment, '')`, '=', sql`coalesce(old.environment, '')`)
                  .whereRef('newer.deployed_at', '>', 'old.deployed_at'),
              ),
            )
            .limit(limit)
            .execute(),
        remove: (rows) => {
          const ids = rows.map(({ id }) => id);
          return db.deleteFrom('deployments').where('id', 'in', ids).execute();
        },
      });
      return removed;
    },
  };
}
