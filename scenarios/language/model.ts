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

/** More kinds of step come as further members. */
export type Step = HttpStep;

export interface HttpStep {
  readonly kind: 'http';
  readonly name: string;
  /** null: only the attempt's. */
  readonly timeoutMs: number | null;
  readonly request: HttpRequest;
  /** Holds a status expectation always: 2xx where the file names none. */
  readonly expect: readonly Expectation[];
  readonly warn: readonly Expectation[];
  readonly capture: readonly Capture[];
}

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Relative to base_url, or absolute. Renders to a text that is already percent-encoded. */
  readonly url: Template;
  /** Path as written, without query: `/v1/posts/{{ id }}`. Low in cardinality. */
  readonly route: string;
  /** Appended to the url's own query. Values render raw (a list repeats the name): encode them. */
  readonly query: readonly { readonly name: string; readonly value: Template }[];
  /** Names as written. Values that break out of a header render to an error. */
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  readonly body: Body | null;
  readonly auth: Auth | null;
  /** 0: a redirect is the response. */
  readonly maxRedirects: number;
}

export type Body =
  /** Serialise the rendered value; content-type `application/json` unless a header says otherwise. */
  | { readonly kind: 'json'; readonly value: Template }
  /** `application/x-www-form-urlencoded`; values render raw: encode them. */
  | { readonly kind: 'form'; readonly fields: readonly { readonly name: string; readonly value: Template }[] }
  /** Renders to the body itself, substituted values escaped for the content type (JSON, XML) already. */
  | { readonly kind: 'text'; readonly value: Template };

export type Auth =
  | { readonly kind: 'bearer'; readonly token: Template }
  | { readonly kind: 'basic'; readonly username: Template; readonly password: Template };

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
