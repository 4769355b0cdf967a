import type { Clock } from '../../core/clock.ts';
import { TimeUp } from './http/http-session.ts';

export interface Deadline {
  /** Fires with a TimeUp when the time is up, or with the parent's reason. */
  readonly signal: AbortSignal;
  /** To be called when the work is done: releases timer and listener. */
  cancel(): void;
}

/** Without a reason, every abort would build a DOMException with its stack. */
const CANCELLED = 'cancelled';

/** @param limitMs from now, in monotonic time */
export function startDeadline(clock: Clock, limitMs: number, parent: AbortSignal): Deadline {
  const controller = new AbortController();
  if (parent.aborted) controller.abort(parent.reason);
  const timer = new AbortController();
  const follow = () => controller.abort(parent.reason);
  parent.addEventListener('abort', follow, { once: true });
  clock.timer(limitMs, timer.signal).then(
    () => controller.abort(new TimeUp(limitMs)),
    () => {
      // Cancelled: the work was done in time.
    },
  );
  return {
    signal: controller.signal,
    cancel() {
      timer.abort(CANCELLED);
      parent.removeEventListener('abort', follow);
    },
  };
}
