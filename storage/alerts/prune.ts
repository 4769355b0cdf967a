import type { Kysely } from 'kysely';
import { deleteInParts } from '../delete-in-parts.ts';
import type { AlertSchema } from './schema.ts';

/** Incidents looked at in one go. */
const INCIDENTS_AT_ONCE = 50;
/** Rows of one transaction. */
const ROWS_AT_ONCE = 500;

/** See the port. What belongs to an incident goes before it, so that one that was left half-way is found again. */
export async function pruneIncidents(db: Kysely<AlertSchema>, before: string, abort: AbortSignal): Promise<number> {
  let removed = 0;
  while (!abort.aborted) {
    const over = await ended(db, before);
    if (over.length > 0) {
      if (!(await deleteParts(db, over, abort))) break;
      const gone = await db.deleteFrom('incidents').where('id', 'in', over).executeTakeFirst();
      removed += Number(gone.numDeletedRows);
    }
    if (over.length < INCIDENTS_AT_ONCE) break;
  }
  return removed;
}

/** An incident never opens again, and nothing is asked to be told of one that is over and told. */
async function ended(db: Kysely<AlertSchema>, before: string): Promise<string[]> {
  const rows = await db
    .selectFrom('incidents')
    .select('id')
    .where('resolved_at', '<', before)
    .where('state', '=', 'resolved')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('deliveries')
            .select('delivery_id')
            .whereRef('deliveries.incident_id', '=', 'incidents.id')
            .where('status', '=', 'pending'),
        ),
      ),
    )
    .orderBy('resolved_at')
    .limit(INCIDENTS_AT_ONCE)
    .execute();
  return rows.map(({ id }) => id);
}

/** @returns false when it was told to stop */
async function deleteParts(db: Kysely<AlertSchema>, incidents: string[], abort: AbortSignal): Promise<boolean> {
  const events = await deleteInParts(abort, {
    atOnce: ROWS_AT_ONCE,
    find: (limit) =>
      db.selectFrom('incident_events').select('id').where('incident_id', 'in', incidents).limit(limit).execute(),
    remove: (rows) => {
      const ids = rows.map(({ id }) => id);
      return db.deleteFrom('incident_events').where('id', 'in', ids).execute();
    },
  });
  const deliveries = await deleteInParts(abort, {
    atOnce: ROWS_AT_ONCE,
    find: (limit) =>
      db.selectFrom('deliveries').select('delivery_id').where('incident_id', 'in', incidents).limit(limit).execute(),
    remove: (rows) => {
      const ids = rows.map(({ delivery_id }) => delivery_id);
      return db.deleteFrom('deliveries').where('delivery_id', 'in', ids).execute();
    },
  });
  const members = await deleteInParts(abort, {
    atOnce: ROWS_AT_ONCE,
    find: (limit) =>
      db
        .selectFrom('incident_monitors')
        .select(['incident_id', 'monitor'])
        .where('incident_id', 'in', incidents)
        .limit(limit)
        .execute(),
    remove: (rows) =>
      db.transaction().execute(async (transaction) => {
        for (const [id, own] of Map.groupBy(rows, ({ incident_id }) => incident_id)) {
          const monitors = own.map(({ monitor }) => monitor);
          await transaction
            .deleteFrom('incident_monitors')
            .where('incident_id', '=', id)
            .where('monitor', 'in', monitors)
            .execute();
        }
      }),
  });
  const words = await deleteInParts(abort, {
    // Each has 200 words at most.
    atOnce: 5,
    find: (limit) =>
      db
        .selectFrom('incident_words')
        .select('incident_id')
        .distinct()
        .where('incident_id', 'in', incidents)
        .limit(limit)
        .execute(),
    remove: (rows) => {
      const ids = rows.map(({ incident_id }) => incident_id);
      return db.deleteFrom('incident_words').where('incident_id', 'in', ids).execute();
    },
  });
  return [events, deliveries, members, words].every(({ done }) => done);
}

/** See the port. */
export async function evidenceRuns(db: Kysely<AlertSchema>, runs: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let from = 0; from < runs.length; from += ROWS_AT_ONCE) {
    const ids = runs.slice(from, from + ROWS_AT_ONCE);
    const first = await db.selectFrom('incidents').select('first_run as run').where('first_run', 'in', ids).execute();
    const cause = await db.selectFrom('incidents').select('cause_run as run').where('cause_run', 'in', ids).execute();
    for (const { run } of [...first, ...cause]) if (run !== null) found.add(run);
  }
  return found;
}
