import { isScenarioRule, type Policy } from '../policies/policy.ts';
import { ruleKinds } from '../rules/registry.ts';
import type { Given } from './policy-test.ts';
import { type SimulationSetup, simulate } from './simulate.ts';
import type { Simulation, Told } from './simulation.ts';

/** What was recorded, and when it was. */
export interface Recording {
  /** Wall-clock milliseconds. */
  start: number;
  end: number;
  /** Runs and answers of people, in the order of their times since `start`. */
  given: readonly Given[];
}

/** What policies would have done. A page is a ring: an update or the end of an incident is none. */
export interface Outcome {
  incidents: number;
  pages: number;
  /** By channel, most first. */
  by_channel: readonly { name: string; pages: number }[];
  by_priority: readonly { name: string; pages: number }[];
}

/** A moment at which one would have told whom the other would not. */
export interface Divergence {
  /** RFC 3339. */
  at: string;
  /** Channels, and what they are told of. */
  before: readonly string[];
  after: readonly string[];
}

export interface Comparison {
  before: Outcome;
  after: Outcome;
  /** In the order of time. */
  divergences: readonly Divergence[];
  /** Rules whose numbers are not recorded, so that neither side evaluated them: `critical/slow-posts`. */
  left_out: readonly string[];
}

/** Plays what was recorded through two sets of policies. */
export async function compareOnRecording(
  setup: Omit<SimulationSetup, 'policies'>,
  policies: { before: readonly Policy[]; after: readonly Policy[] },
  recording: Recording,
): Promise<Comparison> {
  const play = (all: readonly Policy[]) =>
    simulate(
      { ...setup, policies: all.map(replayable) },
      {
        start: recording.start,
        given: recording.given,
        series: [],
        looks: [],
        end_ms: recording.end - recording.start,
      },
    );
  const before = await play(policies.before);
  const after = await play(policies.after);
  return {
    before: outcomeOf(before),
    after: outcomeOf(after),
    divergences: divergencesOf(ringsOf(before), ringsOf(after), recording.start),
    left_out: [...new Set([...policies.before, ...policies.after].flatMap(leftOut))].sort(),
  };
}

/** The policy without rules on numbers that nobody recorded. */
function replayable(policy: Policy): Policy {
  return { ...policy, rules: policy.rules.filter(isReplayable) };
}

function leftOut(policy: Policy): string[] {
  return policy.rules.flatMap((rule) =>
    isReplayable(rule) || isScenarioRule(rule) ? [] : [`${policy.id}/${rule.id}`],
  );
}

/** Runs are recorded; metrics, logs, certificates, heartbeats and ledgers are not, or not for as long. */
function isReplayable(rule: Policy['rules'][number]): boolean {
  if (isScenarioRule(rule)) return true;
  const questions = ruleKinds.get(rule.kind)?.questions(rule.spec, 0) ?? [];
  return questions.length > 0 && questions.every(({ of }) => of === 'runs');
}

function ringsOf({ told }: Simulation): Told[] {
  return told.filter(({ event }) => event === 'incident.triggered' || event === 'incident.escalated');
}

function outcomeOf(simulation: Simulation): Outcome {
  const rings = ringsOf(simulation);
  const counted = (key: (one: Told) => string) =>
    [...Map.groupBy(rings, key)]
      .map(([name, own]) => ({ name, pages: own.length }))
      .sort((a, b) => b.pages - a.pages || (a.name < b.name ? -1 : 1));
  return {
    incidents: simulation.incidents.length,
    pages: rings.length,
    by_channel: counted(({ channel }) => channel),
    by_priority: counted(({ priority }) => priority).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function divergencesOf(before: readonly Told[], after: readonly Told[], start: number): Divergence[] {
  const words = ({ channel, user, priority, title }: Told) =>
    `${user === null ? channel : `${channel} (${user})`}: ${priority} ${title}`;
  const at = (rings: readonly Told[], moment: number) => (byTime.get(rings)!.get(moment) ?? []).map(words).sort();
  const byTime = new Map([before, after].map((rings) => [rings, Map.groupBy(rings, ({ at_ms }) => at_ms)]));
  const moments = [...new Set([...before, ...after].map(({ at_ms }) => at_ms))].sort((a, b) => a - b);
  return moments.flatMap((moment) => {
    const [old, fresh] = [at(before, moment), at(after, moment)];
    if (old.join('\n') === fresh.join('\n')) return [];
    return [{ at: new Date(start + moment).toISOString(), before: old, after: fresh }];
  });
}
