import { useEffect, useState } from 'react';
import type { List, Monitor, RunSummary } from '../../../../control/resources.ts';
import { type ApiProblem, api, encodeKey, query } from '../api/client.ts';
import { useLive } from '../live/live.tsx';
import { withNewer } from './history.ts';

export const RANGES = ['100 runs', '1 h', '6 h', '24 h'] as const;
export type Range = (typeof RANGES)[number];

const HOURS: Record<Range, number | null> = { '100 runs': null, '1 h': 1, '6 h': 6, '24 h': 24 };
const PAGE_SIZE = 500;
/** A day of runs every 30 s is 2,880; past 12 pages the rest of the range is left out, and said so. */
const PAGES_MAX = 12;

interface RangeOfRuns {
  /** Newest first. */
  runs: RunSummary[];
  loading: boolean;
  problem: ApiProblem | null;
  truncated: boolean;
}

/** The runs of a range, page by page; runs that end meanwhile join by themselves. */
export function useRunsOfRange(monitor: Monitor, range: Range): RangeOfRuns {
  const hours = HOURS[range];
  const skew = useLive((state) => state.skew_ms);
  const [held, setHeld] = useState<RangeOfRuns & { range: Range }>({
    range,
    runs: [],
    loading: false,
    problem: null,
    truncated: false,
  });

  useEffect(() => {
    if (hours === null) return;
    const abort = new AbortController();
    setHeld((before) => ({ ...before, range, loading: true, problem: null, truncated: false }));
    fetchSince(monitor.key, Date.now() + skew - hours * 3_600_000, abort.signal).then(
      (loaded) => setHeld({ range, ...loaded, loading: false, problem: null }),
      (problem: ApiProblem) => {
        if (!abort.signal.aborted) setHeld({ range, runs: [], loading: false, problem, truncated: false });
      },
    );
    return () => abort.abort();
  }, [monitor.key, range, hours, skew]);

  if (hours === null) return { runs: monitor.recent_runs, loading: false, problem: null, truncated: false };
  return { ...held, runs: withNewer(held.runs, monitor.recent_runs) };
}

async function fetchSince(key: string, since: number, signal: AbortSignal) {
  const runs: RunSummary[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const path = `/api/v1/monitors/${encodeKey(key)}/runs${query({ limit: PAGE_SIZE, cursor })}`;
    const list: List<RunSummary> = await api(path, { signal });
    for (const run of list.items) {
      if (Date.parse(run.started_at) < since) return { runs, truncated: false };
      runs.push(run);
    }
    cursor = list.next_cursor;
    if (cursor === null) return { runs, truncated: false };
  }
  return { runs, truncated: true };
}
