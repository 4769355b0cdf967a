import { toError } from '../../core/errors.ts';
import type { Observation } from '../engine/observation.ts';
import type { Stretch } from '../history/coverage.ts';
import { isScenarioRule, type Policy } from '../policies/policy.ts';
import type { SignalAnswer, SignalQuestion } from '../rules/signal.ts';
import { type FiringInstance, RuleWatch, type WatchDeps } from '../rules/watch.ts';
import type { GivenSignals } from './given-signals.ts';
import type { RecordedRules } from './recorded-rules.ts';

export interface RuleDriverDeps extends WatchDeps {
  signals: GivenSignals;
  clock: { now(): number; monotonic(): number };
  /** Nothing after it is looked at. */
  end_ms: number;
  observe(observation: Observation): void;
  retired(monitors: readonly string[]): void;
  /** Of a replay: what there is history of. */
  recorded?: Pick<RecordedRules, 'missing' | 'firstTurn'>;
  /** Monotonic milliseconds since which telemetry is received, where that is not now. */
  listening_since?: number;
}

interface Turning {
  watch: RuleWatch;
  /** Monotonic milliseconds of its first evaluation; the others follow at its interval. */
  first_ms: number;
  due_ms: number;
  /** When nothing is recorded of it, what is over left out. */
  missing: Stretch[];
}

/**
 * Evaluates rules at their intervals, as the watcher does, but leaves out evaluations that could say nothing: while what is
 * asked stays as it is and no waiting time ends. What it tells the desk is what evaluating each time would.
 */
export class RuleDriver {
  readonly #deps: RuleDriverDeps;
  readonly #rules: readonly Turning[];
  /** Whether a finished run may change an answer. */
  readonly asksAboutRuns: boolean;

