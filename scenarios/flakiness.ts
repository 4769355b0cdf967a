import type { RunSummary } from './run-store.ts';

/** How often a monitor needed more than one attempt. The shape in which the HTTP API shows it. */
export interface Flakiness {
  /** Runs that were looked at; skipped ones are none. */
  runs: number;
  /** Passed, but not at the first attempt. */
  flaky: number;
  /** `flaky` of `runs`, 0 to 1; null where there are none. */
  rate: number | null;
}

/** Runs that flakiness is told of. */
export const FLAKINESS_RUNS = 100;

/** @param runs of one monitor, newest first: the first hundred that were not skipped count */
export function flakinessOf(runs: readonly Pick<RunSummary, 'status' | 'attempts'>[]): Flakiness {
  const counted = runs.filter(({ status }) => status !== 'skipped').slice(0, FLAKINESS_RUNS);
  const flaky = counted.filter(({ status, attempts }) => status === 'passed' && attempts > 1).length;
  return { runs: counted.length, flaky, rate: counted.length === 0 ? null : flaky / counted.length };
}
