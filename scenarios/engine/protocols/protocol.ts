import type { TSchema } from 'typebox';
import type { Clock } from '../../../core/clock.ts';
import type { Capture, Expectation } from '../../language/model.ts';
import type { TemplateError } from '../../language/template.ts';
import type { AssertionResult, StepResult, Timings } from '../../run-result.ts';
import type { SpecProblem } from '../assertions/assertion.ts';
import type { Exchange } from '../exchange.ts';
import type { Files } from '../files.ts';
import type { Filling } from '../filling.ts';
import type { ConnectionSettings } from '../http/connection.ts';
import type { Lookup } from '../http/connector.ts';
import type { HttpSession } from '../http/http-session.ts';
import type { ExchangeError } from '../http/network-error.ts';
import type { UrlPolicy } from '../http/url-policy.ts';
import type { RunResources } from '../run-resources.ts';
import { networkSpan } from './span-words.ts';

/** A step as it is written, before anything but its schema has been checked. */
export type WrittenFields = Readonly<Record<string, unknown>>;

/** A kind of step: what a folder here exports as `protocol`. The registry finds it by its folder. */
export interface Protocol<Spec = unknown> {
  /** The folder's name. */
  readonly kind: string;
  /** The key of a step that chooses this kind. */
  readonly key: string;
  /** Schemas of all keys of a step that belong to this kind, `key` among them. */
  readonly keys: Readonly<Record<string, TSchema>>;
  /** Keys that belong elsewhere, with what to say about them. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** false: nothing comes back that could be judged, captured from or waited for. */
  readonly answers: boolean;
  /** Names that keys of this kind capture, besides the step's own `capture`; paths count from the step. */
  captured(step: WrittenFields): readonly { readonly name: string; readonly path: readonly (string | number)[] }[];
  /** What the schema cannot see; paths count from the step. Must bear anything that the schema complained about. */
  check(step: WrittenFields, files: Files): SpecProblem[];
  /** Plain data; texts compiled to templates with the escaping of their place. Only called with what passed `check`. */
  compile(step: WrittenFields, files: Files): Spec;
  /** Written expectations of the kinds that the step's own `expect` does not name. */
  readonly defaultExpect: Readonly<Record<string, unknown>>;
  /** What pages and reports call the request, low in cardinality: `POST` and `/v1/posts/{{ id }}`. */
  describe(spec: Spec): { method: string; route: string };
  /** What a trace calls a step of this kind. Pure; what it is given is redacted already. */
  span(step: StepResult): SpanWords;
  /** Does it. Never rejects: whatever the other side does is in what comes back. */
  perform(spec: Spec, context: ProtocolContext): Promise<Performed>;
}

/** Name and attributes by OpenTelemetry's semantic conventions; those that all steps have are added. */
export interface SpanWords {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean | null | undefined>>;
}

/** What one step may use. */
export interface ProtocolContext {
  readonly clock: Clock;
  /** Renders the templates of the spec. */
  readonly fill: Filling;
  /** Connections of the run. */
  readonly http: HttpSession;
  /** What else is kept for the length of the run. */
  readonly resources: RunResources;
  /** Every address must pass it before it is connected to. */
  readonly policy: UrlPolicy;
  readonly lookup: Lookup;
  /** How to connect. */
  readonly connection: ConnectionSettings;
  /** false: no cookie is sent or kept but what the step itself writes. */
  readonly cookies: boolean;
  readonly baseUrl: string;
  /** `ringdown/<version>`: what the watched service tells scenario traffic by. */
  readonly userAgent: string;
  /** W3C trace context of this step. */
  readonly traceparent: string;
  /** Of a response body, before and after decoding. */
  readonly bodyLimitBytes: number;
  /** Time is up, or the run was stopped: `reason` says which. */
  readonly abort: AbortSignal;
  /** Judges a part of what came, such as one message of a conversation; the error is that of a template in an expectation. */
  judge(expectations: readonly Expectation[], seen: Exchange): Judgement;
  /** Captures from a part of what came, for what the step sends next and for later steps. Gives what could not be captured. */
  capture(captures: readonly Capture[], seen: Exchange): readonly AssertionResult[];
}

export interface Judgement {
  readonly results: readonly AssertionResult[];
  readonly error: TemplateError | null;
}

/** What was sent and what came. Without an `error` there is an `exchange`. */
export interface Performed {
  /** null: nothing could be sent, because it could not be made. */
  readonly request: SentRequest | null;
  /** Beside an error: what came before it, shown and not judged. */
  readonly exchange: Exchange | null;
  /** What the protocol itself found, in front of the results of `expect`. */
  readonly assertions?: readonly AssertionResult[];
  readonly timings: Timings | null;
  readonly error: ExchangeError | null;
  /** Headers that carried credentials on the way, such as cookies of a redirect: not shown, yet to be kept secret. */
  readonly hiddenHeaders?: Readonly<Record<string, string | string[]>>;
}

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

type Optional = 'answers' | 'captured' | 'check' | 'defaultExpect' | 'elsewhere' | 'span';

/** Completes a definition: nothing more to check, nothing expected and no words of its own in a trace unless it says so. */
export function defineProtocol<Spec>(
  definition: Omit<Protocol<Spec>, Optional> & Partial<Pick<Protocol<Spec>, Optional>>,
): Protocol<Spec> {
  return {
    answers: true,
    check: () => [],
    captured: () => [],
    defaultExpect: {},
    elsewhere: {},
    span: networkSpan,
    ...definition,
  };
}
