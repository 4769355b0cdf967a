import { type Coverage, missingIn, readCoverage, type Stretch } from '../history/coverage.ts';
import { type AnswerHistory, questionKey } from '../history/history.ts';
import { RecordedAnswers } from '../history/recorded-answers.ts';
import { isScenarioRule, type Policy, type SignalRule } from '../policies/policy.ts';
import { ruleKinds } from '../rules/registry.ts';
import type { SignalQuestion } from '../rules/signal.ts';

/** Past this an interval is so long that its rule begins without an answer from before. */
const LONGEST_LEAD_MS = 3 * 86_400_000;

/** What was recorded of the questions of some policies. Times are milliseconds since the start of the replay. */
export interface RecordedRules {
  /** Since when the first watcher of that time had listened; undefined where none is known. */
  listening_since_ms: number | undefined;
  /** When watchers began. */
  restarts: readonly number[];
  answers: number;
  damaged: number;
  /**
   * When nothing is known of the rule of this name, on either side: what one side asks and was not asked then cannot be
   * compared with the other.
   */
  missing(policy: string, rule: string): readonly Stretch[];
  /** The first turn of a rule with these questions at or after `now`, where its watcher made them. */
  firstTurn(questions: readonly SignalQuestion[], everyMs: number, now: number): number;
  /** What was answered, from the beginning. */
  open(): RecordedAnswers;
}

/** Rules whose answers are recorded: all but those about runs alone, which are recorded themselves. */
export function asksOthers(rule: Policy['rules'][number]): rule is SignalRule {
  return !isScenarioRule(rule) && keysOf(rule).length > 0;
}

/** @param span wall-clock milliseconds */
export async function readRecordedRules(
  history: AnswerHistory,
  span: Stretch,
  sides: readonly (readonly Policy[])[],
): Promise<RecordedRules> {
  const byName = new Map<string, SignalRule[]>();
  for (const policy of sides.flat()) {
    for (const rule of policy.rules) {
      if (!asksOthers(rule)) continue;
      const name = nameOf(policy.id, rule.id);
      byName.set(name, [...(byName.get(name) ?? []), rule]);
    }
  }
  const rules = [...byName.values()].flat();
  const keys = new Set(rules.flatMap(keysOf));
  const longest = rules.reduce((most, { every_ms }) => Math.max(most, every_ms), 0);
  const lead = Math.min(LONGEST_LEAD_MS, 2 * longest);
  const coverage = await readCoverage(history, span, keys, lead);
  const since = (ms: number) => ms - span.from;
  const missing = new Map(
    [...byName].map(([name, own]) => {
      const recorded = own.flatMap(keysOf).map((key) => coverage.questions.get(key)?.recorded ?? []);
      return [name, missingIn(span, recorded).map(({ from, to }) => ({ from: since(from), to: since(to) }))];
    }),
  );
  const first = coverage.lives[0];
  return {
    listening_since_ms: first === undefined || first > span.from ? undefined : since(first),
    restarts: coverage.lives.filter((life) => life > span.from).map(since),
    answers: coverage.answers,
    damaged: coverage.damaged,
    missing: (policy, rule) => missing.get(nameOf(policy, rule)) ?? [],
    firstTurn: (questions, everyMs, now) => firstTurn(coverage, questions, everyMs, now + span.from) - span.from,
    open: () => new RecordedAnswers(history.between(span.from - lead, span.to), keys),
  };
}

function firstTurn(
  { questions: known, lives }: Coverage,
  questions: readonly SignalQuestion[],
  everyMs: number,
  now: number,
): number {
  const life = lives.findLast((began) => began <= now);
  for (const question of questions) {
    const turn = known.get(questionKey(question))?.turns.find((one) => one.life === life);
    if (turn) return turn.at + Math.ceil((now - turn.at) / everyMs) * everyMs;
  }
  return now;
}

function keysOf(rule: SignalRule): string[] {
  const questions = ruleKinds.get(rule.kind)?.questions(rule.spec, 0) ?? [];
  return questions.filter(({ of }) => of !== 'runs').map(questionKey);
}

function nameOf(policy: string, rule: string): string {
  return `${policy}/${rule}`;
}
