import type { RunResult, StepResult } from '../../run-result.ts';
import { bodyLines, varyingFields } from './body-lines.ts';
import { type DiffLine, diffLines, type Line } from './line-diff.ts';
import { differsByNature } from './varying-headers.ts';

/** A run against the last passing run, step by step. The shape of `GET /api/v1/runs/{id}/comparison`. */
export interface RunComparison {
  run_id: string;
  baseline_run_id: string | null;
  baseline_started_at: string | null;
  steps: {
    name: string;
    /** Of the data; null without. */
    row: number | null;
    /** The row that it is compared with: the same one, unless the passing run kept no evidence of that. */
    baseline_row: number | null;
    status: { before: number | null; now: number | null };
    headers: DiffLine[];
    body: DiffLine[];
  }[];
}

/**
 * Compares response headers and bodies of a run's last attempt with those of a passing run; each step once, whatever the
 * number of rows.
 * @param baseline the last passing run; without one there are no steps to show
 * @param passing several passing runs of the monitor: fields that differ among them are marked `always_varies`
 */
export function compareRuns(run: RunResult, baseline: RunResult | null, passing: readonly RunResult[]): RunComparison {
  const comparison: RunComparison = {
    run_id: run.id,
    baseline_run_id: baseline?.id ?? null,
    baseline_started_at: baseline?.started_at ?? null,
    steps: [],
  };
  if (!baseline) return comparison;
  const known = [baseline, ...passing.filter((other) => other.id !== baseline.id && other.id !== run.id)];
  for (const step of telling(run.steps)) {
    const before = counterpart(baseline, step, step.row);
    // What another row answered says nothing about what varies in this one.
    const row = before ? before.row : step.row;
    const same = known.map((other) => counterpart(other, step, row)).filter((one) => !one || one.row === row);
    comparison.steps.push(compareSteps(step, before, same));
  }
  return comparison;
}

/** One step of each name: of several rows the first that did not pass, or else the first one. */
function telling(steps: readonly StepResult[]): StepResult[] {
  const chosen = new Map<string, StepResult>();
  for (const step of steps) {
    const before = chosen.get(step.name);
    if (!before || (isBroken(step) && !isBroken(before))) chosen.set(step.name, step);
  }
  return [...chosen.values()];
}

const isBroken = ({ status }: StepResult) => status === 'failed' || status === 'error';

/** The same step in another run: of the same row, or else of the first row whose evidence was kept. */
function counterpart(run: RunResult, { name }: StepResult, row: number | null): StepResult | undefined {
  const candidates = run.steps.filter((step) => step.name === name && !step.shortened);
  return candidates.find((step) => step.row === row) ?? candidates[0];
}

function compareSteps(
  now: StepResult,
  before: StepResult | undefined,
  passing: (StepResult | undefined)[],
): RunComparison['steps'][number] {
  // A problem document is another document: that its fields share names with the usual one says nothing.
  const varying = varyingFields(
    mediaType(before) === mediaType(now) ? passing.map((step) => step?.response?.body ?? null) : [],
  );
  return {
    name: now.name,
    row: now.row,
    baseline_row: before?.row ?? null,
    status: { before: before?.response?.status ?? null, now: now.response?.status ?? null },
    headers: compareHeaders(now, before, passing),
    body: diffLines(bodyLines(before?.response?.body ?? null, varying), bodyLines(now.response?.body ?? null, varying)),
  };
}

const mediaType = (step: StepResult | undefined) => step?.response?.body?.content_type?.split(';', 1)[0];

const has = (step: StepResult | undefined, name: string) => step?.response?.headers[name] !== undefined;

function compareHeaders(
  now: StepResult,
  before: StepResult | undefined,
  passing: (StepResult | undefined)[],
): DiffLine[] {
  const varies = (name: string) => {
    // Only the value: a cookie that is no longer set, or an id that is new, is worth a look.
    if (differsByNature(name) && has(before, name) && has(now, name)) return true;
    const values = passing.flatMap((step) => (step?.response ? [step.response.headers[name]] : []));
    return values.some((value) => value !== values[0]);
  };
  const lines = (step: StepResult | undefined): Line[] =>
    Object.keys(step?.response?.headers ?? {})
      .sort()
      .map((name) => ({ text: `${name}: ${step!.response!.headers[name]}`, token: name, varies: varies(name) }));
  return diffLines(lines(before), lines(now));
}
