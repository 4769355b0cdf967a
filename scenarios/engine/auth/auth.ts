import type { TSchema } from 'typebox';
import type { SpecProblem } from '../assertions/assertion.ts';
import type { Filling } from '../filling.ts';
import type { HttpRequest, HttpResponse } from '../http/http-session.ts';
import type { ExchangeError } from '../http/network-error.ts';
import type { ProtocolContext } from '../protocols/protocol.ts';

/** A way of saying who a request is from: what a folder here exports as `auth`. The registry finds it by its folder. */
export interface AuthKind<Spec extends { kind: string } = { kind: string }, Credentials = unknown> {
  /** The key under `auth`; the folder's name. */
  readonly kind: string;
  /** Schema of what stands behind the key. */
  readonly spec: TSchema;
  /** What the schema cannot see; paths count from the spec. */
  check(written: unknown): SpecProblem[];
  /** Plain data with `kind` in it, texts compiled to templates. */
  compile(written: unknown): Spec;
  /** Renders the templates; when one of them fails, `fill` knows and what comes back is of no use. */
  fill(spec: Spec, fill: Filling): Credentials;
  /** What a request, complete otherwise, carries. Never rejects. Not a promise where there is nothing to wait for. */
  authorize(credentials: Credentials, request: HttpRequest, context: AuthContext): Authorized | Promise<Authorized>;
  /** What a request carries the second time, because the answer asked for it; null when that answer counts. */
  challenged(
    credentials: Credentials,
    request: HttpRequest,
    response: HttpResponse,
    context: AuthContext,
  ): Authorized | null;
}

/** What an authorisation may use: of `http`, one object stands for one run. */
export type AuthContext = Pick<
  ProtocolContext,
  'http' | 'clock' | 'abort' | 'baseUrl' | 'userAgent' | 'traceparent' | 'connection'
>;

export type Authorized =
  | {
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      /** What must be shown nowhere, besides the value of `authorization`. */
      readonly secrets?: readonly string[];
    }
  | { readonly error: ExchangeError };

/** Completes a definition: nothing more to check, and no answer asks for more, unless it says so. */
export function defineAuth<Spec extends { kind: string }, Credentials>(
  definition: Omit<AuthKind<Spec, Credentials>, 'check' | 'challenged'> &
    Partial<Pick<AuthKind<Spec, Credentials>, 'check' | 'challenged'>>,
): AuthKind<Spec, Credentials> {
  return { check: () => [], challenged: () => null, ...definition };
}
