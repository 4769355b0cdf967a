import { type KeyboardEvent, type MouseEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { RunSummary } from '../../../../control/resources.ts';
import { FailureText } from '../parts/failure-text.tsx';
import { RunMark } from '../parts/state-mark.tsx';
import { STRIP_HEIGHT, slotBox, stripPaths, stripWidth } from '../parts/strip-shapes.ts';
import { Time } from '../time/times.tsx';
import { durationWords, plural } from '../time/words.ts';
import { historyKindOf, historyWords, kindOf } from './history.ts';
import '../parts/history-strip.css';

const SLOTS = 100;

/**
 * The last hundred runs, one bar each. One stop for the keyboard: arrows choose a run, Enter opens it.
 * The line below tells the chosen run and keeps its place.
 */
export function RunStrip({ runs }: { runs: RunSummary[] }) {
  const [, navigate] = useLocation();
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = runs.slice(0, SLOTS);
  const at = Math.max(
    0,
    shown.findIndex((run) => run.id === chosen),
  );
  const run = shown[at]!;

  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at + 1, ArrowRight: at - 1, Home: shown.length - 1, End: 0 }[event.key];
    if (event.key === 'Enter') navigate(`/runs/${run.id}`);
    else if (to !== undefined) setChosen(shown[Math.min(shown.length - 1, Math.max(0, to))]!.id);
    else return;
    event.preventDefault();
  };
  const under = (event: MouseEvent<SVGSVGElement>): RunSummary | undefined => {
    const box = event.currentTarget.getBoundingClientRect();
    const slot = Math.floor(((event.clientX - box.left) / box.width) * SLOTS);
    return shown[SLOTS - 1 - slot];
  };

  return (
    <div className="run-strip">
      <div
        role="slider"
        tabIndex={0}
        className="run-strip-bars"
        aria-label={`Run history, ${historyWords(shown)}. Arrows choose a run, Enter opens it.`}
        aria-valuemin={1}
        aria-valuemax={shown.length}
        aria-valuenow={shown.length - at}
        aria-valuetext={`${historyKindOf(run) === 'flaky' ? `passed at attempt ${run.attempts}` : kindOf(run)}, ${durationWords(run.duration_ms)}${run.failure ? `, ${run.failure.message}` : ''}`}
        onKeyDown={onKey}
      >
        <svg
          viewBox={`0 0 ${stripWidth(SLOTS)} ${STRIP_HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden="true"
          onMouseMove={(event) => setChosen(under(event)?.id ?? null)}
          onMouseLeave={() => setChosen(null)}
          onClick={(event) => {
            const target = under(event);
            if (target) navigate(`/runs/${target.id}`);
          }}
        >
          {stripPaths(shown.map(historyKindOf), SLOTS).map(([kind, path]) => (
            <path key={kind} className={`bar-${kind}`} d={path} />
          ))}
          <rect className="strip-cursor" {...slotBox(SLOTS - 1 - at)} y={0} height={STRIP_HEIGHT} />
        </svg>
      </div>
      <p className="run-strip-words">
        <RunMark kind={kindOf(run)} />
        <Time at={run.started_at} as="clock" />
        <span>{durationWords(run.duration_ms)}</span>
        {run.attempts > 1 && (
          <span>
            {historyKindOf(run) === 'flaky'
              ? `flaky: passed at attempt ${run.attempts}`
              : plural(run.attempts, 'attempt')}
          </span>
        )}
        {run.failure && (
          <span>
            <FailureText failure={run.failure} />
          </span>
        )}
      </p>
    </div>
  );
}
