import type { RunResult } from '../run-result.ts';

/**
 * Turns runs into a text. Every hook may return text, which the caller writes at once, to the terminal or a file.
 * Run results are redacted already; a reporter adds nothing that is not in them.
 */
export interface Reporter {
  runStarted?(run: { monitor: string; name: string }): string | undefined;
  runFinished?(run: RunResult): string | undefined;
  /** After the last run. */
  finish?(): string | undefined;
}

export interface ReporterOptions {
  /** ANSI colours. */
  colour: boolean;
  /** Terminal columns; 80 when it is no terminal. */
  width?: number;
}

export type CreateReporter = (options: ReporterOptions) => Reporter;

/** How many runs ended how. `degraded` ones are counted as passed too. */
export interface Totals {
  total: number;
  passed: number;
  failed: number;
  error: number;
  skipped: number;
  degraded: number;
}

export function totalsOf(runs: readonly RunResult[]): Totals {
  const count = (status: RunResult['status']) => runs.filter((run) => run.status === status).length;
  return {
    total: runs.length,
    passed: count('passed'),
    failed: count('failed'),
    error: count('error'),
    skipped: count('skipped'),
    degraded: runs.filter((run) => run.status === 'passed' && run.degraded).length,
  };
}
