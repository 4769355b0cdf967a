import type { Observation } from '../engine/observation.ts';
import type { Policy, SignalRule } from '../policies/policy.ts';
import { advance, changesAt, firingSince, type InstanceState, type Moment, unseen } from './advance.ts';
import { monitorKey } from './instance-key.ts';
import { observationOf, type Verdict } from './observe.ts';
import { ruleKinds } from './registry.ts';
import type { Reading, RuleKind, ShownSeries } from './rule.ts';
import type { SignalAnswer, SignalQuestion } from './signal.ts';

/** More series than this in one rule are not watched; those that are known already, and those that breach, come first. */
export const MOST_INSTANCES = 1_000;

/** The desk is told again of what goes on firing, so that it knows the present value. */
const REPEAT_MS = 60_000;

interface Instance {
  monitor: string;
  labels: Readonly<Record<string, string>>;
  state: InstanceState;
  reading: Reading | null;
  /** What the desk was told last; null when it knows nothing of it. */
  told: Verdict['is'] | null;
  /** Monotonic milliseconds. */
  told_at: number;
  /** Number of the evaluation that saw it last. */
  round: number;
}

/** One instance, as it is shown. */
export interface InstanceStatus {
  monitor: string;
  labels: Readonly<Record<string, string>>;
  state: 'inactive' | 'pending' | 'firing' | 'no_data';
  /** RFC 3339; since when it is pending, firing or well. */
  since: string;
  /** With its unit; null without data. */
  value: string | null;
  /** What it is held against, with its unit; null before the first evaluation, and where there is none. */
  threshold: string | null;
  text: string | null;
}

/** One that fires; labels are null where nobody knows them any more. */
export interface FiringInstance {
  monitor: string;
  labels: Readonly<Record<string, string>> | null;
  /** Wall-clock milliseconds. */
  since: number;
}

/** What a rule asks of its surroundings. */
export interface WatchDeps {
  /** Environment of what names none. */
  environment: string;
  /** Whether an open incident waits for this monitor. */
  waiting(monitor: string): boolean;
}

/**
 * One rule over its evaluations, without clock and without waiting: questions out, answers in, observations out. What
 * asks and when is the evaluator's matter, or a simulation's.
 */
export class RuleWatch {
  readonly rule: SignalRule;
  readonly kind: RuleKind;
  policy: Policy;
  /** Series that were left out at the last evaluation. */
  leftOut = 0;
  readonly #deps: WatchDeps;
  readonly #names: readonly string[];
  readonly #listeningSince: number;
  /** Monotonic milliseconds from which readings mean something that do not yet; 0 for none. */
  #listenUntil = 0;
  readonly #instances = new Map<string, Instance>();
  /** Restored ones whose key does not tell their labels, by monitor: recognised when they are seen. */
  readonly #unlabelled = new Map<string, number>();
  #round = 0;
  #sequence = 0;

  /** @param listeningSince monotonic milliseconds: since when telemetry is received */
  constructor(policy: Policy, rule: SignalRule, deps: WatchDeps, listeningSince: number) {
    const kind = ruleKinds.get(rule.kind);
    if (!kind) throw new Error(`there is no kind of rule called ${rule.kind}`);
    this.policy = policy;
    this.rule = rule;
    this.kind = kind;
    this.#deps = deps;
    this.#listeningSince = listeningSince;
    this.#names = kind.labels(rule.spec);
  }

