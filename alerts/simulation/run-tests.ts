import type { ChannelInfo } from '../engine/state.ts';
import type { NotificationEvent } from '../incident.ts';
import type { OnCall } from '../on-call/on-call.ts';
import { resolveTarget } from '../on-call/targets.ts';
import type { Policy } from '../policies/policy.ts';
import { type Difference, judge } from './judge.ts';
import type { PolicyTests, TestCase } from './policy-test.ts';
import { type SimulationSetup, simulate } from './simulate.ts';
import type { Simulation } from './simulation.ts';

/** What tests run against. */
export interface TestSubject extends Pick<SimulationSetup, 'maintenance' | 'monitor' | 'inbound' | 'environment'> {
  policies: readonly Policy[];
  /** Of the config. */
  channels: readonly ChannelInfo[];
  /** Of the config; null where it has none. */
  onCall: OnCall | null;
}

export interface CaseResult {
  file: string;
  test: TestCase;
  /** The first in time is first; none where it passed. */
  differences: readonly Difference[];
  simulation: Simulation;
}

/** What a channel that a test made up is told. */
const STATE_CHANGES: readonly NotificationEvent[] = [
  'incident.triggered',
  'incident.acknowledged',
  'incident.resolved',
  'incident.escalated',
];

/** Runs every case of a file, one after the other. */
export async function runTests(tests: PolicyTests, subject: TestSubject): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const test of tests.cases) results.push(await runCase(tests, test, subject));
  return results;
}

/** @throws Error where a policy that the file names is not among those of the subject */
export async function runCase(tests: PolicyTests, test: TestCase, subject: TestSubject): Promise<CaseResult> {
  const simulation = await simulate(setupOf(tests, subject), {
    start: test.start,
    given: test.given,
    series: test.series,
    looks: test.expect.flatMap((one) => (one.kind === 'incident' ? [one.from_ms] : [])),
    end_ms: test.end_ms,
  });
  return { file: tests.file, test, differences: judge(simulation, test.expect), simulation };
}

function setupOf(tests: PolicyTests, subject: TestSubject): SimulationSetup {
  const policies = tests.policies.map((id) => {
    const policy = subject.policies.find((one) => one.id === id);
    if (!policy) throw new Error(`no policy has the id ${id}`);
    return policy;
  });
  const channels = tests.channels?.map((name) => ({ name, events: STATE_CHANGES })) ?? subject.channels;
  const onCall = tests.onCall ?? subject.onCall;
  return { ...subject, policies, channels, ...(onCall ? { resolveTarget: resolveTarget(() => onCall) } : {}) };
}
