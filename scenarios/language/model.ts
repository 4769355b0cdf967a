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
  /** Names of the environments that it runs in; null: all of them. */
  readonly environments: readonly string[] | null;
  /** Where each run of it is made, a verdict each; null: by the watcher alone, and no location is named. */
  readonly locations: readonly string[] | null;
  /** Stands over the environment's, and under a step's own. */
  readonly connection: Connection | null;
  /** Whether an attempt carries cookies from one step to the next. */
  readonly cookies: boolean;
  /** What makes random generators repeat themselves; null: they do not. */
  readonly seed: number | null;
  /** Evaluated once per attempt, in this order; a later one may use an earlier one. */
  readonly variables: readonly { readonly name: string; readonly value: Template }[];
  /** Names of the environment's secrets that it may use. */
  readonly secrets: readonly string[];
  /** One for each iteration of `steps`, rendering to a mapping, which is the name `row` there; null: one without `row`. */
  readonly data: readonly Template[] | null;
  /** Once per attempt, before the first row. */
  readonly before: readonly Step[];
  /** Once per row. */
  readonly steps: readonly Step[];
  /** Once, where everything before passed. */
  readonly after: readonly Step[];
  /** Once, whatever happened. */
  readonly always: readonly Step[];
  /** Ids of scenarios; while one of them fails in the same environment, this one's page is suppressed. */
  readonly dependsOn: readonly string[];
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

/** In the order in which they run. */
export const SECTIONS = ['before', 'steps', 'after', 'always'] as const;
export type Section = (typeof SECTIONS)[number];

export type Step = ActionStep | ParallelStep;

export interface ActionStep {
  /** A folder of scenarios/engine/protocols. */
  readonly kind: string;
  readonly name: string;
  /** What its fragment was given; null outside of fragments. */
  readonly parameters: Parameters | null;
  /** The step is skipped where this does not hold. */
  readonly if: Decision | null;
  readonly repeat: Repeat | null;
  /** Stands over the scenario's. */
  readonly connection: Connection | null;
  /** null: only the attempt's. */
  readonly timeoutMs: number | null;
  /** What the `compile` of its protocol made. */
  readonly spec: unknown;
  /** Holds what its protocol expects by default, where the file says nothing of that kind. */
  readonly expect: readonly Expectation[];
  readonly warn: readonly Expectation[];
  readonly capture: readonly Capture[];
}

/** Steps that are started together and all awaited; what they capture is visible after the group. */
export interface ParallelStep {
  readonly kind: 'parallel';
  readonly name: string;
  readonly parameters: Parameters | null;
  /** The whole group is skipped where this does not hold. */
  readonly if: Decision | null;
  readonly steps: readonly ActionStep[];
}

export function isParallel(step: Step): step is ParallelStep {
  return step.kind === 'parallel';
}

/** A value without a definition is a missing one, which meets `exists: false` alone. */
export interface Decision {
  readonly value: Template;
  readonly condition: Template;
}

/** The step is performed again until all of `until` holds; that it never does is a failure. */
export interface Repeat {
  readonly until: readonly Expectation[];
  /** From the end of one try to the start of the next. */
  readonly everyMs: number;
  /** Tries, the first one included. */
  readonly atMost: number;
}

/**
 * The parameters of one `include`, shared by the steps that came from it and told apart by identity. They are evaluated
 * once per attempt and row, before the first of these steps, in the scope of the `include`, and hide names of the scenario.
 */
export interface Parameters {
  /** Of the include that this one stands in. */
  readonly outer: Parameters | null;
  readonly values: readonly { readonly name: string; readonly value: Template }[];
}

/** What one level says about connections; what it does not mention is inherited. Files are read already. */
export interface Connection {
  readonly http?: '1.1' | '2';
  readonly proxy?: Template;
  /** PEM. */
  readonly ca?: string;
  /** PEM. */
  readonly clientCertificate?: { readonly cert?: string; readonly key?: string; readonly passphrase?: Template };
  readonly verify?: boolean;
  readonly ip?: 4 | 6;
  readonly servername?: Template;
  readonly resolve?: Template;
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

/** `kind` is a folder of scenarios/engine/assertions that offers a capture; `spec` is what that takes. */
export interface CaptureSource {
  readonly kind: string;
  readonly spec: unknown;
}

export interface Load {
  readonly phases: readonly { readonly durationMs: number; readonly arrivalRate: number }[];
  /** `duration_p95` in milliseconds, `failed` as a share from 0 to 1. */
  readonly thresholds: readonly { readonly metric: string; readonly condition: Condition }[];
}
