import { useSyncExternalStore } from 'react';
import { useLive } from '../live/live.tsx';
import { agoWords, clockWords, exactWords, forWords, instantOf, untilWords } from './words.ts';

// One timer for every relative time on the page, so that they change together.
const listeners = new Set<() => void>();
let timer: number | undefined;
let second = Math.floor(Date.now() / 1000);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    second = Math.floor(Date.now() / 1000);
    timer = window.setInterval(() => {
      second = Math.floor(Date.now() / 1000);
      for (const tick of listeners) tick();
    }, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The watcher's time in Unix milliseconds, stepping once a second. */
export function useNow(): number {
  const skew = useLive((state) => state.skew_ms);
  const now = useSyncExternalStore(subscribe, () => (timer === undefined ? Math.floor(Date.now() / 1000) : second));
  return now * 1000 + 999 + skew;
}

const WORDS = { ago: agoWords, until: untilWords, for: forWords, clock: clockWords };

/** A time in words that keep up by themselves; the exact time is in the tooltip. */
export function Time({ at, as }: { at: string; as: keyof typeof WORDS }) {
  const now = useNow();
  const instant = instantOf(at);
  return (
    <time dateTime={at} title={exactWords(instant)} className="nowrap">
      {WORDS[as](instant, now)}
    </time>
  );
}
