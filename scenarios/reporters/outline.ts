import type { Section, StepResult } from '../run-result.ts';

/** Steps that belong together: those of one row of `data`, or those before, after and always. */
export interface Chapter {
  section: Section;
  /** Of `data`, from 1; null without data. */
  row: number | null;
  steps: StepResult[];
}

/** The steps of an attempt as a person tells them. Without data and other sections there is one chapter. */
export function chaptersOf(steps: readonly StepResult[]): Chapter[] {
  const chapters: Chapter[] = [];
  for (const step of steps) {
    const last = chapters.at(-1);
    if (last && last.section === step.section && last.row === step.row) last.steps.push(step);
    else chapters.push({ section: step.section, row: step.row, steps: [step] });
  }
  return chapters;
}

/** `row 3`, `before`; nothing for the plain steps of a scenario without data. */
export function chapterTitle({ section, row }: Pick<Chapter, 'section' | 'row'>): string | null {
  if (section !== 'steps') return section;
  return row === null ? null : `row ${row}`;
}

/** The worst that happened in it; `warned` where a warning did not hold. */
export function chapterStatus({ steps }: Chapter): 'passed' | 'warned' | 'failed' | 'skipped' {
  if (steps.some(({ status }) => status === 'failed' || status === 'error')) return 'failed';
  if (steps.every(({ status }) => status === 'skipped')) return 'skipped';
  return steps.some((step) => unmet(step.warnings).length > 0) ? 'warned' : 'passed';
}

/** From the start of the first step to the end of the last, milliseconds. */
export function spanOf(steps: readonly StepResult[]): { from: number; to: number } {
  const from = Math.min(...steps.map((step) => step.offset_ms));
  return { from, to: Math.max(from, ...steps.map((step) => step.offset_ms + step.duration_ms)) };
}

export function unmet<Judged extends { passed: boolean }>(results: readonly Judged[]): Judged[] {
  return results.filter(({ passed }) => !passed);
}

/** What kept a step from passing, sentence by sentence. */
export function troubles(step: StepResult): string[] {
  return [
    ...unmet(step.assertions).map(({ message }) => message),
    ...(step.error ? [step.error.message, ...(step.error.hint ? [step.error.hint] : [])] : []),
  ];
}

/** The step that an attempt failed at; undefined where it failed before the first. */
export function failingStep(steps: readonly StepResult[], name: string | undefined): StepResult | undefined {
  const broken = steps.filter(({ status }) => status === 'failed' || status === 'error');
  return broken.find((step) => step.name === name) ?? broken[0];
}
