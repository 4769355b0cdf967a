import type { RunResult, StepResult } from '../../run-result.ts';
import { unmet } from '../outline.ts';

export type Mood = 'good' | 'warned' | 'bad' | 'idle';

export function runMood(run: RunResult): Mood {
  if (run.status === 'skipped') return 'idle';
  if (run.status !== 'passed') return 'bad';
  return run.degraded ? 'warned' : 'good';
}

export function stepMood(step: StepResult): Mood {
  if (step.status === 'skipped') return 'idle';
  if (step.status !== 'passed') return 'bad';
  return unmet(step.warnings).length > 0 ? 'warned' : 'good';
}

/** A sign for those who do not see colours. */
export function markOf(mood: Mood): string {
  return { good: '✓', warned: '▲', bad: '✗', idle: '○' }[mood];
}

export function moodWords(mood: Mood): string {
  return { good: 'passed', warned: 'passed with a warning', bad: 'did not pass', idle: 'skipped' }[mood];
}
