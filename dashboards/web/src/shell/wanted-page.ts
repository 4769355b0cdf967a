const KEY = 'ringdown-wanted-page';
/** Long enough to fetch a sign-in link from another machine; after it, somebody who signs in wants the board. */
const KEPT_MS = 15 * 60_000;

/** Remembers the page that was asked for without a session: the link that signs in again leads to the board. */
export function rememberWantedPage(path: string, now: number): void {
  if (path === '/' || path.startsWith('/?')) return;
  try {
    localStorage.setItem(KEY, JSON.stringify({ path, at: now }));
  } catch {
    // Storage is blocked: signing in with the token on the page itself still stays there.
  }
}

/** The page that was asked for lately, once; null when there is none. */
export function takeWantedPage(now: number): string | null {
  try {
    const text = localStorage.getItem(KEY);
    localStorage.removeItem(KEY);
    const { path, at } = JSON.parse(text ?? '{}') as { path?: unknown; at?: unknown };
    if (typeof path !== 'string' || typeof at !== 'number') return null;
    return /^\/[^/\\]/.test(path) && Math.abs(now - at) < KEPT_MS ? path : null;
  } catch {
    return null;
  }
}
