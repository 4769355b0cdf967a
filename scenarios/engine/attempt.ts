import type { Clock, Instant } from '../../core/clock.ts';
import { formatDuration } from '../../core/units.ts';
import { type ActionStep, type Connection, isParallel, type Scenario, type Step } from '../language/model.ts';
import { type Generators, render, type Scope, type Template } from '../language/template.ts';
import type { Attempt, Failure, Section, StepResult } from '../run-result.ts';
import { ConnectionCache } from './connection.ts';
import type { Deadline } from './deadline.ts';
import { decide } from './decision.ts';
import type { RunEvidence } from './evidence/run-evidence.ts';
import { earlyFailure } from './failure.ts';
import { TimeUp } from './http/time-up.ts';
import { spanId } from './ids.ts';
import { ParameterValues } from './parameters.ts';
import { seededGenerators } from './repeatable.ts';
import { RowLedger } from './row-ledger.ts';
import { failStep, runStep, skipStep } from './step.ts';
import type { RunContext, StepContext, StepOutcome, StepPlace, StepView } from './step-context.ts';

/** What `always` may take after the attempt's own time is up, at most. */
const GRACE_MS = 10_000;

/** What all attempts of a run share. */
export interface AttemptContext extends RunContext {
  readonly scenario: Scenario;
  /** Of environment and scenario; null: nothing is said. */
  readonly connection: Connection | null;
  readonly environment: string;
  /** Stand over the scenario's variables of the same name. */
  readonly variables: Readonly<Record<string, Template>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly generators: Generators;
  readonly functions: Scope['functions'];
  /** null: generators do not repeat themselves. */
  readonly seed: number | null;
  onStep?(step: Pick<StepResult, 'name' | 'row' | 'status'>): void;
}

/** Runs everything once. `abort` ends it early, `always` included: the run was stopped and is not a verdict. */
export function runAttempt(number: number, shared: AttemptContext, abort: AbortSignal): Promise<Attempt> {
  return new AttemptRun(number, shared, abort).run();
}

class AttemptRun {
  readonly #shared: AttemptContext;
  readonly #context: StepContext;
  readonly #abort: AbortSignal;
  readonly #attempt: Attempt;
  /** Variables, captures made so far, and `row`. */
  readonly #values = new Map<string, unknown>();
  #scope: Scope;
  #parameters = new ParameterValues();
  /** What went wrong in this row, or before the first one. */
  #broken: Failure | null = null;
  /** Where the results of steps go. */
  #steps: StepResult[];

