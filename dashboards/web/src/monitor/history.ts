import type { FlakeCount, Monitor, RunSummary } from '../../../../control/resources.ts';
import { percentWords, plural } from '../time/words.ts';

export type RunKind = 'passed' | 'degraded' | 'failed' | 'error' | 'skipped';

/** Status and the degraded flag as one word. */
export function kindOf(run: Pick<RunSummary, 'status' | 'degraded'>): RunKind {
  return run.status === 'passed' && run.degraded ? 'degraded' : run.status;
}

/** As `kindOf`, telling a run that passed only at a later attempt from one with a warning. */
export type HistoryKind = RunKind | 'flaky';

export function historyKindOf(run: Pick<RunSummary, 'status' | 'degraded' | 'attempts'>): HistoryKind {
  return run.status === 'passed' && run.attempts > 1 ? 'flaky' : kindOf(run);
}

const KIND_WORDS: [HistoryKind, string][] = [
  ['passed', 'passed'],
  ['flaky', 'flaky'],
  ['degraded', 'degraded'],
  ['failed', 'failed'],
  ['error', 'without answer'],
  ['skipped', 'skipped'],
];

/** What a history strip shows, in words: `last 40 runs: 37 passed, 3 failed`. */
export function historyWords(runs: Pick<RunSummary, 'status' | 'degraded' | 'attempts'>[]): string {
  if (runs.length === 0) return 'no runs yet';
  const counts = Map.groupBy(runs, historyKindOf);
  const parts = KIND_WORDS.filter(([kind]) => counts.has(kind)).map(
    ([kind, word]) => `${counts.get(kind)!.length} ${word}`,
  );
  return `last ${plural(runs.length, 'run')}: ${parts.join(', ')}`;
}

/** Share of runs that passed only at a later attempt, 0 to 1; null without runs. */
export function flakeRate({ flaky, runs }: FlakeCount): number | null {
  return runs === 0 ? null : flaky / runs;
}

/** `3 of the last 62 runs (4.8 %), 1.2 % of 20,160 in 7 days, 1.05 attempts a run`. */
export function flakeWords({ flakiness, recent_runs }: Pick<Monitor, 'flakiness' | 'recent_runs'>): string {
  const { last_100_runs: recent, last_7d: week } = flakiness;
  const rate = flakeRate(recent);
  if (rate === null) return 'no runs yet';
  const parts = [`${recent.flaky} of the last ${plural(recent.runs, 'run')} (${percentWords(rate)})`];
  const weekly = week && flakeRate(week);
  if (week && weekly !== null) parts.push(`${percentWords(weekly)} of ${week.runs.toLocaleString('en')} in 7 days`);
  const attempts = recent_runs.filter(({ status }) => status !== 'skipped').map((run) => run.attempts);
  const mean = attempts.reduce((sum, count) => sum + count, 0) / attempts.length;
  if (mean > 1) parts.push(`${mean.toFixed(2)} attempts a run`);
  return parts.join(', ');
}

export interface LatencyStats {
  runs: number;
  passed: number;
  p50_ms: number | null;
  p95_ms: number | null;
  max_ms: number | null;
}

/** Percentiles (nearest rank) of runs that passed: how long a failure took says nothing about speed. */
export function latencyStats(runs: Pick<RunSummary, 'status' | 'duration_ms'>[]): LatencyStats {
  const durations = runs
    .filter((run) => run.status === 'passed')
    .map((run) => run.duration_ms)
    .sort((a, b) => a - b);
  const rank = (share: number) => durations[Math.max(0, Math.ceil(share * durations.length) - 1)] ?? null;
  return {
    runs: runs.filter((run) => run.status !== 'skipped').length,
    passed: durations.length,
    p50_ms: rank(0.5),
    p95_ms: rank(0.95),
    max_ms: durations.at(-1) ?? null,
  };
}

/** Runs as uPlot wants them: x in Unix seconds ascending, then one row per kind that gets its own mark. */
export function chartColumns(runs: RunSummary[]): {
  x: number[];
  passed: (number | null)[];
  degraded: (number | null)[];
  failed: (number | null)[];
  runs: RunSummary[];
} {
  const ordered = runs.filter((run) => run.status !== 'skipped').reverse();
  const pick = (...kinds: RunKind[]) => ordered.map((run) => (kinds.includes(kindOf(run)) ? run.duration_ms : null));
  return {
    x: ordered.map((run) => Date.parse(run.started_at) / 1000),
    passed: pick('passed', 'degraded'),
    degraded: pick('degraded'),
    failed: pick('failed', 'error'),
    runs: ordered,
  };
}

/** Adds a run that just happened to a list that is newest first; a run that is there already is replaced. */
export function withRun<Run extends Pick<RunSummary, 'id' | 'started_at'>>(
  runs: Run[],
  run: Run,
  limit = Infinity,
): Run[] {
  const known = runs.findIndex((candidate) => candidate.id === run.id);
  if (known >= 0) return runs.with(known, run);
  const at = runs.findIndex((candidate) => candidate.started_at <= run.started_at);
  return runs.toSpliced(at < 0 ? runs.length : at, 0, run).slice(0, limit);
}

/** Puts the runs that started after the newest of `runs` before them; both newest first. An empty list stays empty. */
export function withNewer<Run extends Pick<RunSummary, 'started_at'>>(runs: Run[], recent: Run[]): Run[] {
  const newest = runs[0];
  if (!newest) return runs;
  const newer = recent.filter((run) => run.started_at > newest.started_at);
  return newer.length === 0 ? runs : [...newer, ...runs];
}
