import { FORBIDDEN_RANGES } from '../engine/http/address-ranges.ts';
import { isParallel, type Scenario } from '../language/model.ts';
import { type Code, call, keyOf, list, literal, mapping, prefixed, quoted } from './code.ts';
import { allSteps, durationOf, durationsOf } from './kinds.ts';
import { Refused } from './refusal.ts';

/** What `always` may take after the attempt's own time is up, as the engine grants it. */
export const GRACE_MS = 10_000;
/** Virtual users at most, unless the rate alone needs more: each takes some megabytes. */
const MOST_VUS = 1_000;

/** The `options` of a script: how often it starts, and what it must hold. */
export function optionsCode(scenario: Scenario, connection: readonly (readonly [string, Code])[] = []): Code {
  const thresholds = thresholdsCode(scenario);
  return mapping([
    ['scenarios', mapping([[scenario.id, executorCode(scenario)]])],
    [
      'thresholds',
      {
        before: '',
        brackets: '{}',
        items: [
          ...thresholds.map(([metric, expressions]) => prefixed(`${keyOf(metric)}: `, list(expressions.map(quoted)))),
          '...figuresOfEachStep()',
          ...otherFigures(scenario),
        ],
      },
    ],
    ['summaryTrendStats', literal(['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count'])],
    ['blacklistIPs', literal(FORBIDDEN_RANGES)],
    ...batchCode(scenario),
    ...connection,
  ]);
}

/** k6 sends six requests to a host at the same time; a group may be larger. */
function batchCode({ before, steps, after, always }: Scenario): [string, Code][] {
  const groups = [...before, ...steps, ...after, ...always].filter(isParallel);
  const largest = Math.max(0, ...groups.map((group) => group.steps.length));
  return ['batch', 'batchPerHost'].flatMap((name) => (largest > 6 ? [[name, literal(Math.max(largest, 20))]] : []));
}

function executorCode(scenario: Scenario): Code {
  const graceMs = scenario.always.length > 0 ? Math.min(scenario.timeoutMs, GRACE_MS) : 0;
  const longestMs = scenario.timeoutMs + graceMs;
  const gracefulStop: [string, Code] = ['gracefulStop', quoted(seconds(longestMs))];
  if (!scenario.load) {
    // Nothing says how much: once, with every row.
    const iterations = Math.max(1, scenario.data?.length ?? 1);
    return mapping([
      ['executor', quoted('per-vu-iterations')],
      ['vus', '1'],
      ['iterations', literal(iterations)],
      ['maxDuration', quoted(seconds(longestMs * iterations))],
    ]);
  }

  const { phases } = scenario.load;
  const { timeUnit, per } = unitFor(phases.map(({ arrivalRate }) => arrivalRate));
  const peak = Math.max(...phases.map(({ arrivalRate }) => arrivalRate));
  const started = Math.max(1, Math.ceil(peak));
  const users: [string, Code][] = [
    ['preAllocatedVUs', literal(started)],
    ['maxVUs', literal(Math.max(started, Math.min(Math.ceil((peak * longestMs) / 1_000), MOST_VUS)))],
  ];
  const [only] = phases;
  if (phases.length === 1) {
    return mapping([
      ['executor', quoted('constant-arrival-rate')],
      ['rate', literal(only!.arrivalRate * per)],
      ['timeUnit', quoted(timeUnit)],
      ['duration', quoted(seconds(only!.durationMs))],
      ...users,
      gracefulStop,
    ]);
  }
  const stages = phases.flatMap(({ durationMs, arrivalRate }, index) => [
    ...(index > 0 ? [{ duration: '0s', target: Math.round(arrivalRate * per) }] : []),
    { duration: seconds(durationMs), target: Math.round(arrivalRate * per) },
  ]);
  return mapping([
    ['executor', quoted('ramping-arrival-rate')],
    ['startRate', literal(Math.round(only!.arrivalRate * per))],
    ['timeUnit', quoted(timeUnit)],
    ['stages', literal(stages)],
    ...users,
    gracefulStop,
  ]);
}

/** k6 takes whole numbers of starts: of which unit of time the rates are such. */
function unitFor(rates: readonly number[]): { timeUnit: string; per: number } {
  for (const [timeUnit, per] of [
    ['1s', 1],
    ['1m', 60],
    ['1h', 3_600],
  ] as const) {
    if (rates.every((rate) => Math.abs(rate * per - Math.round(rate * per)) < 1e-9)) return { timeUnit, per };
  }
  throw new Refused('an arrival_rate that is no whole number of starts in an hour', 'round it');
}

const METRICS: Record<string, string> = {
  duration_p50: 'p(50)',
  duration_p90: 'p(90)',
  duration_p95: 'p(95)',
  duration_p99: 'p(99)',
  duration_max: 'max',
};
const SIGNS: Record<string, string> = { lt: '<', lte: '<=', gt: '>', gte: '>=' };

/** What is measured of steps that are no HTTP requests. */
function otherFigures(scenario: Scenario): Code[] {
  const steps = allSteps(scenario);
  return durationsOf(scenario).flatMap((metric) => {
    const names = steps.filter(({ kind }) => durationOf(kind) === metric).map(({ name }) => quoted(name));
    return names.length === 0 ? [] : [prefixed('...', call('figuresOf', quoted(metric), list(names)))];
  });
}

/** Thresholds by k6's metric: `http_req_duration: ['p(95)<300']`. */
export function thresholdsCode(scenario: Scenario): [metric: string, expressions: string[]][] {
  const byMetric = new Map<string, string[]>();
  for (const { metric, condition } of scenario.load?.thresholds ?? []) {
    const failed = metric === 'failed';
    const metrics = failed ? ['failed_iterations'] : durationsOf(scenario);
    const figure = failed ? 'rate' : METRICS[metric];
    if (!figure) throw new Refused(`the threshold ${metric}`);
    for (const name of metrics)
      for (const [operator, limit] of Object.entries(condition))
        byMetric.set(name, [...(byMetric.get(name) ?? []), `${figure}${SIGNS[operator]}${limit}`]);
  }
  return [...byMetric];
}

function seconds(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
