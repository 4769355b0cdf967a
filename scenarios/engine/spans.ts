import type { Attempt, RunResult, StepResult } from '../run-result.ts';
import { runSpanId } from './ids.ts';
import { protocolOf } from './protocols/registry.ts';

type OtlpValue = { stringValue: string } | { intValue: string } | { doubleValue: number } | { boolValue: boolean };

export interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}

/** A span in OTLP/JSON: ids in hex, times as decimal strings (OpenTelemetry protocol, JSON Protobuf encoding). */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  status: { code?: number; message?: string };
}

/** The body of `POST /v1/traces`. */
export interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: { scope: { name: string; version?: string }; spans: OtlpSpan[] }[];
  }[];
}

const INTERNAL = 1;
const CLIENT = 3;
const ERROR = 2;

/**
 * The spans of a run: the run, its attempts, and one span per step, named by its protocol, under which the watched
 * service's own spans fall. The tries of a repeated step share one span, steps of a group overlap. Pure; what it is given is
 * redacted already.
 */
export function toSpans(run: RunResult, version?: string): OtlpTraces {
  const root: OtlpSpan = {
    traceId: run.trace_id,
    spanId: runSpanId(run.id),
    name: `run ${run.scenario}`,
    kind: INTERNAL,
    ...interval(nanos(run.started_at), run.duration_ms),
    attributes: attributes({
      ...identity(run),
      'ringdown.run.status': run.status,
      'ringdown.run.degraded': run.degraded,
    }),
    status: statusOf(run.status, run.failure?.message),
  };
  const spans = [root, ...run.attempts.flatMap((attempt) => attemptSpans(run, attempt, root.spanId))];
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': 'ringdown', 'service.version': version }) },
        scopeSpans: [{ scope: { name: 'ringdown/scenarios', ...(version ? { version } : {}) }, spans }],
      },
    ],
  };
}

function attemptSpans(run: RunResult, attempt: Attempt, parent: string): OtlpSpan[] {
  const start = nanos(attempt.started_at);
  const own: OtlpSpan = {
    traceId: run.trace_id,
    spanId: attempt.span_id,
    parentSpanId: parent,
    name: `attempt ${attempt.number}`,
    kind: INTERNAL,
    ...interval(start, attempt.duration_ms),
    attributes: attributes({ ...identity(run), 'ringdown.attempt': attempt.number }),
    status: statusOf(attempt.status, attempt.failure?.message),
  };
  // A step that was skipped did nothing that could have lasted.
  const ran = attempt.steps.filter((step) => step.status !== 'skipped');
  return [own, ...ran.map((step) => stepSpan(run, attempt, step, start))];
}

function stepSpan(run: RunResult, attempt: Attempt, step: StepResult, attemptStart: bigint): OtlpSpan {
  const failed = step.assertions.find((assertion) => !assertion.passed);
  const { name, attributes: own } = protocolOf(step.kind).span(step);
  return {
    traceId: run.trace_id,
    spanId: step.span_id,
    parentSpanId: attempt.span_id,
    name,
    kind: step.request ? CLIENT : INTERNAL,
    ...interval(attemptStart + fromMs(step.offset_ms), step.duration_ms),
    attributes: attributes({
      ...identity(run),
      'ringdown.attempt': attempt.number,
      'ringdown.step': step.name,
      'ringdown.step.kind': step.kind,
      'ringdown.step.section': step.section,
      'ringdown.row': step.row,
      'ringdown.group': step.group,
      'ringdown.tries': step.tries > 1 ? step.tries : null,
      ...(step.request ? { ...own, 'user_agent.synthetic.type': 'test' } : own),
      'ringdown.connection_reused': step.timings?.connection_reused,
    }),
    status: statusOf(step.status, step.error?.message ?? failed?.message),
  };
}

function identity(run: RunResult): Record<string, string> {
  return {
    'ringdown.run.id': run.id,
    'ringdown.monitor': run.monitor,
    'ringdown.scenario': run.scenario,
    'ringdown.service': run.service,
    'deployment.environment.name': run.environment,
  };
}

function statusOf(status: RunResult['status'], message: string | undefined): OtlpSpan['status'] {
  if (status !== 'failed' && status !== 'error') return {};
  return { code: ERROR, ...(message ? { message } : {}) };
}

function attributes(values: Record<string, string | number | boolean | null | undefined>): OtlpAttribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: otlpValue(value) }],
  );
}

function otlpValue(value: string | number | boolean): OtlpValue {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

const fromMs = (ms: number) => BigInt(Math.round(ms * 1_000)) * 1_000n;
const nanos = (time: string) => BigInt(Date.parse(time)) * 1_000_000n;

function interval(start: bigint, durationMs: number): Pick<OtlpSpan, 'startTimeUnixNano' | 'endTimeUnixNano'> {
  return { startTimeUnixNano: String(start), endTimeUnixNano: String(start + fromMs(durationMs)) };
}
