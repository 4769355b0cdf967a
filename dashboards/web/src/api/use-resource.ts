import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiProblem, api } from './client.ts';

export interface Loaded<Resource> {
  /** Stays while it is fetched again, so that the page does not blink. */
  data: Resource | null;
  problem: ApiProblem | null;
  loading: boolean;
  reload(): void;
}

// Going back shows what was there at once; it is fetched again all the same.
const remembered = new Map<string, unknown>();
const REMEMBERED_MAX = 60;

function remember(path: string, data: unknown): void {
  remembered.delete(path);
  remembered.set(path, data);
  const oldest = remembered.keys().next();
  if (remembered.size > REMEMBERED_MAX && !oldest.done) remembered.delete(oldest.value);
}

/** Forgets everything, so that nothing of one session shows in the next. */
export function forgetResources(): void {
  remembered.clear();
}

interface Held<Resource> {
  path: string | null;
  data: Resource | null;
  problem: ApiProblem | null;
  loading: boolean;
}

/** Fetches a path when it changes or `reload` is called. Null fetches nothing. A late answer to an old path is dropped. */
export function useResource<Resource>(path: string | null): Loaded<Resource> {
  const fresh = (): Held<Resource> => ({
    path,
    data: path === null ? null : ((remembered.get(path) as Resource | undefined) ?? null),
    problem: null,
    loading: path !== null,
  });
  const [held, setHeld] = useState(fresh);
  const [round, setRound] = useState(0);
  const current = held.path === path ? held : fresh();
  const latest = useRef(current);
  latest.current = current;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks for the same path again
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    setHeld({ ...latest.current, loading: true });
    api<Resource>(path, { signal: abort.signal }).then(
      (data) => {
        if (abort.signal.aborted) return;
        remember(path, data);
        setHeld({ path, data, problem: null, loading: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'UNKNOWN', String(error));
        setHeld({ path, data: latest.current.data, problem, loading: false });
      },
    );
    return () => abort.abort();
  }, [path, round]);

  const reload = useCallback(() => setRound((value) => value + 1), []);
  return { data: current.data, problem: current.problem, loading: current.loading, reload };
}
