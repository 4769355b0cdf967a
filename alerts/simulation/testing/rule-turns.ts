import { expect } from '@jest/globals';
import { seededRandom } from '../../../core/testing/seeded-random.ts';
import type { Observation } from '../../engine/observation.ts';
import { parsePolicy } from '../../policies/parse.ts';
import type { Policy } from '../../policies/policy.ts';
import { createRuleEvaluator } from '../../rules/evaluator.ts';
import { GivenSignals } from '../given-signals.ts';
import type { GivenSeries } from '../policy-test.ts';
import { RuleDriver } from '../rule-driver.ts';
import { SimulationClock } from '../simulation-clock.ts';

const START = Date.UTC(2026, 0, 5, 9);
/** How long each seed plays. */
const END_MS = 2 * 3_600_000;
/** How often rules are evaluated that do not say. */
const TURN_MS = 15_000;
const MINUTE = 60_000;

/** One rule of each kind whose answers a test can give. */
function policyOf(random: () => number): Policy {
  const pick = <T>(...of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const text = `version: 1
id: mixed
priority: P2
rules:
  - id: slow
    threshold: { of: { requests: { service: api }, aggregate: p95, by: http.route, window: ${pick('1m', '5m')} }, is: { gt: 500ms } }
    for: ${pick('0s', '2m', '40s')}
    keep_firing_for: ${pick('0s', '1m', '3m')}
    no_data: ${pick('keep', 'ok', 'alert')}
  - id: errors
    ratio: { part: { requests: { service: api, status: 5xx } }, whole: { requests: { service: api } }, window: 5m, is: { gt: 5% }, at_least: 20 }
    for: ${pick('0s', '1m')}
  - id: silent
    absence: { of: { logs: { service: api } }, for: ${pick('10m', '3m')} }
    every: ${pick('15s', '1m', '20s')}
  - id: surge
    rate_of_change: { of: { requests: { service: api } }, compared_to: 15m, is: { gt: 50% } }
  - id: budget
    burn_rate: { good: { requests: { service: api, status: ok } }, total: { requests: { service: api } }, objective: 99%, windows: [{ long: 30m, short: 5m, factor: 2 }] }
  - id: nightly
    heartbeat: { name: nightly, every: ${pick('20m', '1h')}, grace: 5m }
  - id: certificate
    certificate: { targets: ["a.example.com:443", "b.example.com:443"], expires_in: { lt: 14d } }
escalation:
  - { after: 0s, notify: [all] }
`;
  const { policy, diagnostics } = parsePolicy(text, 'mixed.policy.yaml', {});
  if (!policy) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

function seriesOf(random: () => number): GivenSeries[] {
  const numbers = (choices: readonly (number | null)[]) =>
    Array.from({ length: 6 }, () => choices[Math.floor(random() * choices.length)]!);
  const requests = (status: string, route: string, rate: readonly (number | null)[]): GivenSeries => ({
    of: 'requests',
    metric: null,
    attributes: { service: 'api', route, status, synthetic: 'false' },
    unit: 's',
    from_ms: random() < 0.7 ? 0 : 20 * MINUTE,
    every_ms: (1 + Math.floor(random() * 30)) * MINUTE,
    values: numbers([0.1, 0.4, 0.9]),
    per_minute: numbers(rate),
    line: 1,
  });
  return [
    requests('200', '/a', [100, 200, 10, null]),
    requests('200', '/b', [50, 0, 120]),
    requests('500', '/a', [0, 0, 3, 30]),
    { ...requests('200', '/a', [0, 5]), of: 'logs', attributes: { service: 'api', level: 'info' }, values: null },
  ];
}

type Act = (signals: GivenSignals) => void;

/** What happens from outside, at times that fall on no turn of a rule. */
function actsOf(random: () => number): { at_ms: number; act: Act }[] {
  const soon = () => Math.floor(random() * END_MS) + 0.5;
  return [
    { at_ms: 0.5, act: (signals: GivenSignals) => signals.present('a.example.com:443', 14 * 86_400_000 + soon()) },
    { at_ms: soon(), act: (signals: GivenSignals) => signals.present('b.example.com:443', 14 * 86_400_000 + soon()) },
    { at_ms: soon(), act: (signals: GivenSignals) => signals.beat('nightly', random() < 0.3) },
    { at_ms: soon(), act: (signals: GivenSignals) => signals.beat('nightly', false) },
    { at_ms: soon(), act: (signals: GivenSignals) => signals.goAway(7 * MINUTE) },
  ].sort((a, b) => a.at_ms - b.at_ms);
}

/** What the desk would hear, and when. An instance is waited for from the moment it failed until it passed. */
function ears(clock: SimulationClock) {
  const heard: string[] = [];
  const open = new Set<string>();
  return {
    heard,
    waiting: (monitor: string) => open.has(monitor),
    observe({ monitor, status, watcher_fault, failure }: Observation) {
      if (status === 'failed') open.add(monitor);
      if (status === 'passed') open.delete(monitor);
      heard.push(`${clock.monotonic()} ${monitor} ${status} ${watcher_fault ?? ''} ${failure?.message ?? ''}`);
    },
    retired(monitors: readonly string[]) {
      heard.push(`${clock.monotonic()} retired ${[...monitors].sort().join()}`);
    },
  };
}

/** What the desk hears when every turn is evaluated, with what the watcher evaluates rules with. */
async function everyTurn(seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const clock = new SimulationClock(START);
  const [policy, series, acts] = [policyOf(random), seriesOf(random), actsOf(random)];
  const signals = new GivenSignals(series, clock);
  const listening = ears(clock);
  const evaluator = createRuleEvaluator({
    clock,
    source: signals,
    policies: [policy],
    environment: 'production',
    ...listening,
    random: () => 0,
    log: { info() {}, warn() {}, error() {} },
  });
  await evaluator.start();
  for (const { at_ms, act } of acts) {
    await clock.advanceTo(at_ms);
    act(signals);
  }
  await clock.advanceTo(END_MS);
  return listening.heard;
}

/** What it hears when what could say nothing is left out, and how often was looked. */
async function whatMatters(seed: number): Promise<{ heard: string[]; looks: number }> {
  const random = seededRandom(seed);
  const clock = new SimulationClock(START);
  const [policy, series, acts] = [policyOf(random), seriesOf(random), actsOf(random)];
  const signals = new GivenSignals(series, clock);
  const listening = ears(clock);
  const driver = new RuleDriver([policy], {
    signals,
    clock,
    environment: 'production',
    end_ms: END_MS,
    ...listening,
  });
  let looks = 0;
  for (const { at_ms, act } of [...acts, { at_ms: END_MS, act: () => {} }]) {
    for (; driver.next_ms <= at_ms; looks++) {
      await clock.advanceTo(driver.next_ms);
      driver.evaluate();
    }
    await clock.advanceTo(at_ms);
    act(signals);
    driver.stir();
  }
  return { heard: listening.heard, looks };
}

/**
 * Plays that many random lives with and without leaving evaluations out, and compares what the desk is told of them.
 * @returns how often it was told something, and the share of turns at which the rules were looked at
 */
export async function compareTurns(seeds: number): Promise<{ told: number; looked: number }> {
  let told = 0;
  let looks = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const expected = await everyTurn(seed);
    const found = await whatMatters(seed);
    expect({ seed, heard: found.heard.sort() }).toEqual({ seed, heard: expected.sort() });
    told += found.heard.length;
    looks += found.looks;
  }
  return { told, looked: looks / ((seeds * END_MS) / TURN_MS) };
}
