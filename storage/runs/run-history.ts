import { type Kysely, sql } from 'kysely';
import type { RunResult } from '../../scenarios/run-result.ts';
import type { RunSummary } from '../../scenarios/run-store.ts';
import { type OnBroken, readRows, refuseBroken } from '../broken-rows.ts';
import type { RunSchema } from './run-repository.ts';
import { summaryOfRun, wholeRun } from './stored-run.ts';

/** A run of the past; whole where it did not pass, since of one that passed the summary says enough. */
export interface RecordedRun {
  summary: RunSummary;
  result: RunResult | null;
}

const ROWS_AT_ONCE = 1_000;

/**
 * Runs of every monitor that started in that time, oldest first.
 * @param from RFC 3339 in UTC with milliseconds, included
 * @param to as `from`, excluded
 * @param onBroken hears of runs that cannot be read, which are left out; without it the first of them is an error
 */
export async function* runsBetween(
  db: Kysely<RunSchema>,
  from: string,
  to: string,
  onBroken: OnBroken = refuseBroken,
): AsyncGenerator<RecordedRun> {
  let last = { started_at: from, id: '' };
  for (;;) {
    const rows = await db
      .selectFrom('runs')
      .select(['id', 'started_at', 'summary'])
      .select(sql<string | null>`case when status = 'passed' then null else result end`.as('result'))
      .where('started_at', '<', to)
      // For the index: it finds no beginning in what follows.
      .where('started_at', '>=', last.started_at)
      .where((where) =>
        where.or([
          where('started_at', '>', last.started_at),
          where.and([where('started_at', '=', last.started_at), where('id', '>', last.id)]),
        ]),
      )
      .orderBy('started_at')
      .orderBy('id')
      .limit(ROWS_AT_ONCE)
      .execute();
    yield* readRows(rows, recordedRun, onBroken);
    const end = rows.at(-1);
    if (!end || rows.length < ROWS_AT_ONCE) return;
    last = end;
  }
}

const recordedRun = {
  ...summaryOfRun,
  read: ({ id, summary, result }: { id: string; summary: string; result: string | null }): RecordedRun => ({
    summary: summaryOfRun.read({ id, summary }),
    result: result === null ? null : wholeRun.read({ id, result }),
  }),
};
