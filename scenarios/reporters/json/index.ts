import type { RunResult } from '../../run-result.ts';
import { defineReporter, type Reporter, totalsOf } from '../reporter.ts';

/** One JSON document: `{ version, totals, runs }`, runs exactly as the HTTP API returns them. */
export const reporter = defineReporter({
  name: 'json',
  summary: 'one JSON document with every run',
  create: createJson,
});

function createJson(): Reporter {
  const runs: RunResult[] = [];
  return {
    runFinished(run) {
      runs.push(run);
      return undefined;
    },
    finish: () => `${JSON.stringify({ version: 1, totals: totalsOf(runs), runs }, null, 2)}\n`,
  };
}