  /**
   * Goes on with one that fires already: it is not told anew, and ends like any other.
   * @returns false when it has labels that the rule does not know: it is none of its instances any more
   */
  restore({ monitor, labels, since }: FiringInstance, monotonic: number): boolean {
    if (labels === null) {
      this.#unlabelled.set(monitor, since);
      return true;
    }
    if (Object.keys(labels).some((name) => !this.#names.includes(name))) return false;
    const key = this.#keyOf(labels);
    if (this.#instances.has(key)) return true;
    const state = firingSince(since);
    this.#instances.set(key, { monitor, labels, state, reading: null, told: 'failed', told_at: monotonic, round: 0 });
    return true;
  }

  questions(wall: number): readonly SignalQuestion[] {
    return this.kind.questions(this.rule.spec, wall);
  }

  /**
   * Takes the answers of one evaluation in.
   * @param answers null for what could not be asked
   * @returns what the desk must hear, and the monitors that it may forget
   */
  take(
    answers: readonly (SignalAnswer | null)[],
    at: Moment,
  ): { observations: readonly Observation[]; gone: readonly string[] } {
    const round = ++this.#round;
    const observations: Observation[] = [];
    const gone: string[] = [];
    this.#listenUntil = 0;
    for (const reading of this.#bounded(this.kind.evaluate(this.rule.spec, answers, at.wall))) {
      if (this.#isTooEarly(reading, at)) continue;
      const key = this.#keyOf(reading.labels);
      let instance = this.#instances.get(key);
      if (instance?.round === round) continue;
      if (!instance) {
        instance = this.#create(reading.labels, at);
        this.#instances.set(key, instance);
      }
      instance.round = round;
      this.#judge(instance, reading, at, observations);
    }
    // Of what depends on an answer that did not come nothing can be said.
    if (answers.includes(null) || this.#listenUntil > 0) {
      const why = answers.includes(null)
        ? 'its data could not be asked for'
        : 'the watcher has not listened long enough';
      this.#doubt(why, at, observations, round);
      return { observations, gone };
    }
    for (const [key, instance] of this.#instances) {
      if (instance.round === round) continue;
      const vanished = this.#vanished(instance);
      if (this.#isTooEarly(vanished, at)) continue;
      this.#judge(instance, vanished, at, observations);
      if (!this.#isOver(instance, at)) continue;
      this.#instances.delete(key);
      if (instance.told !== null) gone.push(instance.monitor);
    }
    gone.push(...this.#unlabelled.keys());
    this.#unlabelled.clear();
    return { observations, gone };
  }

  /** Nothing could be asked: says nothing of the service, and ends nothing. */
  doubt(why: string, at: Moment): readonly Observation[] {
    const observations: Observation[] = [];
    this.#doubt(why, at, observations, -1);
    return observations;
  }

  /** The monotonic time from which an evaluation with the same answers would say something; Infinity for never. */
  nextChange(): number {
    let next = this.#listenUntil || Number.POSITIVE_INFINITY;
    for (const { state, reading, told, told_at, monitor } of this.#instances.values()) {
      next = Math.min(next, changesAt(state, reading?.breached ?? null, this.rule) ?? next);
      if (state.phase === 'firing' && told === 'failed') next = Math.min(next, told_at + REPEAT_MS);
      if (state.phase !== 'firing' && this.#deps.waiting(monitor)) return 0;
    }
    return next;
  }

  instances(): InstanceStatus[] {
    return [...this.#instances.values()].map(({ monitor, labels, state, reading }) => ({
      monitor,
      labels,
      state: reading?.breached === null && state.phase === 'inactive' ? 'no_data' : state.phase,
      since: new Date(state.since).toISOString(),
      value: reading?.shown.value ?? null,
      threshold: reading?.shown.threshold ?? null,
      text: reading?.text ?? null,
    }));
  }

  /**
   * What the desk would hear if an instance fired now; of one without labels where there is none of that name.
   * @param wall wall-clock milliseconds
   */
  supposed(monitor: string | null, wall: number): Observation {
    const known = [...this.#instances.values()].find((one) => one.monitor === monitor);
    const instance = known ?? { monitor: monitorKey(this.policy.id, this.rule.id, {}), labels: {}, reading: null };
    const when = { since: wall, now: wall, sequence: 0 };
    const { policy, rule } = this;
    return observationOf(policy, rule, instance, instance.reading, { is: 'failed' }, when, this.#deps.environment);
  }

  /** What tells why an instance fires; null where nothing does, or the instance is not known. */
  shownSeries(monitor: string): ShownSeries | null {
    const question = this.kind.shows(this.rule.spec);
    const instance = question && [...this.#instances.values()].find((one) => one.monitor === monitor);
    return instance ? { question, labels: instance.labels } : null;
  }

  /** Monitors that the desk knows of. */
  monitors(): string[] {
    const told = [...this.#instances.values()].filter((instance) => instance.told !== null);
    return [...told.map(({ monitor }) => monitor), ...this.#unlabelled.keys()];
  }

  /** Those that fire, for whoever goes on with them. */
  firing(): FiringInstance[] {
    const fire = [...this.#instances.values()].filter(({ state }) => state.phase === 'firing');
    return [
      ...fire.map(({ monitor, labels, state }) => ({ monitor, labels, since: state.since })),
      ...[...this.#unlabelled].map(([monitor, since]) => ({ monitor, labels: null, since })),
    ];
  }

  #isTooEarly(reading: Reading, { monotonic }: Moment): boolean {
    const from = this.#listeningSince + this.kind.restsOn(this.rule.spec, reading);
    if (monotonic >= from) return false;
    this.#listenUntil = this.#listenUntil === 0 ? from : Math.min(this.#listenUntil, from);
    return true;
  }

  #judge(instance: Instance, reading: Reading | null, at: Moment, observations: Observation[]): void {
    instance.reading = reading;
    const breached = reading?.breached ?? null;
    instance.state = advance(instance.state, breached, this.rule, at);
    if (instance.state.phase === 'firing') {
      if (breached === null && this.rule.no_data === 'keep')
        this.#tellDoubt(instance, reading?.text ?? 'no data', at, observations);
      else if (instance.told !== 'failed' || at.monotonic - instance.told_at >= REPEAT_MS) {
        this.#tell(instance, { is: 'failed' }, at, observations);
      }
      return;
    }
    // What is not known to be well has not passed.
    if (instance.state.phase === 'pending' || (breached === null && this.rule.no_data === 'keep')) return;
    const fired = instance.told === 'failed' || instance.told === 'unknown';
    if (fired || this.#deps.waiting(instance.monitor)) this.#tell(instance, { is: 'passed' }, at, observations);
  }

  #doubt(why: string, at: Moment, observations: Observation[], round: number): void {
    for (const instance of this.#instances.values()) {
      if (instance.round === round) continue;
      if (instance.state.phase === 'firing') this.#tellDoubt(instance, why, at, observations);
    }
  }

  #tellDoubt(instance: Instance, why: string, at: Moment, observations: Observation[]): void {
    if (instance.told !== 'unknown') this.#tell(instance, { is: 'unknown', why }, at, observations);
  }

  #tell(instance: Instance, verdict: Verdict, at: Moment, observations: Observation[]): void {
    const when = { since: instance.state.since, now: at.wall, sequence: ++this.#sequence };
    instance.told = verdict.is;
    instance.told_at = at.monotonic;
    const { policy, rule } = this;
    observations.push(observationOf(policy, rule, instance, instance.reading, verdict, when, this.#deps.environment));
  }

  #create(labels: Readonly<Record<string, string>>, { wall, monotonic }: Moment): Instance {
    const monitor = monitorKey(this.policy.id, this.rule.id, labels);
    const fired = this.#unlabelled.get(monitor);
    this.#unlabelled.delete(monitor);
    const [state, told] = fired === undefined ? [unseen(wall), null] : [firingSince(fired), 'failed' as const];
    return { monitor, labels, state, reading: null, told, told_at: monotonic, round: 0 };
  }

  #vanished({ labels }: Instance): Reading {
    const known = this.kind.vanished(this.rule.spec, labels);
    const of = Object.values(labels).join(', ');
    const text = `${this.rule.name}${of && ` (${of})`}: no data`;
    return known ?? { labels, value: null, breached: null, text, shown: { value: null, threshold: null } };
  }

  /** Whether there is nothing left to say of one that is not in the answers any more. */
  #isOver({ state, reading, monitor }: Instance, at: Moment): boolean {
    if (this.#deps.waiting(monitor)) return false;
    if (state.phase === 'inactive') return true;
    if (reading?.breached !== null || this.rule.no_data === 'alert') return false;
    return (
      state.phase === 'firing' || at.monotonic - state.heard_at > Math.max(this.rule.for_ms, 2 * this.rule.every_ms)
    );
  }

  #bounded(readings: readonly Reading[]): readonly Reading[] {
    this.leftOut = Math.max(0, readings.length - MOST_INSTANCES);
    if (this.leftOut === 0) return readings;
    const rank = (reading: Reading) =>
      this.#instances.has(this.#keyOf(reading.labels)) ? 0 : reading.breached ? 1 : 2;
    return Array.from(readings, (reading) => ({ reading, rank: rank(reading) }))
      .sort((a, b) => a.rank - b.rank)
      .slice(0, MOST_INSTANCES)
      .map(({ reading }) => reading);
  }

  #keyOf(labels: Readonly<Record<string, string>>): string {
    const [first, ...others] = this.#names;
    if (first === undefined) return '';
    if (others.length === 0) return labels[first] ?? '';
    return JSON.stringify(this.#names.map((name) => labels[name] ?? ''));
  }
}
