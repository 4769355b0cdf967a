import type { LoadReport } from './load/load-report.ts';

/**
 * The result of a run: stored, returned by the HTTP API and printed by reporters as it is, hence snake_case.
 * Secrets are already redacted. Times are RFC 3339, UTC, milliseconds; durations are milliseconds, fractional.
 */

export type RunStatus = 'passed' | 'failed' | 'error' | 'skipped';

export interface RunResult {
  /** UUIDv7. */
  id: string;
  /** `id@environment`. */
  monitor: string;
  scenario: string;
  name: string;
  service: string;
  environment: string;
  owner: string | null;
  runbook: string | null;
  tags: string[];
  /** Of the last attempt. `failed`: an assertion did not hold. `error`: network, timeout, undefined template. */
  status: RunStatus;
  /** Passed, but a `warn` did not hold or an earlier attempt did not pass. */
  degraded: boolean;
  /** When the schedule wanted it; equals started_at for a run by hand. */
  scheduled_at: string;
  started_at: string;
  duration_ms: number;
  /** One trace for the whole run; every attempt and step is a span in it. */
  trace_id: string;
  /** Where it was made, of a scenario that names its locations. Absent from any other: the watcher made it. */
  location?: string;
  attempts: Attempt[];
  /** Steps of the last attempt. */
  steps: StepResult[];
  /** Why the last attempt did not pass. */
  failure: Failure | null;
  /** The watcher could not do its own part; says nothing about the service. */
  watcher_fault: string | null;
  /** Of a load test, which has neither attempts nor steps nor a trace. Absent from a run. */
  load?: LoadReport;
}

export interface Attempt {
  number: number;
  status: RunStatus;
  started_at: string;
  duration_ms: number;
  span_id: string;
  steps: StepResult[];
  /** null without `data`. */
  rows: RowCounts | null;
  failure: Failure | null;
}

/** What became of the rows of `data`; the rest of `total` was not begun. */
export interface RowCounts {
  total: number;
  passed: number;
  failed: number;
}

/** The first thing that went wrong in an attempt. */
export interface Failure {
  step: string;
  /** Of the data, from 1; the message names it too. */
  row: number | null;
  /** `status 500, expected 201`, or what the network said. */
  message: string;
  expected: string | null;
  actual: string | null;
  kind: 'assertion' | 'network' | 'timeout' | 'template' | 'refused_target' | 'response_limit';
  /** Method and path template of the failing request, e.g. `POST /v1/posts/{{ id }}`; null when none was made. */
  request: { method: string; route: string; url: string } | null;
  status_code: number | null;
  span_id: string;
}

/** `before` and `after` run once per attempt, `steps` once per row of data, `always` whatever happened. */
export type Section = 'before' | 'steps' | 'after' | 'always';

export interface StepResult {
  name: string;
  section: Section;
  /** A folder of scenarios/engine/protocols. */
  kind: string;
  /** The row of `data` that the step ran with, from 1; null where there are none. */
  row: number | null;
  /** How often it was done: more than once under `repeat`, 0 where it never began. What else is told is of the last try. */
  tries: number;
  /** The name of the parallel group that it belongs to. */
  group: string | null;
  /** Headers, bodies, captures and what passed were left out, as for most rows of data. */
  shortened: boolean;
  status: RunStatus;
  skipped_reason: string | null;
  /** From the start of the attempt. */
  offset_ms: number;
  duration_ms: number;
  timings: Timings | null;
  span_id: string;
  request: {
    method: string;
    url: string;
    /** Low in cardinality: `/v1/posts/{{ id }}`, `helloworld.Greeter/SayHello`. */
    route: string;
    headers: Record<string, string>;
    body: EvidenceBody | null;
  } | null;
  /** That were followed, in their order: the status that redirected, and where it led. */
  redirects: { status: number; url: string }[];
  response: {
    /** null where the protocol knows none. */
    status: number | null;
    /** null where it was not HTTP. */
    http_version: string | null;
    headers: Record<string, string>;
    body: EvidenceBody | null;
  } | null;
  assertions: AssertionResult[];
  /** The `warn` assertions; they never fail a step. */
  warnings: AssertionResult[];
  /** Secret ones read `[redacted]`. */
  captures: Record<string, unknown>;
  error: { code: string; message: string; hint: string | null } | null;
}

/** A body kept as evidence, at most 64 KiB, token-like fields redacted. */
export interface EvidenceBody {
  text: string;
  content_type: string | null;
  /** Of the whole body, decoded. */
  size_bytes: number;
  truncated: boolean;
}

/** Phases of one exchange in milliseconds; null when the phase did not happen, as on a reused connection. */
export interface Timings {
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  first_byte_ms: number | null;
  download_ms: number | null;
  total_ms: number;
  connection_reused: boolean;
}

export interface AssertionResult {
  kind: string;
  /** `status`, `header content-type`, `$.title`. */
  subject: string;
  operator: string;
  expected: string;
  actual: string;
  passed: boolean;
  /** One sentence a person can read. */
  message: string;
}
