import type { RunResult } from '../../run-result.ts';
import { type CreateReporter, totalsOf } from '../reporter.ts';

/** One JSON document: `{ version, totals, runs }`, runs exactly as the HTTP API returns them. */
export const createJsonReporter: CreateReporter = () => {
  const runs: RunResult[] = [];
  return {
    runFinished(run) {
      runs.push(run);
      return undefined;
    },
    finish: () => `${JSON.stringify({ version: 1, totals: totalsOf(runs), runs }, null, 2)}\n`,
  };
};
