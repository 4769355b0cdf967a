import type { Clock, Instant } from '../../core/clock.ts';
import { formatDuration } from '../../core/units.ts';
import type { Scenario } from '../language/model.ts';
import { type Generators, render, type Scope } from '../language/template.ts';
import type { Attempt, Failure } from '../run-result.ts';
import type { Deadline } from './deadline.ts';
import { TimeUp } from './http/http-session.ts';
import { spanId } from './ids.ts';
import { runStep, type StepContext, type StepOutcome, skipStep } from './step.ts';

/** What `always` may take after the attempt's own time is up, at most. */
const GRACE_MS = 10_000;

/** What all attempts of a run share. */
export type AttemptContext = Pick<
  StepContext,
  | 'clock'
  | 'deadlines'
  | 'entropy'
  | 'judge'
  | 'session'
  | 'policy'
  | 'lookup'
  | 'bodyLimitBytes'
  | 'evidence'
  | 'baseUrl'
  | 'userAgent'
  | 'traceId'
> & {
  scenario: Scenario;
  secrets: Readonly<Record<string, string>>;
  generators: Generators;
};

/** Runs all steps once. `abort` ends it early, `always` included: the run was stopped and is not a verdict. */
export async function runAttempt(number: number, shared: AttemptContext, abort: AbortSignal): Promise<Attempt> {
  const { clock, scenario } = shared;
  const values = new Map<string, unknown>();
  const { secrets, generators } = shared;
  const scope: Scope = { values, secrets, generators, environment: '', row: null, functions: null };
  const context: StepContext = { ...shared, scope, values, attemptStart: clock.monotonic() };
  const attempt: Attempt = {
    number,
    status: 'passed',
    started_at: timestamp(clock),
    duration_ms: 0,
    span_id: spanId(shared.entropy),
    steps: [],
    failure: setVariables(scenario, scope, values, ''),
  };
  if (attempt.failure) attempt.failure.span_id = attempt.span_id;
  const take = ({ result, failure }: StepOutcome) => {
    attempt.steps.push(result);
    attempt.failure ??= failure;
  };

  await within(shared.deadlines.start(scenario.timeoutMs, abort), async (signal) => {
    for (const step of scenario.steps) {
      if (attempt.failure) take(skipStep(step, 'steps', context, skipReason(attempt.failure)));
      else if (signal.aborted) take(timeUp(step, context, signal));
      else take(await runStep(step, 'steps', context, signal));
    }
  });
  if (scenario.always.length > 0) {
    const graceMs = Math.min(scenario.timeoutMs, GRACE_MS);
    await within(shared.deadlines.start(graceMs, abort), async (signal) => {
      for (const step of scenario.always) {
        if (signal.aborted) take(skipStep(step, 'always', context, 'no time was left'));
        else take(await runStep(step, 'always', context, signal));
      }
    });
  }

  attempt.duration_ms = clock.monotonic() - context.attemptStart;
  if (attempt.failure) attempt.status = attempt.failure.kind === 'assertion' ? 'failed' : 'error';
  return attempt;
}

async function within(deadline: Deadline, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  try {
    await work(deadline.signal);
  } finally {
    deadline.cancel();
  }
}

/** Variables in their order, later ones seeing earlier ones. */
function setVariables(scenario: Scenario, scope: Scope, values: Map<string, unknown>, span: string): Failure | null {
  for (const { name, value } of scenario.variables) {
    const rendered = render(value, scope);
    if ('error' in rendered) {
      const message = `variable ${name}: ${rendered.error.message}`;
      return {
        step: scenario.steps[0]?.name ?? name,
        message,
        expected: null,
        actual: null,
        kind: 'template',
        request: null,
        status_code: null,
        span_id: span,
      };
    }
    values.set(name, rendered.value);
  }
  return null;
}

function skipReason(failure: Failure): string {
  return failure.kind === 'template' && failure.request === null ? failure.message : `${failure.step} did not pass`;
}

/** The attempt's time ran out between two steps: the next one is the one that did not happen in time. */
function timeUp(step: Scenario['steps'][number], context: StepContext, signal: AbortSignal): StepOutcome {
  const { result } = skipStep(step, 'steps', context, 'no time was left');
  const limit = signal.reason instanceof TimeUp ? ` after ${formatDuration(signal.reason.limitMs)}` : '';
  const failure: Failure = {
    step: step.name,
    message: `the attempt's time was up${limit}, before this step began`,
    expected: null,
    actual: null,
    kind: 'timeout',
    request: null,
    status_code: null,
    span_id: result.span_id,
  };
  return { result, failure };
}

/** RFC 3339, UTC, milliseconds. */
export function timestamp(clock: Clock, at: Instant = clock.now()): string {
  return new Date(at).toISOString();
}
