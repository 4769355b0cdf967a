import { formatDuration } from '../../core/units.ts';
import type { RunResult } from '../run-result.ts';
import { type Totals, totalsOf } from './reporter.ts';

export interface Count {
  words: string;
  kind: 'bad' | 'good' | 'warned' | 'neutral';
}

/** `1 failed`, `10 passed`, `2 of them degraded`, in the order in which they matter. */
export function counts({ failed, error, passed, degraded, skipped }: Totals): Count[] {
  const all: [number, string, Count['kind']][] = [
    [failed, 'failed', 'bad'],
    [error, 'with errors', 'bad'],
    [passed, 'passed', 'good'],
    [degraded, 'of them degraded', 'warned'],
    [skipped, 'skipped', 'neutral'],
  ];
  return all.filter(([number]) => number > 0).map(([number, what, kind]) => ({ words: `${number} ${what}`, kind }));
}

/** `12 scenarios: 1 failed, 11 passed`. */
export function totalsWords(runs: readonly RunResult[]): string {
  const totals = totalsOf(runs);
  const parts = counts(totals).map(({ words }) => words);
  return `${scenarios(totals.total)}: ${parts.join(', ') || 'none ran'}`;
}

export function scenarios(number: number): string {
  return `${number} ${number === 1 ? 'scenario' : 'scenarios'}`;
}

/** From the start of the first run to the end of the last: shorter than their sum where they ran side by side. */
export function elapsedWords(runs: readonly RunResult[]): string {
  const starts = runs.map((run) => Date.parse(run.started_at));
  const ends = runs.map((run, index) => starts[index]! + run.duration_ms);
  return formatDuration(runs.length === 0 ? 0 : Math.max(...ends) - Math.min(...starts));
}

/** Why a run did not pass, in one sentence; null when it did. */
export function reasonOf(run: RunResult): string | null {
  if (run.watcher_fault) return `Ringdown itself failed: ${run.watcher_fault}`;
  if (run.failure) return `${run.failure.step}: ${run.failure.message}`;
  return run.status === 'passed' ? null : `the run was ${run.status}`;
}
