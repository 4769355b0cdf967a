import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { toError } from '../../core/errors.ts';
import type { Observation } from '../engine/observation.ts';
import { isScenarioRule, type Policy, type SignalRule } from '../policies/policy.ts';
import { type Evaluation, Evaluations } from './evaluations.ts';
import { readMonitorKey } from './instance-key.ts';
import type { ShownSeries } from './rule.ts';
import type { SignalAnswer, SignalQuestion, SignalSource } from './signal.ts';
import { type InstanceStatus, MOST_INSTANCES, RuleWatch } from './watch.ts';

/** A source that takes longer is given up for this evaluation. */
const LONGEST_ASK_MS = 10_000;
/** Rules that wait for their answers at the same time, of each place that is asked. */
const MOST_AT_ONCE = 8;
/** Where questions go; those of others are places of their own. A store that hangs holds no heartbeat up. */
const TELEMETRY: ReadonlySet<SignalQuestion['of']> = new Set(['metric', 'logs', 'requests']);
/** Without a rule there is nothing to wake for. */
const LONGEST_SLEEP_MS = 3_600_000;
/** Starts are spread in such steps, so that rules share wake-ups. */
const SPREAD_STEP_MS = 250;

export interface RuleEvaluatorDeps {
  clock: Clock;
  source: SignalSource;
  policies: readonly Policy[];
  /** Environment of rules and values that name none. */
  environment: string;
  /** Must not throw. */
  observe(observation: Observation): void;
  /** Whether an open incident waits for this monitor: `passed` is observed at every evaluation until none does. */
  waiting(monitor: string): boolean;
  /** These are no more: the desk must let go of them. Must not throw. */
  retired(monitors: readonly string[]): void;
  /** Uniform in [0, 1); spreads the starts of rules. */
  random?: () => number;
  /** What a rule was answered at the turn of `at` (wall-clock milliseconds); null where it could not be asked. Must not throw. */
  onAnswer?: (asked: { question: SignalQuestion; at: number; every_ms: number; answer: SignalAnswer | null }) => void;
  /** A rule cannot be evaluated as it should, or (null) can again. Must not throw. */
  onTrouble?: (rule: { policy: string; rule: string }, trouble: string | null) => void;
  /** An evaluation found other instances, or some in other states, than the one before. Must not throw. */
  onChange?: (rule: { policy: string; rule: string }) => void;
  log: {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
  };
}

/** What the desk knew of a rule's instance before this process began. */
export interface RestoredInstance {
  monitor: string;
  /** RFC 3339; since when it fails. */
  since: string;
}

/** One rule, as it is shown. Times are RFC 3339. */
export interface RuleStatus {
  policy: string;
  rule: string;
  name: string;
  kind: string;
  every_ms: number;
  last_evaluated_at: string | null;
  /** When it is due again; null before the start. */
  next_evaluation_at: string | null;
  /** How long the last evaluation took. */
  duration_ms: number | null;
  trouble: { since: string; message: string } | null;
  /** Series beyond the most that one rule watches. */
  left_out: number;
  instances: InstanceStatus[];
  /** Newest first; begins anew with the process, and when the rule is changed. */
  evaluations: readonly Evaluation[];
}

export interface RuleEvaluator extends Component {
  /**
   * Takes over what fires already: monitors whose keys begin with `rule:` and that fail or have an open incident. Those of
   * rules that are no more are retired. Call it when the desk has read its state, at any time.
   */
  restore(instances: readonly RestoredInstance[]): void;
  /** Rules that stay as they are go on; a changed one keeps what fires; a removed one is retired. */
  replacePolicies(policies: readonly Policy[]): void;
  status(): RuleStatus[];
  /**
   * What the desk would hear if the rule fired now, for whoever asks what would follow. Observes nothing.
   * @param monitor one of its instances; null for one of which nobody has heard
   * @returns undefined where there is no such rule
   */
  supposed(policy: string, rule: string, monitor: string | null): Observation | undefined;
  /** The series whose records tell why an instance fires, by its monitor; null where none do, or it is not known. */
  shownSeries(monitor: string): ShownSeries | null;
  /** How late the most overdue evaluation is, in monotonic milliseconds; 0 while all are in time, and before the start. */
  behindMs(): number;
  /** Monitors that the desk knows of, and must retain. */
  monitors(): string[];
}

