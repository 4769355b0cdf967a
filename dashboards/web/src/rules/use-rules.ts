import { useEffect, useRef } from 'react';
import { useRefresh } from '../api/use-refresh.ts';
import { type Loaded, useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';

/** Values move at every evaluation, which no event tells. */
const REFRESH_MS = 15_000;

/** Something of the rules: asked again when the stream says that they changed, and now and then while it is looked at. */
export function useRules<Resource>(path: string): Loaded<Resource> {
  const resource = useResource<Resource>(path);
  const changed = useLive((state) => state.rules_changed);
  const incidents = useLive((state) => state.incidents);
  const { reload } = resource;
  const seen = useRef({ changed, incidents });
  useEffect(() => {
    if (seen.current.changed === changed && seen.current.incidents === incidents) return;
    seen.current = { changed, incidents };
    reload();
  }, [changed, incidents, reload]);
  useRefresh(reload, REFRESH_MS);
  return resource;
}
