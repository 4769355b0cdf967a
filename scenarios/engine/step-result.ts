import type { StepResult } from '../run-result.ts';
import type { RunEvidence } from './evidence/run-evidence.ts';
import type { Exchange } from './exchange.ts';
import type { SentRequest } from './protocols/protocol.ts';
import type { StepOutcome, StepPlace } from './step-context.ts';

/** A result before anything has happened. */
export function emptyResult(
  step: { readonly name: string; readonly kind: string },
  { section, row, group }: StepPlace,
  offsetMs: number,
  span: string,
): StepResult {
  return {
    name: step.name,
    section,
    kind: step.kind,
    row,
    tries: 0,
    group,
    shortened: false,
    status: 'passed',
    skipped_reason: null,
    offset_ms: offsetMs,
    duration_ms: 0,
    timings: null,
    span_id: span,
    request: null,
    redirects: [],
    response: null,
    assertions: [],
    warnings: [],
    captures: {},
    error: null,
  };
}

/** @param result of a step that did nothing */
export function skipped(result: StepResult, reason: string): StepOutcome {
  return { result: { ...result, status: 'skipped', tries: 0, skipped_reason: reason }, failure: null, captured: null };
}

export function requestEvidence(
  request: SentRequest,
  route: string,
  evidence: RunEvidence,
): NonNullable<StepResult['request']> {
  return {
    method: request.method,
    url: evidence.url(request.url),
    route,
    headers: evidence.headers(request.headers),
    body: evidence.body(request.body, request.headers['content-type'] ?? null),
  };
}

export function responseEvidence(
  response: Exchange['response'],
  evidence: RunEvidence,
): NonNullable<StepResult['response']> {
  return {
    status: response.status,
    http_version: response.httpVersion,
    headers: evidence.headers(response.headers.fields),
    body: evidence.body(response.bytes, response.headers.get('content-type') ?? null),
  };
}
