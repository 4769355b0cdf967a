import { columns } from '../../core/document/index.ts';
import { describeExpectation } from './judge.ts';
import type { Expectation } from './policy-test.ts';
import type { CaseResult } from './run-tests.ts';
import type { Happening } from './simulation.ts';
import { shortDuration } from './words.ts';

/** One line of what happened beside what was expected. */
export interface TimelineRow {
  /** Empty where the moment is that of the row above. */
  at: string;
  happened: string;
  expected: string;
  /** Null where nothing was expected here. */
  met: boolean | null;
  /** The row at which the two part for the first time. */
  first: boolean;
}

const MARKS: Readonly<Record<Happening['kind'], string>> = { given: '·', incident: ' ', told: '→', trouble: '!' };
/** A day of repeated calls is no timeline any more. */
const MOST_ROWS = 200;
const WIDEST = 72;

/** What happened in a case, moment by moment, beside what was expected then. */
export function timelineOf({ test, simulation, differences }: CaseResult): TimelineRow[] {
  const unmet = new Set(differences.flatMap(({ line }) => line ?? []));
  const [first] = differences;
  const happened = Map.groupBy(simulation.happenings, ({ at_ms }) => at_ms);
  const expected = Map.groupBy(test.expect, momentOf);
  const rows: (TimelineRow & { at_ms: number; line: number | null; kind: Happening['kind'] | null })[] = [];
  const moments = [...new Set([...happened.keys(), ...expected.keys()])].sort((a, b) => a - b);
  for (const moment of moments) {
    const left = happened.get(moment) ?? [];
    const right = expected.get(moment) ?? [];
    for (let index = 0; index < Math.max(left.length, right.length); index++) {
      const [one, other] = [left[index], right[index]];
      rows.push({
        at: index === 0 ? shortDuration(moment) : '',
        happened: one ? `${MARKS[one.kind]} ${one.text}` : '',
        expected: other ? describeExpectation(other) : '',
        met: other ? !unmet.has(other.line) : null,
        first: false,
        at_ms: moment,
        line: other?.line ?? null,
        kind: one?.kind ?? null,
      });
    }
  }
  if (first) {
    const then = rows.filter(({ at_ms }) => at_ms === first.at_ms);
    const row =
      then.find(({ line }) => line === first.line) ??
      then.find(({ kind }) => kind === 'told' || kind === 'trouble') ??
      rows.find(({ at_ms }) => at_ms >= first.at_ms) ??
      rows.at(-1);
    if (row) row.first = true;
  }
  return rows.map(({ at, happened: text, expected: words, met, first: parts }) => ({
    at,
    happened: text,
    expected: words,
    met,
    first: parts,
  }));
}

/** The same as text, in columns; the first difference is marked. At most 200 rows, those around the first difference. */
export function timelineText(result: CaseResult): string[] {
  const all = timelineOf(result);
  const marked = all.findIndex(({ first }) => first);
  const from = all.length <= MOST_ROWS ? 0 : Math.min(Math.max(0, marked - MOST_ROWS / 2), all.length - MOST_ROWS);
  const rows = all.slice(from, from + MOST_ROWS);
  const atWidth = Math.max(2, ...rows.map(({ at }) => at.length));
  const width = Math.min(WIDEST, Math.max(13, ...rows.map(({ happened }) => columns(happened))));
  const lines = rows.map(({ at, happened, expected, met, first }) => {
    const mark = met === null ? '' : `${met ? '✓' : '✗'} ${expected}`;
    const beside = `${at.padStart(atWidth)}  ${padded(happened, width)}  ${mark}`.trimEnd();
    return first ? `${beside}  ◀ first difference` : beside;
  });
  return [
    `${''.padStart(atWidth)}  ${padded('what happened', width)}  what was expected`,
    ...(from > 0 ? [`${''.padStart(atWidth)}  … ${from} lines before`] : []),
    ...lines,
    ...(all.length > from + rows.length
      ? [`${''.padStart(atWidth)}  … ${all.length - from - rows.length} lines more`]
      : []),
  ];
}

/** Where an expectation stands in the timeline: what must not happen is over at its end. */
function momentOf(expectation: Expectation): number {
  return expectation.kind === 'nothing_else' ? expectation.to_ms : expectation.from_ms;
}

function padded(text: string, width: number): string {
  let shown = text;
  if (columns(shown) > width) {
    while (columns(shown) > width - 1) shown = [...shown].slice(0, -1).join('');
    shown += '…';
  }
  return shown + ' '.repeat(width - columns(shown));
}
