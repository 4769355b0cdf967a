import './pager.css';

interface PagerProps {
  /** Cursors of the pages before this one; the first page has none. */
  trail: readonly string[];
  next: string | null;
  onTrail: (trail: string[]) => void;
  /** Where pages are not a matter of time. */
  words?: { back: string; on: string };
}

const OF_TIME = { back: 'Newer', on: 'Older' };

/** Goes back and forth over pages that only know their next one. Nothing to see while there is a single page. */
export function Pager({ trail, next, onTrail, words = OF_TIME }: PagerProps) {
  if (trail.length === 0 && next === null) return null;
  return (
    <div className="pager">
      <button
        type="button"
        className="button"
        disabled={trail.length === 0}
        onClick={() => onTrail(trail.slice(0, -1))}
      >
        {words.back}
      </button>
      <span className="faint">page {trail.length + 1}</span>
      <button
        type="button"
        className="button"
        disabled={next === null}
        onClick={() => next && onTrail([...trail, next])}
      >
        {words.on}
      </button>
    </div>
  );
}
