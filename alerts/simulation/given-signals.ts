import type { Observation } from '../engine/observation.ts';
import type { RecordedAnswers } from '../history/recorded-answers.ts';
import type { SeriesAnswer, SeriesQuestion, SignalAnswer, SignalQuestion, SignalSource } from '../rules/signal.ts';
import { GivenNumbers } from './given-numbers.ts';
import type { GivenSeries } from './policy-test.ts';

type RunQuestion = Extract<SeriesQuestion, { of: 'runs' }>;

/** What rules ask, answered from what a test gives. Times that are passed in are milliseconds since the start of the case. */
export class GivenSignals implements SignalSource {
  readonly #numbers: GivenNumbers;
  /** Wall-clock milliseconds; follows the simulated clock. */
  readonly #wallClock: () => number;
  readonly #elapsed: () => number;
  readonly #knownSince: string;
  readonly #runs: { at_ms: number; run: Observation }[] = [];
  /** Of each question about runs, the times of those it counts: found once, however often it is asked. */
  readonly #counted = new WeakMap<RunQuestion, { seen: number; times: number[] }>();
  readonly #beats = new Map<string, { at: string; failed: boolean }>();
  readonly #certificates = new Map<string, string>();
  readonly #ledgers = new Map<string, { lag_ms: number; lost: number }>();
  readonly #recorded: RecordedAnswers | null;
  #awayUntil = Number.NEGATIVE_INFINITY;

  /** @param recorded of a replay: answers to everything but questions about runs */
  constructor(
    series: readonly GivenSeries[],
    clock: { now(): number; monotonic(): number },
    recorded: RecordedAnswers | null = null,
  ) {
    this.#recorded = recorded;
    this.#numbers = new GivenNumbers(series);
    this.#wallClock = () => clock.now();
    this.#elapsed = () => clock.monotonic();
    this.#knownSince = new Date(clock.now()).toISOString();
  }

  /** @param at_ms before the start, for runs of then that later windows reach back to */
  ran(run: Observation, at_ms = this.#elapsed()): void {
    this.#runs.push({ at_ms, run });
  }

  beat(name: string, failed: boolean): void {
    this.#beats.set(name, { at: new Date(this.#wallClock()).toISOString(), failed });
  }

  present(target: string, expiresInMs: number): void {
    this.#certificates.set(target, new Date(this.#wallClock() + expiresInMs).toISOString());
  }

  ledger(name: string, says: { lag_ms: number; lost: number }): void {
    this.#ledgers.set(name, says);
  }

  goAway(forMs: number): void {
    this.#awayUntil = this.#elapsed() + forMs;
  }

  async ask<Q extends SignalQuestion>(question: Q): Promise<SignalAnswer<Q>> {
    return this.answer(question) as SignalAnswer<Q>;
  }

  /** @throws Error where the source is away, or the test says nothing about what is asked */
  answer(question: SignalQuestion): SignalAnswer {
    if (this.#elapsed() < this.#awayUntil) throw new Error('the test takes the source of signals away');
    if (this.#recorded && question.of !== 'runs') {
      const said = this.#recorded.at(question, this.#wallClock());
      if (said) return said;
      throw new Error(said === null ? 'it could not be asked then either' : 'nothing is recorded of that time');
    }
    switch (question.of) {
      case 'runs':
        return this.#countRuns(question);
      case 'certificate': {
        const expires_at = this.#certificates.get(question.target);
        if (expires_at === undefined) throw new Error(`the test gives no certificate of ${question.target}`);
        return { expires_at, subject: question.target.replace(/:\d+$/, '') };
      }
      case 'heartbeat': {
        const last = this.#beats.get(question.name);
        return {
          known_since: this.#knownSince,
          last_at: last?.at ?? null,
          failed: last?.failed ?? false,
          message: null,
        };
      }
      case 'backend':
        return this.#ledgers.get(question.name) ?? { lag_ms: 0, lost: 0 };
      default:
        return this.#numbers.answer(question, this.#elapsed());
    }
  }

  /**
   * Until when the answer to the question stays what it is, if nothing further is given. Milliseconds since the start of
   * the case; the present itself while the answer changes from moment to moment.
   */
  constantUntil(question: SignalQuestion): number {
    const now = this.#elapsed();
    // The next turn was answered anew.
    if (this.#recorded && question.of !== 'runs') return now;
    const away = now < this.#awayUntil ? this.#awayUntil : Number.POSITIVE_INFINITY;
    switch (question.of) {
      case 'runs': {
        const to = now - question.offset_ms;
        const from = to - question.window_ms;
        const times = this.#timesOf(question);
        const next = times[countUpTo(times, from)];
        if (next === undefined) return away;
        return next <= to ? now : Math.min(away, next + question.offset_ms);
      }
      case 'certificate':
      case 'heartbeat':
      case 'backend':
        return away;
      default:
        return Math.min(away, this.#numbers.constantUntil(question, now));
    }
  }

  #countRuns(question: RunQuestion): SeriesAnswer {
    const to = this.#elapsed() - question.offset_ms;
    const times = this.#timesOf(question);
    const value = countUpTo(times, to) - countUpTo(times, to - question.window_ms);
    return { unit: '1', groups: [{ labels: {}, value, samples: value }] };
  }

  #timesOf(question: RunQuestion): readonly number[] {
    const known = this.#counted.get(question) ?? { seen: 0, times: [] };
    this.#counted.set(question, known);
    for (; known.seen < this.#runs.length; known.seen++) {
      const { at_ms, run } = this.#runs[known.seen]!;
      if (counts(question, run)) known.times.push(at_ms);
    }
    return known.times;
  }
}

function counts(question: RunQuestion, run: Observation): boolean {
  const any = (wanted: readonly string[], has: (one: string) => boolean) => wanted.length === 0 || wanted.some(has);
  return (
    run.status !== 'skipped' &&
    run.watcher_fault === null &&
    (question.status === null || (question.status === 'passed') === (run.status === 'passed')) &&
    any(question.ids, (id) => run.monitor.slice(0, run.monitor.lastIndexOf('@')) === id) &&
    any(question.tags, (tag) => run.tags.includes(tag)) &&
    any(question.services, (service) => run.service === service) &&
    any(question.environments, (environment) => run.environment === environment)
  );
}

/** How many of these, which are in order, are not later. */
function countUpTo(times: readonly number[], ms: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
