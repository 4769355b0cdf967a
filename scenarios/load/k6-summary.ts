import { formatDuration } from '../../core/units.ts';
import { isParallel, type Scenario, type Step } from '../language/model.ts';
import { durationOf, durationsOf } from './kinds.ts';
import { thresholdsCode } from './load-options.ts';
import type { LoadReport, LoadStep, LoadThreshold, Percentiles } from './load-report.ts';
import { checkName, stepTag } from './step-tag.ts';

/** What k6 hands to `handleSummary` (https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary). */
export interface K6Summary {
  readonly metrics: Readonly<Record<string, K6Metric>>;
  readonly root_group: K6Group;
  readonly state: { readonly testRunDurationMs: number };
}

interface K6Metric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

interface K6Group {
  readonly name: string;
  readonly groups: readonly K6Group[];
  readonly checks: readonly { readonly name: string; readonly passes: number; readonly fails: number }[];
}

/** k6's figures in the scenario's own words. @param messages without secrets */
export function loadReport(
  scenario: Scenario,
  summary: K6Summary,
  about: { tool: string; stopped: boolean; messages: readonly string[] },
): LoadReport {
  const value = (metric: string, field: string) => summary.metrics[metric]?.values[field] ?? 0;
  return {
    tool: about.tool,
    duration_ms: summary.state.testRunDurationMs,
    stopped: about.stopped,
    iterations: {
      count: value('iterations', 'count'),
      failed: value('failed_iterations', 'passes'),
      dropped: value('dropped_iterations', 'count'),
      rate_per_s: value('iterations', 'rate'),
    },
    vus_max: value('vus_max', 'max'),
    requests: {
      count: value('http_reqs', 'count') + othersOf(summary),
      unanswered: value('http_req_failed', 'passes'),
      rate_per_s: value('http_reqs', 'rate') + (othersOf(summary) * 1_000) / summary.state.testRunDurationMs,
      duration: percentiles(summary.metrics[durationsOf(scenario)[0] ?? ANSWERED], answered(summary)),
    },
    thresholds: thresholdsOf(scenario, summary),
    steps: (['before', 'steps', 'after', 'always'] as const).flatMap((section) =>
      scenario[section].flatMap((step) => stepsOf(step, section, summary)),
    ),
    messages: [...about.messages],
  };
}

function stepsOf(step: Step, section: LoadStep['section'], summary: K6Summary): LoadStep[] {
  const steps = isParallel(step) ? step.steps : [step];
  return steps.map(({ name, kind }) => {
    const metric = (id: string) => summary.metrics[`${id}{step:${stepTag(name)}}`];
    const { passes = 0, fails = 0 } = metric('failed_steps')?.values ?? {};
    const own = durationOf(kind);
    const duration = own
      ? metric(own)
      : summary.metrics[`http_req_duration{step:${stepTag(name)},expected_response:true}`];
    const requests = (own ? duration : metric('http_reqs'))?.values.count ?? 0;
    const group = summary.root_group.groups.find((one) => one.name === checkName(name));
    return {
      name,
      section,
      runs: passes + fails,
      failed: passes,
      requests,
      duration: percentiles(duration, requests),
      checks: (group?.checks ?? []).map((check) => ({ name: check.name, passed: check.passes, failed: check.fails })),
    };
  });
}

/** Durations of the requests that were answered; k6 calls any answer expected, because the script says so. */
const ANSWERED = 'http_req_duration{expected_response:true}';

function answered({ metrics }: K6Summary): number {
  const http = (metrics.http_reqs?.values.count ?? 0) - (metrics.http_req_failed?.values.passes ?? 0);
  return http + othersOf({ metrics });
}

/** Calls and conversations that are no HTTP requests. */
function othersOf({ metrics }: Pick<K6Summary, 'metrics'>): number {
  const count = (id: string | null) => metrics[id ?? '']?.values.count ?? 0;
  return count(durationOf('grpc')) + count(durationOf('websocket'));
}

/** k6 gives zeros for what was never measured. */
function percentiles(metric: K6Metric | undefined, requests: number): Percentiles | null {
  if (!metric || requests === 0 || !metric.values.max) return null;
  const { values } = metric;
  return {
    p50_ms: values.med ?? 0,
    p90_ms: values['p(90)'] ?? 0,
    p95_ms: values['p(95)'] ?? 0,
    p99_ms: values['p(99)'] ?? 0,
    max_ms: values.max ?? 0,
  };
}

const WORDS: Record<string, string> = { lt: 'less than', lte: 'at most', gt: 'more than', gte: 'at least' };
const FIELDS: Record<string, string> = {
  duration_p50: 'med',
  duration_p90: 'p(90)',
  duration_p95: 'p(95)',
  duration_p99: 'p(99)',
  duration_max: 'max',
};

/** Thresholds in the order of the file, as k6 judged them; of several protocols the worst counts. */
function thresholdsOf(scenario: Scenario, summary: K6Summary): LoadThreshold[] {
  return (scenario.load?.thresholds ?? []).flatMap((threshold) => {
    const judged = thresholdsCode({ ...scenario, load: { phases: [], thresholds: [threshold] } });
    const failed = threshold.metric === 'failed';
    const show = failed
      ? (share: number) => `${round(share * 100)}%`
      : (ms: number) => (ms < 10 ? `${round(ms)} ms` : formatDuration(ms));
    const measured = failed || answered(summary) > 0;
    const figure = failed ? 'rate' : FIELDS[threshold.metric]!;
    return Object.entries(threshold.condition).map(([operator, limit], index) => {
      const metrics = judged.flatMap(([id, expressions]) => {
        const metric = summary.metrics[id];
        const actual = measured ? metric?.values[figure] : undefined;
        // What was not measured did not hold.
        const crossed = actual === undefined || !(metric?.thresholds?.[expressions[index]!]?.ok ?? false);
        return [{ actual, crossed }];
      });
      const told = metrics.find(({ crossed }) => crossed) ?? metrics[0]!;
      return {
        metric: threshold.metric,
        expected: `${WORDS[operator]} ${show(limit as number)}`,
        actual: told.actual === undefined ? 'nothing was measured' : show(told.actual),
        crossed: told.crossed,
      };
    });
  });
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
