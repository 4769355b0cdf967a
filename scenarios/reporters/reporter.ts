import type { RunResult, RunStatus } from '../run-result.ts';

/**
 * A way to report: a folder of scenarios/reporters whose index exports `reporter`. It turns runs into a text and does no
 * I/O; whatever a hook returns is written at once, to the terminal or a file.
 */
export interface ReporterKind {
  /** What `--reporter` takes: the folder's name. */
  name: string;
  /** One sentence for `--help`. */
  summary: string;
  create(options: ReporterOptions): Reporter;
}

/** Run results are redacted already; a reporter adds nothing that is not in them. */
export interface Reporter {
  runStarted?(run: RunStarted): string | undefined;
  stepFinished?(step: StepFinished): string | undefined;
  /** Runs may end in another order than they began in. */
  runFinished?(run: RunResult): string | undefined;
  /** After the last run. */
  finish?(): string | undefined;
}

export interface RunStarted {
  /** `id@environment`. */
  monitor: string;
  name: string;
}

/** A step as it ends, for live progress; evidence comes with the run, redacted. */
export interface StepFinished {
  monitor: string;
  name: string;
  /** Of `data`, from 1; null without data. */
  row: number | null;
  status: RunStatus;
}

export interface ReporterOptions {
  /** ANSI colours. */
  colour: boolean;
  /** Terminal columns; 80 when it is no terminal. */
  width?: number;
  /** The text goes to a terminal whose last line can be written anew: progress may be shown and taken back. */
  live?: boolean;
  /** How many runs there will be, as far as is known. */
  runs?: number;
}

export function defineReporter(kind: ReporterKind): ReporterKind {
  return kind;
}

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
  const count = (status: RunStatus) => runs.filter((run) => run.status === status).length;
  return {
    total: runs.length,
    passed: count('passed'),
    failed: count('failed'),
    error: count('error'),
    skipped: count('skipped'),
    degraded: runs.filter((run) => run.status === 'passed' && run.degraded).length,
  };
}