  constructor(number: number, shared: AttemptContext, abort: AbortSignal) {
    this.#shared = shared;
    this.#abort = abort;
    const { clock, scenario, secrets, generators, environment, functions, evidence } = shared;
    this.#context = {
      ...shared,
      cookies: scenario.cookies,
      connections: new ConnectionCache(shared.connection, evidence),
      attemptStart: clock.monotonic(),
    };
    this.#scope = {
      values: this.#values,
      secrets,
      generators,
      environment,
      functions: functions && observed(functions, evidence),
      row: null,
    };
    this.#attempt = {
      number,
      status: 'passed',
      started_at: timestamp(clock),
      duration_ms: 0,
      span_id: spanId(),
      steps: [],
      rows: null,
      failure: null,
    };
    this.#steps = this.#attempt.steps;
  }

  async run(): Promise<Attempt> {
    const { clock, scenario, deadlines } = this.#shared;
    const attempt = this.#attempt;
    this.#setVariables();
    await within(deadlines.start(scenario.timeoutMs, this.#abort), async (signal) => {
      if (scenario.before.length > 0) await this.#section('before', scenario.before, signal);
      if (scenario.data && !this.#broken) await this.#rows(scenario.data, signal);
      else await this.#section('steps', scenario.steps, signal);
      this.#broken = attempt.failure;
      if (scenario.after.length > 0) await this.#section('after', scenario.after, signal);
    });
    if (scenario.always.length > 0) {
      const graceMs = Math.min(scenario.timeoutMs, GRACE_MS);
      await within(deadlines.start(graceMs, this.#abort), (signal) => this.#section('always', scenario.always, signal));
    }
    attempt.duration_ms = clock.monotonic() - this.#context.attemptStart;
    if (attempt.failure) attempt.status = attempt.failure.kind === 'assertion' ? 'failed' : 'error';
    return attempt;
  }

  /** Variables in their order, later ones seeing earlier ones. */
  #setVariables(): void {
    const { scenario, variables } = this.#shared;
    const scope = this.#scopeAt('variables');
    for (const { name, value } of scenario.variables) {
      const rendered = render(Object.hasOwn(variables, name) ? variables[name]! : value, scope);
      if ('error' in rendered) {
        const step = (scenario.before[0] ?? scenario.steps[0])?.name ?? name;
        const message = `variable ${name}: ${rendered.error.message}`;
        this.#break(earlyFailure(step, null, this.#attempt.span_id, 'template', message));
        return;
      }
      this.#values.set(name, rendered.value);
    }
  }

  /** Every row begins with what `before` left; what rows captured is there for `after` and `always`, the last one's first. */
  async #rows(rows: readonly Template[], signal: AbortSignal): Promise<void> {
    const { scenario, evidence } = this.#shared;
    const values = this.#values;
    const base = new Map(values);
    const carried = new Map<string, unknown>();
    const ledger = new RowLedger(rows.length);
    this.#attempt.rows = ledger.counts;
    for (const [index, data] of rows.entries()) {
      const row = index + 1;
      if (signal.aborted) {
        this.#break(this.#noTimeForRow(row, rows.length, signal));
        break;
      }
      const mark = evidence.mark();
      this.#steps = [];
      this.#broken = null;
      this.#parameters = new ParameterValues();
      restore(values, base);
      this.#scope = { ...this.#scope, row };
      this.#setRow(row, data);
      await this.#section('steps', scenario.steps, signal, row);
      values.delete('row');
      for (const [name, value] of values) if (base.get(name) !== value) carried.set(name, value);
      const kept = ledger.add(this.#steps, this.#broken === null);
      if (!kept.full) evidence.release(kept.steps, mark);
      this.#attempt.steps.push(...kept.steps);
    }
    restore(values, base);
    const secret = secretNames(scenario.steps);
    for (const [name, value] of carried) {
      values.set(name, value);
      if (secret.has(name)) evidence.addSecret(value);
    }
    this.#scope = { ...this.#scope, row: null };
    this.#steps = this.#attempt.steps;
    this.#parameters = new ParameterValues();
  }

  #setRow(row: number, data: Template): void {
    const rendered = render(data, this.#scopeAt(`row/${row}`));
    if ('value' in rendered) this.#values.set('row', rendered.value);
    else {
      const { message } = rendered.error;
      const step = this.#shared.scenario.steps[0]?.name ?? 'data';
      this.#break(earlyFailure(step, row, this.#attempt.span_id, 'template', message));
    }
  }

  async #section(
    section: Section,
    steps: readonly Step[],
    signal: AbortSignal,
    row: number | null = null,
  ): Promise<void> {
    const place: StepPlace = { section, row, group: null };
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index]!;
      if (isParallel(step)) await this.#group(step, { ...place, group: step.name }, index, signal);
      else {
        const without = this.#notRun(step, place, signal);
        this.#take(without ?? (await this.#runStep(step, place, `${index}`, this.#values, signal)));
      }
    }
  }

  /** All steps at once, each with the names from before the group. */
  async #group(
    { if: decision, steps, parameters, name }: Extract<Step, { kind: 'parallel' }>,
    place: StepPlace,
    index: number,
    signal: AbortSignal,
  ): Promise<void> {
    const [first] = steps;
    if (first && !this.#notRun(first, place, signal) && decision) {
      const view = this.#view(this.#values, parameters, place, `${index}`);
      const decided = 'error' in view ? view : decide(decision, view.scope);
      if ('error' in decided || decided.skip !== null) {
        for (const step of steps) {
          if ('error' in decided) this.#take(failStep(step, place, this.#context, decided.error));
          else this.#take(skipStep(step, place, this.#context, `${name}: ${decided.skip}`));
        }
        return;
      }
    }
    const outcomes = steps.map(
      (step, inner) =>
        this.#notRun(step, place, signal) ??
        this.#runStep(step, place, `${index}/${inner}`, new Map(this.#values), signal),
    );
    for (const outcome of await Promise.all(outcomes)) this.#take(outcome);
  }

  /** What is told of a step that may not run any more. */
  #notRun(step: ActionStep, place: StepPlace, signal: AbortSignal): StepOutcome | null {
    if (place.section === 'always')
      return signal.aborted ? skipStep(step, place, this.#context, whyOver(signal)) : null;
    if (this.#broken) return skipStep(step, place, this.#context, skipReason(this.#broken));
    return signal.aborted ? this.#timeUp(step, place, signal) : null;
  }

  #runStep(
    step: ActionStep,
    place: StepPlace,
    index: string,
    values: Map<string, unknown>,
    signal: AbortSignal,
  ): Promise<StepOutcome> | StepOutcome {
    const view = this.#view(values, step.parameters, place, index);
    if ('error' in view) return failStep(step, place, this.#context, view.error);
    return runStep(step, place, this.#context, view, signal);
  }

  #view(values: Map<string, unknown>, parameters: Step['parameters'], place: StepPlace, index: string) {
    const scope = this.#scopeAt(index, place);
    const outside: StepView = { values, scope: scope.values === values ? scope : { ...scope, values } };
    return parameters ? this.#parameters.viewInside(parameters, outside) : outside;
  }

  #scopeAt(index: string, place: StepPlace | null = null): Scope {
    const { seed, generators } = this.#shared;
    if (seed === null) return this.#scope;
    const where = `${this.#attempt.number}/${place?.section ?? ''}/${place?.row ?? ''}/${index}`;
    return { ...this.#scope, generators: seededGenerators(seed, where, generators.now) };
  }

  #take({ result, failure, captured }: StepOutcome): void {
    this.#steps.push(result);
    const { name, row, status } = result;
    this.#shared.onStep?.({ name, row, status });
    if (captured) for (const [name, value] of captured) this.#values.set(name, value);
    if (failure) this.#break(failure);
  }

  #break(failure: Failure): void {
    this.#broken ??= failure;
    this.#attempt.failure ??= failure;
  }

  /** The attempt's time ran out between two steps: the next one is the one that did not happen in time. */
  #timeUp(step: ActionStep, place: StepPlace, signal: AbortSignal): StepOutcome {
    const outcome = skipStep(step, place, this.#context, whyOver(signal));
    const message = `the attempt's time was up${limitOf(signal)}, before this step began`;
    return { ...outcome, failure: earlyFailure(step.name, place.row, outcome.result.span_id, 'timeout', message) };
  }

  #noTimeForRow(row: number, total: number, signal: AbortSignal): Failure {
    const step = this.#shared.scenario.steps[0]!.name;
    const message = `the attempt's time was up${limitOf(signal)}, before row ${row} of ${total} began`;
    return earlyFailure(step, null, this.#attempt.span_id, 'timeout', message);
  }
}

