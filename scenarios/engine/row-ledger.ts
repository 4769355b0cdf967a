import type { RowCounts, StepResult } from '../run-result.ts';

/** Rows that did not pass and are kept in full, besides the first one that passed. */
const MOST_FAILING_IN_FULL = 10;
/** Other rows of which failed assertions, warnings and errors are kept. */
const MOST_WITH_WORDS = 100;
/** Steps of other rows, at most. */
const MOST_SHORTENED = 1_000;

/** What is kept of a row. */
export interface Kept {
  readonly steps: StepResult[];
  /** Everything, evidence included. */
  readonly full: boolean;
}

/**
 * Decides what of the rows of one attempt stays in its result, so that a thousand rows do not make a thousand times the
 * evidence: in full the first row that passed and the first ten that did not; of the next hundred with something to say the
 * steps that say it; of all others that passed no more than name, status and times, for a thousand steps at most. Rows are
 * counted in any case.
 */
export class RowLedger {
  readonly counts: RowCounts;
  #worded = 0;
  #shortened = 0;

  constructor(total: number) {
    this.counts = { total, passed: 0, failed: 0 };
  }

  /** Takes the steps of a row that is over. */
  add(steps: StepResult[], passed: boolean): Kept {
    const before = passed ? this.counts.passed++ : this.counts.failed++;
    if (before < (passed ? 1 : MOST_FAILING_IN_FULL)) return { steps, full: true };
    const speaking = steps.filter(hasWords);
    if (speaking.length > 0 && this.#worded < MOST_WITH_WORDS) {
      this.#worded++;
      return { steps: speaking.map(words), full: false };
    }
    if (!passed) return { steps: [], full: false };
    const kept = steps.slice(0, MOST_SHORTENED - this.#shortened).map(shorten);
    this.#shortened += kept.length;
    return { steps: kept, full: false };
  }
}

const failing = ({ passed }: { passed: boolean }) => !passed;

const hasWords = ({ status, warnings }: StepResult) =>
  status === 'failed' || status === 'error' || warnings.some(failing);

function words(step: StepResult): StepResult {
  const { request, assertions, warnings, error } = step;
  return {
    ...shorten(step),
    request: request && { ...request, headers: {}, body: null },
    assertions: assertions.filter(failing),
    warnings: warnings.filter(failing),
    error,
  };
}

/** Without any text that came from elsewhere. */
function shorten(step: StepResult): StepResult {
  const { response } = step;
  return {
    ...step,
    shortened: true,
    skipped_reason: step.skipped_reason === null ? null : 'if',
    request: null,
    redirects: [],
    response: response && { ...response, headers: {}, body: null },
    assertions: [],
    warnings: [],
    captures: {},
    error: null,
  };
}
