import { useEffect } from 'react';

/** Asks again every so often while the page is looked at, for what no event tells. `reload` stays the same function. */
export function useRefresh(reload: () => void, everyMs: number): void {
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
}
