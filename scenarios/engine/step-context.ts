import type { Clock } from '../../core/clock.ts';
import type { Scope } from '../language/template.ts';
import type { AssertionResult, Failure, Section, StepResult } from '../run-result.ts';
import type { ConnectionCache } from './connection.ts';
import type { Deadlines } from './deadline.ts';
import type { RunEvidence } from './evidence/run-evidence.ts';
import type { Exchange } from './exchange.ts';
import type { Lookup } from './http/connector.ts';
import type { HttpSession } from './http/http-session.ts';
import type { UrlPolicy } from './http/url-policy.ts';
import type { RunResources } from './run-resources.ts';

/** Judges one expectation; `spec` is rendered. The registry of scenarios/engine/assertions. */
export type Judge = (kind: string, spec: unknown, exchange: Exchange) => readonly AssertionResult[];

/** What all steps of a run share. */
export interface RunContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly judge: Judge;
  readonly session: HttpSession;
  readonly resources: RunResources;
  readonly policy: UrlPolicy;
  readonly lookup: Lookup;
  readonly bodyLimitBytes: number;
  readonly evidence: RunEvidence;
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly traceId: string;
}

/** What all steps of an attempt share. */
export interface StepContext extends RunContext {
  readonly connections: ConnectionCache;
  /** Whether cookies go from one step to the next. */
  readonly cookies: boolean;
  /** Monotonic start of the attempt. */
  readonly attemptStart: number;
}

/** Where a step stands. */
export interface StepPlace {
  readonly section: Section;
  /** Of the data, from 1. */
  readonly row: number | null;
  /** The name of its parallel group. */
  readonly group: string | null;
}

/** What the names in a step's templates mean. */
export interface StepView {
  readonly scope: Scope;
  /** What the scope reads; captures of the step are added. */
  readonly values: Map<string, unknown>;
}

export interface StepOutcome {
  readonly result: StepResult;
  readonly failure: Failure | null;
  /** By name; null where nothing was captured. */
  readonly captured: ReadonlyMap<string, unknown> | null;
}