interface Running {
  watch: RuleWatch;
  /** Where it asks. */
  lane: string;
  /** Monotonic milliseconds at which the next evaluation is due. */
  due: number;
  evaluating: boolean;
  lastAt: number | null;
  tookMs: number | null;
  trouble: { since: number; message: string } | null;
  evaluations: Evaluations;
  /** Of the text of the rule, to see whether a new file changed it. */
  fingerprint: string;
}

/**
 * Evaluates rules at their intervals. A rule never overlaps itself: while an answer is awaited its further turns are
 * left out. A source that does not answer in time, or fails, is trouble of the watcher and says nothing of the service.
 */
export function createRuleEvaluator(deps: RuleEvaluatorDeps): RuleEvaluator {
  const { clock, log } = deps;
  const random = deps.random ?? Math.random;
  const listeningSince = clock.monotonic();
  const rules = new Map<string, Running>();
  const stopping = new AbortController();
  const deadlines = new Map<Running, { at: number; abort: AbortController }>();
  const queue: Running[] = [];
  const evaluations = new Set<Promise<void>>();
  let wake = new AbortController();
  let loop: Promise<void> | null = null;

  function place(policy: Policy, rule: SignalRule): Running {
    const spread = Math.floor((random() * Math.min(rule.every_ms, 15_000)) / SPREAD_STEP_MS) * SPREAD_STEP_MS;
    const watch = new RuleWatch(policy, rule, deps, listeningSince);
    const of = watch.questions(clock.now())[0]?.of ?? 'metric';
    return {
      watch,
      lane: TELEMETRY.has(of) ? 'telemetry' : of,
      due: clock.monotonic() + spread,
      evaluating: false,
      lastAt: null,
      tookMs: null,
      trouble: null,
      evaluations: new Evaluations(),
      fingerprint: JSON.stringify(rule),
    };
  }

  function replacePolicies(policies: readonly Policy[]): void {
    const wanted = new Map<string, { policy: Policy; rule: SignalRule }>();
    for (const policy of policies) {
      for (const rule of policy.rules) {
        if (!isScenarioRule(rule)) wanted.set(`${policy.id}/${rule.id}`, { policy, rule });
      }
    }
    const gone: string[] = [];
    for (const [key, running] of rules) {
      const next = wanted.get(key);
      if (next && JSON.stringify(next.rule) === running.fingerprint) {
        running.watch.policy = next.policy;
        continue;
      }
      rules.delete(key);
      deadlines.get(running)?.abort.abort(new Error('the rule was changed'));
      const known = running.watch.monitors();
      if (next && sameInstances(running.watch, next.rule)) {
        const changed = place(next.policy, next.rule);
        for (const instance of running.watch.firing()) changed.watch.restore(instance, clock.monotonic());
        rules.set(key, changed);
        const kept = new Set(changed.watch.monitors());
        gone.push(...known.filter((monitor) => !kept.has(monitor)));
      } else gone.push(...known);
    }
    for (const [key, { policy, rule }] of wanted) if (!rules.has(key)) rules.set(key, place(policy, rule));
    if (gone.length > 0) deps.retired(gone);
    wake.abort();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const now = clock.monotonic();
      let next = Number.POSITIVE_INFINITY;
      for (const running of rules.values()) {
        if (running.due <= now) {
          if (!running.evaluating) {
            running.evaluating = true;
            queue.push(running);
          }
          // Turns that passed while nobody could look are not made up for.
          const { every_ms } = running.watch.rule;
          const turns = Math.floor((now - running.due) / every_ms);
          running.due += (turns + 1) * every_ms;
        }
        next = Math.min(next, running.due);
      }
      for (const { at, abort } of deadlines.values()) {
        if (at <= now) abort.abort(new Error(`no answer within ${LONGEST_ASK_MS / 1_000} s`));
        else next = Math.min(next, at);
      }
      startQueued();
      for (const { at } of deadlines.values()) next = Math.min(next, at);
      wake = new AbortController();
      // Only an abort ends it early, and that is a reason to look again.
      await clock.timer(Math.max(1, Math.min(next - now, LONGEST_SLEEP_MS)), wake.signal).catch(() => undefined);
    }
  }

  function startQueued(): void {
    const busy = new Map<string, number>();
    for (const { lane } of deadlines.keys()) busy.set(lane, (busy.get(lane) ?? 0) + 1);
    for (let at = 0; at < queue.length; ) {
      const running = queue[at]!;
      const beside = busy.get(running.lane) ?? 0;
      if (beside >= MOST_AT_ONCE) {
        at++;
        continue;
      }
      busy.set(running.lane, beside + 1);
      queue.splice(at, 1);
      const started = clock.monotonic();
      const abort = new AbortController();
      deadlines.set(running, { at: started + Math.min(LONGEST_ASK_MS, running.watch.rule.every_ms), abort });
      const evaluation = evaluate(running, abort.signal).finally(() => {
        running.evaluating = false;
        running.tookMs = clock.monotonic() - started;
        deadlines.delete(running);
        evaluations.delete(evaluation);
        if (!stopping.signal.aborted) startQueued();
      });
      evaluations.add(evaluation);
    }
  }

  async function evaluate(running: Running, abort: AbortSignal): Promise<void> {
    const { watch } = running;
    // By the turn, not by when it came to be: a rule that waits for 2m must not wait for 2m and a moment.
    const monotonic = running.due - watch.rule.every_ms;
    const turn = Math.round(clock.now() - (clock.monotonic() - monotonic));
    let trouble: string | null = null;
    try {
      const questions = watch.questions(clock.now());
      const answers = await Promise.all(
        questions.map((question) =>
          ask(question, abort).catch((error: unknown) => {
            trouble ??= toError(error).message;
            return null;
          }),
        ),
      );
      if (stopping.signal.aborted || rules.get(`${watch.policy.id}/${watch.rule.id}`) !== running) return;
      const { every_ms } = watch.rule;
      questions.forEach((question, index) => {
        deps.onAnswer?.({ question, at: turn, every_ms, answer: answers[index]! });
      });
      const at = { wall: clock.now(), monotonic };
      const { observations, gone } =
        trouble !== null && answers.every((answer) => answer === null)
          ? { observations: watch.doubt(trouble, at), gone: [] }
          : watch.take(answers, at);
      running.lastAt = at.wall;
      for (const observation of observations) deps.observe(observation);
      if (gone.length > 0) deps.retired(gone);
    } catch (error) {
      trouble ??= `a mistake of ours: ${toError(error).message}`;
      log.error({ err: error, policy: watch.policy.id, rule: watch.rule.id }, 'a rule could not be evaluated');
    }
    const asked = trouble === null;
    if (asked && watch.leftOut > 0) {
      trouble = `${watch.leftOut + MOST_INSTANCES} series; the first ${MOST_INSTANCES} are watched`;
    }
    tellTrouble(running, trouble, clock.now());
    if (running.evaluations.add(watch.instances(), asked, clock.now()))
      deps.onChange?.({ policy: watch.policy.id, rule: watch.rule.id });
  }

  /** Rejects when the source does, and when the time is up though the source goes on. */
  function ask<Q extends SignalQuestion>(question: Q, abort: AbortSignal): Promise<SignalAnswer> {
    return new Promise<SignalAnswer>((resolve, reject) => {
      if (abort.aborted) return reject(abort.reason);
      const onAbort = () => reject(abort.reason);
      abort.addEventListener('abort', onAbort, { once: true });
      const settle = (act: () => void) => {
        abort.removeEventListener('abort', onAbort);
        act();
      };
      deps.source.ask(question, abort).then(
        (answer) => settle(() => resolve(answer)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  function tellTrouble(running: Running, message: string | null, wall: number): void {
    const { policy, rule } = running.watch;
    const before = running.trouble;
    running.trouble = message === null ? null : { since: before?.since ?? wall, message };
    if ((before === null) === (message === null)) return;
    const fields = { policy: policy.id, rule: rule.id };
    if (message === null) log.info(fields, 'a rule is evaluated again');
    else log.warn({ ...fields, reason: message }, 'a rule is not evaluated as it should');
    deps.onTrouble?.({ policy: policy.id, rule: rule.id }, message);
  }

  replacePolicies(deps.policies);

  return {
    async start() {
      loop ??= run();
    },
    async shutdown(abort) {
      if (stopping.signal.aborted) return;
      stopping.abort(new Error('shutting down'));
      wake.abort();
      for (const { abort: each } of deadlines.values()) each.abort(new Error('shutting down'));
      await Promise.race([
        Promise.all([loop, ...evaluations]),
        new Promise<void>((resolve) => {
          if (abort.aborted) resolve();
          else abort.addEventListener('abort', () => resolve(), { once: true });
        }),
      ]);
    },
    restore(instances) {
      const gone: string[] = [];
      for (const { monitor, since } of instances) {
        const key = readMonitorKey(monitor);
        if (!key) continue;
        const running = rules.get(`${key.policy}/${key.rule}`);
        const instance = { monitor, labels: key.labels, since: Date.parse(since) };
        if (!running?.watch.restore(instance, clock.monotonic())) gone.push(monitor);
      }
      if (gone.length > 0) deps.retired(gone);
    },
    replacePolicies,
    behindMs() {
      if (loop === null) return 0;
      const earliest = Math.min(Number.POSITIVE_INFINITY, ...[...rules.values()].map(({ due }) => due));
      return Math.max(0, clock.monotonic() - earliest);
    },
    status: () =>
      [...rules.values()].map(({ watch, lastAt, tookMs, trouble, due, evaluations }) => ({
        policy: watch.policy.id,
        rule: watch.rule.id,
        name: watch.rule.name,
        kind: watch.rule.kind,
        every_ms: watch.rule.every_ms,
        last_evaluated_at: lastAt === null ? null : new Date(lastAt).toISOString(),
        next_evaluation_at: loop === null ? null : new Date(clock.now() + due - clock.monotonic()).toISOString(),
        duration_ms: tookMs,
        trouble: trouble && { since: new Date(trouble.since).toISOString(), message: trouble.message },
        left_out: watch.leftOut,
        instances: watch.instances(),
        evaluations: evaluations.list(),
      })),
    supposed: (policy, rule, monitor) => rules.get(`${policy}/${rule}`)?.watch.supposed(monitor, clock.now()),
    shownSeries(monitor) {
      const key = readMonitorKey(monitor);
      return (key && rules.get(`${key.policy}/${key.rule}`)?.watch.shownSeries(monitor)) ?? null;
    },
    monitors: () => [...rules.values()].flatMap(({ watch }) => watch.monitors()),
  };
}

/** Whether instances of the rule as it was are instances of the rule as it is: what fires goes on firing. */
function sameInstances(before: RuleWatch, next: SignalRule): boolean {
  const { rule, kind } = before;
  return (
    rule.kind === next.kind &&
    rule.service === next.service &&
    rule.environment === next.environment &&
    [...kind.labels(rule.spec)].sort().join('\0') === [...kind.labels(next.spec)].sort().join('\0')
  );
}
