import type { Failure, RunResult } from '../../../../control/resources.ts';
import { durationWords, plural } from '../time/words.ts';

export type Tone = 'passing' | 'degraded' | 'failing' | 'no_data';

const NETWORK_WORDS: Record<Failure['kind'], string> = {
  assertion: 'failed',
  network: 'got no answer',
  timeout: 'timed out',
  template: 'could not be built',
  refused_target: 'was not sent',
  response_limit: 'got too much',
};

const RUNS_OTHER_WAY = /[\u0590-\u08ff\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]/;

/** Text of somebody else inside a sentence of ours: one that runs from right to left, or says so, must not turn the rest. */
export function isolated(text: string): string {
  return RUNS_OTHER_WAY.test(text) ? `\u2068${text}\u2069` : text;
}

/** One sentence for one failure: which step, and what was wrong with it. */
export function failureWords(failure: Pick<Failure, 'step' | 'message'> & { kind?: Failure['kind'] }): string {
  return `“${isolated(failure.step)}” ${NETWORK_WORDS[failure.kind ?? 'assertion']}: ${isolated(failure.message)}`;
}

type Judged = Pick<
  RunResult,
  'status' | 'degraded' | 'attempts' | 'steps' | 'failure' | 'watcher_fault' | 'duration_ms' | 'load'
>;

/** The sentence at the head of a run, and its colour. */
export function verdictOf(run: Judged): { tone: Tone; words: string } {
  if (run.watcher_fault !== null) {
    return { tone: 'no_data', words: `The watcher could not run this: ${run.watcher_fault}` };
  }
  if (run.status === 'skipped') return { tone: 'no_data', words: 'Skipped: this run says nothing about the service' };
  if (run.status !== 'passed') {
    return {
      tone: 'failing',
      words: run.failure ? failureWords(run.failure) : `The run ended as ${run.status} and gave no reason`,
    };
  }
  if (run.load) {
    const { count, failed, dropped } = run.load.iterations;
    const left = dropped > 0 ? `, ${dropped} not started` : '';
    const words = `Passed: ${failed} of ${count} starts failed${left}`;
    return { tone: run.degraded ? 'degraded' : 'passing', words };
  }
  if (!run.degraded) {
    return {
      tone: 'passing',
      words: `Passed: ${plural(run.steps.length, 'step')} in ${durationWords(run.duration_ms)}`,
    };
  }
  const failed = run.attempts.find((attempt) => attempt.status !== 'passed');
  if (failed) {
    const reason = failed.failure ? ` ${failureWords(failed.failure)}` : '';
    return { tone: 'degraded', words: `Passed at attempt ${run.attempts.length}. Attempt ${failed.number}:${reason}` };
  }
  for (const step of run.steps) {
    const warning = step.warnings.find((candidate) => !candidate.passed);
    if (warning)
      return {
        tone: 'degraded',
        words: `Passed, with a warning at “${isolated(step.name)}”: ${isolated(warning.message)}`,
      };
  }
  return { tone: 'degraded', words: 'Passed, degraded' };
}
