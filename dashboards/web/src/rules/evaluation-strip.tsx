import type { Evaluation } from '../../../../control/resources.ts';
import { STRIP_HEIGHT, stripPaths, stripWidth } from '../parts/strip-shapes.ts';
import { evaluationsWords, stripKind } from './rule-words.ts';
import '../parts/history-strip.css';

const SLOTS = 36;
const WIDTH = stripWidth(SLOTS);

/** The newest evaluations of a rule, newest at the right, in the shapes that runs have. */
export function EvaluationStrip({ evaluations }: { evaluations: readonly Evaluation[] }) {
  return (
    <svg
      className="strip"
      role="img"
      aria-label={evaluationsWords(evaluations)}
      width={WIDTH}
      height={STRIP_HEIGHT}
      viewBox={`0 0 ${WIDTH} ${STRIP_HEIGHT}`}
    >
      {stripPaths(evaluations.slice(0, SLOTS).map(stripKind), SLOTS).map(([kind, path]) => (
        <path key={kind} className={`bar-${kind}`} d={path} />
      ))}
    </svg>
  );
}
