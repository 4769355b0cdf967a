import type { RunResult } from '../../scenarios/run-result.ts';
import { type RunSummary, restoreRun } from '../../scenarios/run-store.ts';
import { readJson } from '../broken-rows.ts';

interface Identified {
  id: string;
}

const table = 'runs';
const key = ({ id }: Identified) => id;

/** How a run is read from its row; see `readRows`. */
export const wholeRun = {
  table,
  key,
  read({ result }: Identified & { result: string }): RunResult {
    readJson<RunResult>(result, 'id', 'monitor', 'status', 'started_at', 'attempts', 'steps');
    return restoreRun(result);
  },
};

export const summaryOfRun = {
  table,
  key,
  read: ({ summary }: Identified & { summary: string }): RunSummary =>
    readJson<RunSummary>(summary, 'id', 'monitor', 'status', 'started_at', 'duration_ms'),
};