function whyOver({ reason }: AbortSignal): string {
  return reason instanceof TimeUp ? 'no time was left' : 'the run was stopped';
}

/** A token that a function makes of a secret is one as well. */
function observed(functions: NonNullable<Scope['functions']>, evidence: RunEvidence): Scope['functions'] {
  return {
    names: functions.names,
    call(name, args) {
      const called = functions.call(name, args);
      if ('value' in called) evidence.addDerived(args, called.value);
      return called;
    },
  };
}

function limitOf({ reason }: AbortSignal): string {
  return reason instanceof TimeUp ? ` after ${formatDuration(reason.limitMs)}` : '';
}

async function within(deadline: Deadline, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  try {
    await work(deadline.signal);
  } finally {
    deadline.cancel();
  }
}

function restore(values: Map<string, unknown>, base: ReadonlyMap<string, unknown>): void {
  values.clear();
  for (const [name, value] of base) values.set(name, value);
}

function secretNames(steps: readonly Step[]): ReadonlySet<string> {
  const captures = steps.flatMap((step) => (isParallel(step) ? step.steps : [step])).flatMap(({ capture }) => capture);
  return new Set(captures.filter(({ secret }) => secret).map(({ name }) => name));
}

function skipReason(failure: Failure): string {
  return failure.kind === 'template' && failure.request === null ? failure.message : `${failure.step} did not pass`;
}

/** RFC 3339, UTC, milliseconds. */
export function timestamp(clock: Clock, at: Instant = clock.now()): string {
  return new Date(at).toISOString();
}
