import type { AnswerHistory } from '../history/history.ts';
import { isScenarioRule, type Policy } from '../policies/policy.ts';
import { ruleKinds } from '../rules/registry.ts';
import type { Given } from './policy-test.ts';
import { asksOthers, type RecordedRules, readRecordedRules } from './recorded-rules.ts';
import { type SimulationSetup, simulate } from './simulate.ts';
import type { Simulation, Told } from './simulation.ts';

/** What was recorded, and when it was. */
export interface Recording {
  /** Wall-clock milliseconds. */
  start: number;
  end: number;
  /** Runs and answers of people, in the order of their times since `start`; runs of before, that windows reach back to, among them. */
  given: readonly Given[];
  /** What rules were answered. */
  answers: AnswerHistory;
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
  /** What is told, each once, with the channels that it goes to before it. */
  before: readonly string[];
  after: readonly string[];
}

export interface Comparison {
  before: Outcome;
  after: Outcome;
  /** In the order of time. */
  divergences: readonly Divergence[];
  /** Rules of which nothing is recorded in that time, so that neither side evaluated them: `critical/slow-posts`. */
  left_out: readonly string[];
  /** Rules of which something is missing; meanwhile neither side evaluated them, which neither fires nor ends anything. */
  gaps: readonly { rule: string; missing: readonly Gap[] }[];
  rule_answers: number;
  /** Pieces of history that could not be read. */
  damaged: number;
}

/** RFC 3339. */
export interface Gap {
  from: string;
  to: string;
}

/** Plays what was recorded through two sets of policies. */
export async function compareOnRecording(
  setup: Omit<SimulationSetup, 'policies'>,
  policies: { before: readonly Policy[]; after: readonly Policy[] },
  recording: Recording,
): Promise<Comparison> {
  const { start, end, answers } = recording;
  const recorded = await readRecordedRules(answers, { from: start, to: end }, [policies.before, policies.after]);
  const restarts = recorded.restarts.map((at_ms): Given => ({ at_ms, kind: 'restart', down_ms: 0 }));
  const given = [...restarts, ...recording.given].sort((a, b) => a.at_ms - b.at_ms);
  const play = (all: readonly Policy[]) =>
    simulate({ ...setup, policies: all }, { start, given, series: [], looks: [], end_ms: end - start, recorded });
  const before = await play(policies.before);
  const after = await play(policies.after);
  return {
    before: outcomeOf(before),
    after: outcomeOf(after),
    divergences: divergencesOf(ringsOf(before), ringsOf(after), start),
    ...missingOf([...policies.before, ...policies.after], recorded, recording),
    rule_answers: recorded.answers,
    damaged: recorded.damaged,
  };
}

/** How far back rules about runs look, in milliseconds. */
export function lookBackOf(policies: readonly Policy[]): number {
  const questions = policies.flatMap(({ rules }) =>
    rules.flatMap((rule) => (isScenarioRule(rule) ? [] : (ruleKinds.get(rule.kind)?.questions(rule.spec, 0) ?? []))),
  );
  return questions.reduce(
    (most, question) => Math.max(most, question.of === 'runs' ? question.window_ms + question.offset_ms : 0),
    0,
  );
}

function missingOf(
  policies: readonly Policy[],
  recorded: RecordedRules,
  { start, end }: Recording,
): Pick<Comparison, 'left_out' | 'gaps'> {
  const left_out = new Set<string>();
  const gaps = new Map<string, Gap[]>();
  const iso = (ms: number) => new Date(start + ms).toISOString();
  for (const policy of policies) {
    for (const rule of policy.rules.filter(asksOthers)) {
      const name = `${policy.id}/${rule.id}`;
      const missing = recorded.missing(policy.id, rule.id);
      if (missing.length === 1 && missing[0]!.from <= 0 && missing[0]!.to >= end - start) left_out.add(name);
      else if (missing.length > 0)
        gaps.set(
          name,
          missing.map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
        );
    }
  }
  return {
    left_out: [...left_out].sort(),
    gaps: [...gaps].map(([rule, missing]) => ({ rule, missing })).sort((a, b) => (a.rule < b.rule ? -1 : 1)),
  };
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
  const name = ({ channel, user }: Told) => (user === null ? channel : `${channel} (${user})`);
  const at = (rings: readonly Told[], moment: number) =>
    [...Map.groupBy(byTime.get(rings)!.get(moment) ?? [], ({ priority, title }) => `${priority} ${title}`)]
      .map(([what, told]) => `${told.map(name).sort().join(', ')}: ${what}`)
      .sort();
  const byTime = new Map([before, after].map((rings) => [rings, Map.groupBy(rings, ({ at_ms }) => at_ms)]));
  const moments = [...new Set([...before, ...after].map(({ at_ms }) => at_ms))].sort((a, b) => a - b);
  return moments.flatMap((moment) => {
    const [old, fresh] = [at(before, moment), at(after, moment)];
    if (old.join('\n') === fresh.join('\n')) return [];
    return [{ at: new Date(start + moment).toISOString(), before: old, after: fresh }];
  });
}
