import { createContext, use } from 'react';
import type { Session } from '../../../../control/resources.ts';

export const SessionContext = createContext<Session | null>(null);

/** What this watcher is. Only below the sign-in. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession needs a signed-in session above it');
  return session;
}

const NAME_KEY = 'ringdown-name';

/** The name under which this person acknowledges; remembered in the browser. */
export function rememberedName(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Storage is blocked: the name is asked again next time.
  }
}
