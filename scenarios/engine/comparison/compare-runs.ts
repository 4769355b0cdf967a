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
    status: { before: number | null; now: number | null };
    headers: DiffLine[];
    body: DiffLine[];
  }[];
}

/**
 * Compares response headers and bodies of a run's last attempt with those of a passing run.
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
  for (const step of run.steps) {
    const same = known.map((other) => other.steps.find((candidate) => candidate.name === step.name));
    comparison.steps.push(compareSteps(step, same[0], same));
  }
  return comparison;
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
