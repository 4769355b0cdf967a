import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { RunStatus } from '../../scenarios/run-result.ts';
import { type RunStore, summarize } from '../../scenarios/run-store.ts';
import { type OnBroken, readRows, refuseBroken } from '../broken-rows.ts';
import { summaryOfRun, wholeRun } from './stored-run.ts';

export interface RunTable {
  id: string;
  monitor: string;
  status: RunStatus;
  started_at: string;
  /** RunSummary as JSON. */
  summary: string;
  /** RunResult as JSON. */
  result: string;
}

export interface RunSchema {
  runs: RunTable;
}

export const runMigrations: Record<string, Migration> = {
  '0001-runs': {
    async up(db) {
      await db.schema
        .createTable('runs')
        .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
        .addColumn('monitor', 'varchar(255)', (column) => column.notNull())
        .addColumn('status', 'varchar(16)', (column) => column.notNull())
        .addColumn('started_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('summary', 'text', (column) => column.notNull())
        .addColumn('result', 'text', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('runs_by_monitor').on('runs').columns(['monitor', 'started_at', 'id']).execute();
      await db.schema.createIndex('runs_by_time').on('runs').column('started_at').execute();
    },
  },
};

/** SQLite takes some 32,000 values in a query. */
const MONITORS_A_QUERY = 1_000;
/** Runs deleted in one statement: whoever writes waits behind it. */
const PRUNED_AT_ONCE = 200;

// RFC 3339 in UTC with milliseconds sorts as text, and a UUIDv7 breaks ties in order of creation.
const CURSOR = /^([^|]+)\|([^|]+)$/;

/** @param onBroken hears of runs that cannot be read, which are left out; without it the first of them is an error */
export function runRepository(db: Kysely<RunSchema>, onBroken: OnBroken = refuseBroken): RunStore {
  const newestFirst = (monitor: string) =>
    db.selectFrom('runs').where('monitor', '=', monitor).orderBy('started_at', 'desc').orderBy('id', 'desc');

  const oldestFirst = (monitor: string, after: { started_at: string; id: string } | undefined) => {
    const all = db.selectFrom('runs').select(['id', 'started_at']).where('monitor', '=', monitor);
    const rest = after
      ? all
          .where('started_at', '>=', after.started_at)
          .where((where) =>
            where.or([
              where('started_at', '>', after.started_at),
              where.and([where('started_at', '=', after.started_at), where('id', '>', after.id)]),
            ]),
          )
      : all;
    return rest.orderBy('started_at').orderBy('id');
  };

  return {
    async save(run) {
      await db
        .insertInto('runs')
        .values({
          id: run.id,
          monitor: run.monitor,
          status: run.status,
          started_at: run.started_at,
          summary: JSON.stringify(summarize(run)),
          result: JSON.stringify(run),
        })
        .execute();
    },

    async find(id) {
      const row = await db.selectFrom('runs').select(['id', 'result']).where('id', '=', id).executeTakeFirst();
      return row ? (readRows([row], wholeRun, refuseBroken)[0] ?? null) : null;
    },

    async list(monitor, { limit, cursor, status }) {
      let query = newestFirst(monitor)
        .select(['id', 'started_at', 'summary'])
        .limit(limit + 1);
      if (status) query = query.where('status', '=', status);
      const [, startedAt, id] = CURSOR.exec(cursor ?? '') ?? [];
      if (startedAt && id) {
        query = query.where((where) =>
          where.or([
            where('started_at', '<', startedAt),
            where.and([where('started_at', '=', startedAt), where('id', '<', id)]),
          ]),
        );
      }
      const rows = await query.execute();
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        items: readRows(rows.slice(0, limit), summaryOfRun, onBroken),
        next_cursor: last ? `${last.started_at}|${last.id}` : null,
      };
    },

    async passingBefore(monitor, before, limit) {
      const rows = await newestFirst(monitor)
        .select(['id', 'result'])
        .where('status', '=', 'passed')
        .where('started_at', '<', before)
        .limit(limit)
        .execute();
      return readRows(rows, wholeRun, onBroken);
    },

    async uptime(monitor, since) {
      const row = await db
        .selectFrom('runs')
        .select((select) => [
          select.fn.countAll<number>().as('total'),
          select.fn.sum<number>(sql`case when status = 'passed' then 1 else 0 end`).as('passed'),
          select.fn
            .sum<number>(sql`case when status = 'passed' and json_extract(summary, '$.attempts') > 1 then 1 else 0 end`)
            .as('flaky'),
        ])
        .where('monitor', '=', monitor)
        .where('started_at', '>=', since)
        .where('status', '!=', 'skipped')
        .executeTakeFirstOrThrow();
      return { total: Number(row.total), passed: Number(row.passed ?? 0), flaky: Number(row.flaky ?? 0) };
    },

    async tally(monitors, from, to) {
      const found = { passed: 0, failed: 0 };
      for (let start = 0; start < monitors.length; start += MONITORS_A_QUERY) {
        const rows = await db
          .selectFrom('runs')
          .select((select) => ['status', select.fn.countAll<number>().as('runs')])
          .where('monitor', 'in', monitors.slice(start, start + MONITORS_A_QUERY))
          .where('started_at', '>=', from)
          .where('started_at', '<', to)
          .where('status', '!=', 'skipped')
          .where(sql<boolean>`json_extract(summary, '$.watcher_fault') is null`)
          .groupBy('status')
          .execute();
        for (const { status, runs } of rows) found[status === 'passed' ? 'passed' : 'failed'] += Number(runs);
      }
      return found;
    },

    async prune(before, keep, needed) {
      const monitors = await db.selectFrom('runs').select('monitor').distinct().execute();
      let removed = 0;
      for (const { monitor } of monitors) {
        const oldestKept = await newestFirst(monitor)
          .select('started_at')
          .offset(keep - 1)
          .limit(1)
          .executeTakeFirst();
        if (!oldestKept) continue;
        for (let last: { started_at: string; id: string } | undefined; ; ) {
          const rows = await oldestFirst(monitor, last)
            .where('started_at', '<', before)
            .where('started_at', '<', oldestKept.started_at)
            .limit(PRUNED_AT_ONCE)
            .execute();
          const stay = await needed(rows.map(({ id }) => id));
          const gone = rows.flatMap(({ id }) => (stay.has(id) ? [] : [id]));
          if (gone.length > 0) await db.deleteFrom('runs').where('id', 'in', gone).execute();
          removed += gone.length;
          last = rows.at(-1);
          if (!last || rows.length < PRUNED_AT_ONCE) break;
        }
      }
      return removed;
    },
  };
}
