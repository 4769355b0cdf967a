import type { Clock } from './clock.ts';

/**
 * Gathers what happens often into something that is done seldom: at once, and then at most once in `everyMs`. What comes
 * in between is done once at the end of that time.
 * @param abort from then on nothing is done
 */
export function seldom(clock: Clock, everyMs: number, act: () => void, abort: AbortSignal): () => void {
  let resting = false;
  let again = false;
  const rest = async (): Promise<void> => {
    resting = true;
    do {
      again = false;
      act();
      // Only an abort ends it early, and then nothing more is done.
      await clock.timer(everyMs, abort).catch(() => undefined);
    } while (again && !abort.aborted);
    resting = false;
  };
  return () => {
    if (abort.aborted) return;
    if (resting) again = true;
    else void rest();
  };
}
