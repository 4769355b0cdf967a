import type { Hold } from '../../../../control/resources.ts';
import { Time } from '../time/times.tsx';
import { holdReason, holdTitle } from './hold-words.ts';

/** Why nobody is told of an open incident, and until when. */
export function HeldBanner({ held }: { held: Hold }) {
  return (
    <div className="notice held-banner" role="status">
      <HoldMark />
      <span>
        <strong>
          {holdTitle(held.stage)}
          {held.until && (
            <>
              {' '}
              until <Time at={held.until} as="clock" />
            </>
          )}
        </strong>{' '}
        <bdi>{holdReason(held)}</bdi>. Nobody is told meanwhile;{' '}
        {held.until ? 'it rings then if it is still open.' : 'it rings when that is over and it is still open.'}
      </span>
    </div>
  );
}

/** In lists: `held` says the colour and the shape too. */
export function HeldTag({ held }: { held: Hold }) {
  return (
    <span className="tag held-tag" title={held.reason}>
      <HoldMark /> {holdTitle(held.stage)}
      {held.until && (
        <>
          {' '}
          until <Time at={held.until} as="clock" />
        </>
      )}
    </span>
  );
}

/** A bell, struck out. */
function HoldMark() {
  return (
    <svg
      className="hold-mark"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentcolor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d="M4 11V7a4 4 0 0 1 6.8-2.9M12 7v4H4M12 11l1 1H6M7 14h2M2 2l12 12" />
    </svg>
  );
}
