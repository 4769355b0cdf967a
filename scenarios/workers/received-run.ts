import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { RunResult } from '../run-result.ts';

const text = Type.String({ maxLength: 100_000 });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const time = Type.String({ maxLength: 40, pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' });
const milliseconds = Type.Number({ minimum: 0, maximum: 86_400_000 });
const status = Type.Enum(['passed', 'failed', 'error', 'skipped']);
const spanId = Type.String({ pattern: '^[0-9a-f]{16}$' });
const list = <T extends Parameters<typeof Type.Array>[0]>(schema: T, most: number) =>
  Type.Array(schema, { maxItems: most });

const Failure = Type.Object({
  step: text,
  row: orNull(Type.Integer()),
  message: text,
  expected: orNull(text),
  actual: orNull(text),
  kind: Type.Enum(['assertion', 'network', 'timeout', 'template', 'refused_target', 'response_limit']),
  request: orNull(Type.Object({ method: text, route: text, url: text })),
  status_code: orNull(Type.Number()),
  span_id: spanId,
});
const Body = Type.Object({ text, content_type: orNull(text), size_bytes: Type.Number(), truncated: Type.Boolean() });
const Headers = Type.Record(Type.String(), Type.String());
const Assertion = Type.Object({
  kind: text,
  subject: text,
  operator: text,
  expected: text,
  actual: text,
  passed: Type.Boolean(),
  message: text,
});
const Step = Type.Object({
  name: text,
  section: Type.Enum(['before', 'steps', 'after', 'always']),
  kind: text,
  row: orNull(Type.Integer()),
  tries: Type.Integer(),
  group: orNull(text),
  shortened: Type.Boolean(),
  status,
  skipped_reason: orNull(text),
  offset_ms: milliseconds,
  duration_ms: milliseconds,
  timings: orNull(Type.Object({ total_ms: Type.Number(), connection_reused: Type.Boolean() })),
  span_id: spanId,
  request: orNull(Type.Object({ method: text, url: text, route: text, headers: Headers, body: orNull(Body) })),
  redirects: list(Type.Object({ status: Type.Number(), url: text }), 100),
  response: orNull(
    Type.Object({ status: orNull(Type.Number()), http_version: orNull(text), headers: Headers, body: orNull(Body) }),
  ),
  assertions: list(Assertion, 10_000),
  warnings: list(Assertion, 10_000),
  captures: Type.Record(Type.String(), Type.Unknown()),
  error: orNull(Type.Object({ code: text, message: text, hint: orNull(text) })),
});
const Attempt = Type.Object({
  number: Type.Integer(),
  status,
  started_at: time,
  duration_ms: milliseconds,
  span_id: spanId,
  steps: list(Step, 100_000),
  rows: orNull(Type.Object({ total: Type.Integer(), passed: Type.Integer(), failed: Type.Integer() })),
  failure: orNull(Failure),
});
const Run = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
  status,
  degraded: Type.Boolean(),
  started_at: time,
  duration_ms: milliseconds,
  trace_id: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  attempts: list(Attempt, 20),
  steps: list(Step, 100_000),
  failure: orNull(Failure),
  watcher_fault: orNull(text),
});

const shape = Compile(Run);

/** What only the side that ran it can know of a run. */
export type ReceivedRun = Static<typeof Run>;

/** What is wrong with a run that came over the network, at its first place; null where nothing is. */
export function problemOf(run: unknown): string | null {
  if (shape.Check(run)) return isTime(run as RunResult) ? null : 'started_at is no time';
  const [first] = shape.Errors(run);
  return `${first?.instancePath || 'the run'} ${first?.message ?? 'has another shape'}`;
}

function isTime({ started_at, attempts }: RunResult): boolean {
  return [started_at, ...attempts.map((attempt) => attempt.started_at)].every((at) => !Number.isNaN(Date.parse(at)));
}

/** Clocks that differ by less are left alone. */
const CLOCKS_DIFFER_MS = 2_000;

/**
 * The run as if it had been timed by the watcher's clock, which alone decides what is old and what is new.
 * @param between when it was given out and now: it cannot have begun before or ended after
 * @param endedMsAgo what the worker's monotonic clock says of its end
 */
export function inOurTime(run: RunResult, between: { from: number; to: number }, endedMsAgo: number): RunResult {
  const claimed = Date.parse(run.started_at);
  const ended = between.to - Math.max(0, Math.min(endedMsAgo, between.to - between.from));
  const started = Math.max(between.from, ended - run.duration_ms);
  const shift = Math.round(started - claimed);
  if (Math.abs(shift) < CLOCKS_DIFFER_MS) return run;
  const moved = (at: string) => new Date(Date.parse(at) + shift).toISOString();
  return {
    ...run,
    started_at: moved(run.started_at),
    attempts: run.attempts.map((attempt) => ({ ...attempt, started_at: moved(attempt.started_at) })),
  };
}
