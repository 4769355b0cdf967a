import { useSyncExternalStore } from 'react';
import { useLive } from '../live/live.tsx';
import { agoWords, clockWords, exactWords, forWords, instantOf, untilWords } from './words.ts';

// One timer for every relative time on the page, so that they change together.
const listeners = new Set<() => void>();
let timer: number | undefined;
let second = Math.floor(Date.now() / 1000);

function tick(): void {
  second = Math.floor(Date.now() / 1000);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    second = Math.floor(Date.now() / 1000);
    timer = window.setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const WORDS = { ago: agoWords, until: untilWords, for: forWords, clock: clockWords };

/** A time in words that keep up by themselves, drawn again only when the words change; the exact time is in the tooltip. */
export function Time({ at, as }: { at: string; as: keyof typeof WORDS }) {
  const skew = useLive((state) => state.skew_ms);
  const instant = instantOf(at);
  // The watcher's time; the end of the running second, so that what just happened is not in the future.
  const words = useSyncExternalStore(subscribe, () => WORDS[as](instant, second * 1000 + 999 + skew));
  return (
    <time dateTime={at} title={exactWords(instant)} className="nowrap">
      {words}
    </time>
  );
}
