import type { RunSummary } from '../../../../control/resources.ts';
import { historyKindOf, historyWords } from '../monitor/history.ts';
import { STRIP_HEIGHT, stripPaths, stripWidth } from './strip-shapes.ts';
import './history-strip.css';

const SLOTS = 36;
const WIDTH = stripWidth(SLOTS);

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
      {stripPaths(shown.map(historyKindOf), SLOTS).map(([kind, path]) => (
        <path key={kind} className={`bar-${kind}`} d={path} />
      ))}
    </svg>
  );
}
