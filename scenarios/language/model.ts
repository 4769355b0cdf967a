/** A scenario as it is run: plain read-only data, short forms expanded, defaults filled in, templates compiled. */
import type { Condition } from '../engine/assertions/condition.ts';
import type { Template } from './template.ts';

export interface Scenario {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly owner: string | null;
  readonly runbook: string | null;
  readonly tags: readonly string[];
  /** Where it stands, as given to `parseScenario`. */
  readonly file: string;
  /** null: only run by hand. */
  readonly schedule: Schedule | null;
  /** Of one attempt, `always` not included. */
  readonly timeoutMs: number;
  /** `times: 1` means two attempts. */
  readonly retry: { readonly times: number; readonly delayMs: number };
  /** Evaluated once per attempt, in this order; a later one may use an earlier one. */
  readonly variables: readonly { readonly name: string; readonly value: Template }[];
  /** Names of the environment's secrets that it may use. */
  readonly secrets: readonly string[];
  readonly steps: readonly Step[];
  readonly always: readonly Step[];
  readonly load: Load | null;
  readonly slo: { readonly objective: number; readonly windowMs: number } | null;
  readonly alert: { readonly policy: string } | null;
  /** `until`: YYYY-MM-DD, that day included, UTC. */
  readonly quarantine: { readonly until: string; readonly reason: string } | null;
}

/** Shape-compatible with scenarios/schedule. `jitter` is a share of the interval, 0 to 1. */
export type Schedule =
  | {
      readonly kind: 'every';
      readonly everyMs: number;
      readonly jitter: number | null;
      readonly whileFailingMs: number | null;
    }
  | {
      readonly kind: 'cron';
      readonly cron: string;
      readonly timezone: string;
      readonly jitter: number | null;
      readonly whileFailingMs: number | null;
    };

export type Step = ActionStep;

export interface ActionStep {
  /** A folder of scenarios/engine/protocols. */
  readonly kind: string;
  readonly name: string;
  /** null: only the attempt's. */
  readonly timeoutMs: number | null;
  /** What the `compile` of its protocol made. */
  readonly spec: unknown;
  /** Holds what its protocol expects by default, where the file says nothing of that kind. */
  readonly expect: readonly Expectation[];
  readonly warn: readonly Expectation[];
  readonly capture: readonly Capture[];
}

/** `kind` is a folder of scenarios/engine/assertions; `spec` renders to what its `evaluate` takes. */
export interface Expectation {
  readonly kind: string;
  readonly spec: Template;
}

export interface Capture {
  readonly name: string;
  readonly from: CaptureSource;
  /** Redacted everywhere. */
  readonly secret: boolean;
}

export type CaptureSource =
  | { readonly kind: 'jsonpath'; readonly path: string }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'status' }
  | { readonly kind: 'body' }
  /** On the body's text; the first group, or the whole match where there is none. */
  | { readonly kind: 'regex'; readonly pattern: string };

export interface Load {
  readonly phases: readonly { readonly durationMs: number; readonly arrivalRate: number }[];
  /** `duration_p95` in milliseconds, `failed` as a share from 0 to 1. */
  readonly thresholds: readonly { readonly metric: string; readonly condition: Condition }[];
}
