import type { Failure, RunResult, Section, StepResult } from '../run-result.ts';

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

/** A row of data that passed without a word, or was not reached: it says nothing about the one that did not pass. */
export function isQuietRow(chapter: Chapter): boolean {
  const status = chapterStatus(chapter);
  return chapter.row !== null && (status === 'passed' || status === 'skipped');
}

/** Neighbouring quiet rows that ended alike, together; every other chapter alone. */
export function withQuietRowsTogether(chapters: readonly Chapter[]): Chapter[][] {
  const groups: Chapter[][] = [];
  for (const chapter of chapters) {
    const before = groups.at(-1);
    const first = before?.[0];
    const joins = first && isQuietRow(chapter) && isQuietRow(first) && chapterStatus(first) === chapterStatus(chapter);
    if (joins) before!.push(chapter);
    else groups.push([chapter]);
  }
  return groups;
}

/** `row 3`, `rows 1 to 37`. */
export function rowNumbers(rows: readonly Chapter[]): string {
  const [from, to] = [rows[0]!.row, rows.at(-1)!.row];
  return from === to ? `row ${from}` : `rows ${from} to ${to}`;
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
export function failingStep(steps: readonly StepResult[], failure: Failure): StepResult | undefined {
  const broken = steps.filter(({ status }) => status === 'failed' || status === 'error');
  return broken.find(({ name, row }) => name === failure.step && row === failure.row) ?? broken[0];
}

/** `40 rows of data: 37 passed, 1 failed, 2 not begun`; null without data. */
export function rowsWords(run: RunResult): string | null {
  const rows = run.attempts.at(-1)?.rows;
  if (!rows) return null;
  const { total, passed, failed } = rows;
  const left = total - passed - failed;
  const parts = [
    ...(passed > 0 ? [`${passed} passed`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(left > 0 ? [`${left} not begun`] : []),
  ];
  return `${total} ${total === 1 ? 'row' : 'rows'} of data: ${parts.join(', ')}`;
}
