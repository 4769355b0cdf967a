import type { Observation } from '../../../alerts/engine/observation.ts';
import { observationOf } from '../../../alerts/simulation/observation-of.ts';
import type { Given } from '../../../alerts/simulation/policy-test.ts';
import type { Recording } from '../../../alerts/simulation/replay.ts';
import type { Scenario } from '../../../scenarios/language/model.ts';
import { type AlertSchema, alertRepository } from '../../../storage/alerts/index.ts';
import { type BrokenRow, type OnBroken, readRows } from '../../../storage/broken-rows.ts';
import { type RecordedRun, runsBetween } from '../../../storage/runs/run-history.ts';
import type { RunSchema } from '../../../storage/runs/run-repository.ts';
import { openSqlite } from '../../../storage/sqlite/index.ts';
import { toObservation } from '../../watcher/observation.ts';
import { scenarioFacts } from './scenario-facts.ts';

export interface RecordedHistory extends Omit<Recording, 'answers'> {
  /** Rows that cannot be read, and are left out. */
  unreadable: BrokenRow[];
  runs: number;
  monitors: number;
  answers: number;
}

const INCIDENTS_AT_ONCE = 200;

/**
 * Reads what the watcher's database has of a time: runs of every monitor, and when people acknowledged or resolved. Nothing
 * is written, so that a watcher may go on meanwhile.
 * @param from wall-clock milliseconds, included
 * @param to wall-clock milliseconds, excluded
 * @param lookBackMs runs of so long before are read as well, at times below 0: windows of rules reach back to them
 * @param scenarios what they say now: tags of runs that passed, policies, dependencies
 */
export async function readRecording(
  file: string,
  { from, to, lookBackMs }: { from: number; to: number; lookBackMs: number },
  scenarios: readonly Scenario[],
): Promise<RecordedHistory> {
  const { db, close } = await openSqlite<RunSchema & AlertSchema>({ file });
  const unreadable: BrokenRow[] = [];
  const onBroken: OnBroken = (row) => unreadable.push(row);
  try {
    const found = runsBetween(db.$pickTables<'runs'>(), iso(from - lookBackMs), iso(to), onBroken);
    const played = await readRuns(found, from, scenarios, onBroken);
    const runs = played.filter(({ at_ms }) => at_ms >= 0);
    const answers = await readAnswers(alertRepository(db.$pickTables<keyof AlertSchema>(), onBroken), from, to);
    return {
      start: from,
      end: to,
      unreadable,
      given: [...played, ...answers].sort((a, b) => a.at_ms - b.at_ms),
      runs: runs.length,
      monitors: new Set(runs.map(({ monitor }) => monitor)).size,
      answers: answers.length,
    };
  } finally {
    await close();
  }
}

type RecordedGiven = Extract<Given, { kind: 'recorded' }>;

async function readRuns(
  runs: AsyncIterable<RecordedRun>,
  from: number,
  scenarios: readonly Scenario[],
  onBroken: OnBroken,
): Promise<RecordedGiven[]> {
  const facts = scenarioFacts(scenarios);
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const found: RecordedGiven[] = [];
  let number = 0;
  for await (const { summary, result } of runs) {
    const { monitor, status, degraded, attempts } = summary;
    const ended = Date.parse(summary.started_at) + summary.duration_ms;
    const count = ++number;
    const known = facts(monitor);
    const observe = (): Observation => {
      if (!result) {
        const passed = { monitor, status, degraded, attempts, watcher_fault: null, failure: null };
        return observationOf(passed, known, { now: ended, number: count });
      }
      // A scenario that is gone, or was changed since, says nothing of then: the run's own tags do.
      const scenario = byId.get(result.scenario) ?? { alert: null, quarantine: null };
      const dependsOn = known?.depends_on ?? [];
      return toObservation(result, scenario, { publicUrl: '', deployment: null, dependsOn });
    };
    const passed = status === 'passed' && !degraded;
    // Of a run that failed it is made now: one that makes no sense must not end the replay half-way.
    const row = { table: 'runs', key: () => summary.id, read: observe };
    const made = result === null ? [] : readRows([result], row, onBroken);
    if (result !== null && made.length === 0) continue;
    const observation = () => made[0] ?? observe();
    found.push({ at_ms: ended - from, kind: 'recorded', monitor, passed, observation });
  }
  return found;
}

async function readAnswers(
  store: Pick<ReturnType<typeof alertRepository>, 'list' | 'find'>,
  from: number,
  to: number,
): Promise<Given[]> {
  const found: Given[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ limit: INCIDENTS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { id, triggered_at, resolved_at } of page.items) {
      const over = resolved_at !== null && Date.parse(resolved_at) < from;
      if (over || Date.parse(triggered_at) >= to) continue;
      const history = await store.find(id);
      for (const { at, kind, actor } of history?.timeline ?? []) {
        const at_ms = Date.parse(at) - from;
        const action = kind === 'acknowledged' ? 'acknowledge' : kind === 'resolved' ? 'resolve' : null;
        if (action === null || actor === null || at_ms < 0 || at_ms >= to - from) continue;
        const monitor = history!.incident.monitors[0] ?? null;
        found.push({ at_ms, kind: 'answer', action, by: actor, via: 'web', monitor, if_open: true });
      }
    }
    // Newest first: what was triggered a month before and is still open is not looked for.
    const oldest = page.items.at(-1);
    cursor =
      oldest && Date.parse(oldest.triggered_at) >= from - 30 * 86_400_000 ? (page.next_cursor ?? undefined) : undefined;
  } while (cursor !== undefined);
  return found;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
