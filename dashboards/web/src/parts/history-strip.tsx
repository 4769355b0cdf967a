import type { RunSummary } from '../../../../control/resources.ts';
import { historyWords, kindOf, type RunKind } from '../monitor/history.ts';
import './history-strip.css';

export const BAR_WIDTH = 5;
export const BAR_STEP = 7;
export const STRIP_HEIGHT = 24;

const SLOTS = 36;
const SLOT_NUMBERS = Array.from({ length: SLOTS }, (_, slot) => slot);
const WIDTH = SLOTS * BAR_STEP - 2;

/** One run as a bar. Passed ones are low, failed ones high, errors are broken in two: readable without colour. */
export function StripBar({ kind, x }: { kind: RunKind | null; x: number }) {
  if (kind === null)
    return <rect className="bar-empty" x={x + 1} y={STRIP_HEIGHT / 2 - 1.5} width={3} height={3} rx={1.5} />;
  const bar = (y: number, height: number, rounded = 1) => (
    <rect className={`bar-${kind}`} x={x} y={y} width={BAR_WIDTH} height={height} rx={rounded} />
  );
  if (kind === 'passed') return bar(4, STRIP_HEIGHT - 8);
  if (kind === 'failed') return bar(0, STRIP_HEIGHT);
  if (kind === 'skipped')
    return <rect className="bar-skipped" x={x} y={STRIP_HEIGHT / 2 - 1.5} width={BAR_WIDTH} height={3} />;
  if (kind === 'degraded') {
    return (
      <>
        {bar(4, 4)}
        {bar(11, 9)}
      </>
    );
  }
  return (
    <>
      {bar(0, 10)}
      {bar(14, 10)}
    </>
  );
}

/** The newest runs, newest at the right, in a picture that always has the same width. */
export function HistoryStrip({ runs }: { runs: RunSummary[] }) {
  const shown = runs.slice(0, SLOTS);
  return (
    <svg
      className="strip"
      role="img"
      aria-label={historyWords(shown)}
      width={WIDTH}
      height={STRIP_HEIGHT}
      viewBox={`0 0 ${WIDTH} ${STRIP_HEIGHT}`}
    >
      {SLOT_NUMBERS.map((slot) => {
        const run = shown[SLOTS - 1 - slot];
        return <StripBar key={slot} x={slot * BAR_STEP} kind={run ? kindOf(run) : null} />;
      })}
    </svg>
  );
}
