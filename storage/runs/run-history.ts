import { type Kysely, sql } from 'kysely';
import type { RunResult } from '../../scenarios/run-result.ts';
import { type RunSummary, restoreRun } from '../../scenarios/run-store.ts';
import type { RunSchema } from './run-repository.ts';

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
 */
export async function* runsBetween(db: Kysely<RunSchema>, from: string, to: string): AsyncGenerator<RecordedRun> {
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
    for (const { summary, result } of rows) {
      yield { summary: JSON.parse(summary) as RunSummary, result: result === null ? null : restoreRun(result) };
    }
    const end = rows.at(-1);
    if (!end || rows.length < ROWS_AT_ONCE) return;
    last = end;
  }
}