  constructor(policies: readonly Policy[], deps: RuleDriverDeps) {
    this.#deps = deps;
    const now = deps.clock.monotonic();
    this.#rules = policies.flatMap((policy) =>
      policy.rules.flatMap((rule) =>
        isScenarioRule(rule)
          ? []
          : [this.#turning(new RuleWatch(policy, rule, deps, deps.listening_since ?? now), now)],
      ),
    );
    this.asksAboutRuns = this.#rules.some(({ watch }) =>
      watch.questions(deps.clock.now()).some((question) => question.of === 'runs'),
    );
  }

  #turning(watch: RuleWatch, now: number): Turning {
    const { recorded, clock } = this.#deps;
    if (!recorded) return { watch, first_ms: now, due_ms: now, missing: [] };
    const first = recorded.firstTurn(watch.questions(clock.now()), watch.rule.every_ms, now);
    return { watch, first_ms: first, due_ms: first, missing: [...recorded.missing(watch.policy.id, watch.rule.id)] };
  }

  /** When something is evaluated next; infinity for never. */
  get next_ms(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { due_ms } of this.#rules) next = Math.min(next, due_ms);
    return next;
  }

  /** Takes over what fired before the watcher was started again. */
  restore(instances: readonly (FiringInstance & { policy: string; rule: string })[]): void {
    for (const { policy, rule, ...instance } of instances) {
      const known = this.#rules.find(({ watch }) => watch.policy.id === policy && watch.rule.id === rule);
      if (known) known.watch.restore(instance, this.#deps.clock.monotonic());
      else this.#deps.retired([instance.monitor]);
    }
  }

  /** Something was given that may change answers: nothing is left out before it was looked at. */
  stir(): void {
    const now = this.#deps.clock.monotonic();
    for (const rule of this.#rules) rule.due_ms = Math.min(rule.due_ms, turnAtOrAfter(rule, now));
  }

  /** Evaluates what is due now. */
  evaluate(): void {
    const now = this.#deps.clock.monotonic();
    for (const rule of this.#rules) {
      if (rule.due_ms > now) continue;
      const unknownUntil = missingUntil(rule, now);
      if (unknownUntil === null) {
        this.#evaluate(rule);
        rule.due_ms = this.#nextDue(rule, now);
      } else {
        this.#doubt(rule);
        rule.due_ms = turnAtOrAfter(rule, Math.max(unknownUntil, now + 1));
      }
    }
  }

  #evaluate({ watch }: Turning): void {
    const { clock, observe, retired } = this.#deps;
    const at = { wall: clock.now(), monotonic: clock.monotonic() };
    const { answers, trouble } = this.#ask(watch.questions(at.wall));
    const { observations, gone } =
      trouble !== null && answers.every((answer) => answer === null)
        ? { observations: watch.doubt(trouble, at), gone: [] }
        : watch.take(answers, at);
    for (const observation of observations) observe(observation);
    if (gone.length > 0) retired(gone);
  }

  /** What nobody wrote down says nothing: nothing fires of it, and nothing ends. */
  #doubt({ watch }: Turning): void {
    const at = { wall: this.#deps.clock.now(), monotonic: this.#deps.clock.monotonic() };
    for (const observation of watch.doubt('nothing is recorded of that time', at)) this.#deps.observe(observation);
  }

  /** `trouble` says why the first of those that could not be asked could not. */
  #ask(questions: readonly SignalQuestion[]): { answers: (SignalAnswer | null)[]; trouble: string | null } {
    let trouble: string | null = null;
    const answers = questions.map((question) => {
      try {
        return this.#deps.signals.answer(question);
      } catch (error) {
        trouble ??= toError(error).message;
        return null;
      }
    });
    return { answers, trouble };
  }

  #nextDue(rule: Turning, now: number): number {
    const { watch } = rule;
    const next = turnAtOrAfter(rule, now + 1);
    const questions = watch.questions(this.#deps.clock.now());
    let until = Math.min(watch.nextChange(), this.#deps.end_ms + watch.rule.every_ms);
    for (const question of questions) until = Math.min(until, this.#deps.signals.constantUntil(question));
    if (until <= next) return next;
    // The turn before: a rule that waits counts on having heard of it within its waiting time.
    const last = turnAtOrAfter(rule, until - watch.rule.every_ms + 1);
    return questions.some(dependsOnTime) ? this.#firstFlip(rule, questions, next, last) : last;
  }

  /**
   * What certificates and heartbeats come to changes though nothing is given: they get too old, and never young again. So
   * the first turn at which the verdict is another one can be sought by halves.
   */
  #firstFlip(rule: Turning, questions: readonly SignalQuestion[], next: number, last: number): number {
    const { watch } = rule;
    const { answers } = this.#ask(questions);
    const wallOf = (ms: number) => this.#deps.clock.now() + (ms - this.#deps.clock.monotonic());
    const verdict = (ms: number) =>
      watch.kind
        .evaluate(watch.rule.spec, answers, wallOf(ms))
        .map(({ breached }) => breached)
        .join();
    const present = verdict(this.#deps.clock.monotonic());
    const { every_ms } = watch.rule;
    let [same, other] = [next - every_ms, last];
    if (verdict(other) === present) return last;
    while (other - same > every_ms) {
      const middle = turnAtOrAfter(rule, (same + other) / 2);
      if (middle >= other) break;
      if (verdict(middle) === present) same = middle;
      else other = middle;
    }
    return other;
  }
}

function dependsOnTime({ of }: SignalQuestion): boolean {
  return of === 'certificate' || of === 'heartbeat';
}

/** Until when nothing is recorded; null where something is. */
function missingUntil({ missing }: Turning, now: number): number | null {
  while (missing[0] && missing[0].to <= now) missing.shift();
  return missing[0] && missing[0].from <= now ? missing[0].to : null;
}

function turnAtOrAfter({ first_ms, watch }: Turning, ms: number): number {
  const { every_ms } = watch.rule;
  return first_ms + Math.max(0, Math.ceil((ms - first_ms) / every_ms)) * every_ms;
}
