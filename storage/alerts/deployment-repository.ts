import type { Kysely } from 'kysely';
import type { DeploymentStore } from '../../alerts/alert-store.ts';
import { pageOf, readCursor } from './newest-first.ts';
import type { AlertSchema } from './schema.ts';

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
  };
}
