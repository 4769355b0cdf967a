import type { Instant } from '../../core/clock.ts';
import type { Timings } from '../run-result.ts';
import type { PeerCertificate } from './http/certificate.ts';

/** One request and its answer, as assertions and captures see it. */
export interface Exchange {
  readonly request: { readonly method: string; readonly url: string };
  readonly response: ExchangeResponse;
  readonly timings: Timings;
  /** When it ended: what the days until a certificate's end are counted from. */
  readonly at: Instant;
  /** The redirects that were followed: the status that redirected and where it led. */
  readonly redirects: readonly Redirect[];
  /** Of the other side of a TLS connection; null without TLS. */
  readonly certificate: PeerCertificate | null;
}

export interface Redirect {
  readonly status: number;
  readonly url: string;
}

export interface ExchangeResponse {
  /** HTTP status, gRPC code, DNS rcode; null where the protocol knows none. */
  readonly status: number | null;
  /** The name of the status where people use names: `NOT_FOUND`, `NXDOMAIN`. */
  readonly statusName: string | null;
  /** What the other side said about the status, where its protocol has words for that. */
  readonly statusMessage: string | null;
  /** `1.1`, `2`; null where it is not HTTP. */
  readonly httpVersion: string | null;
  readonly headers: ResponseHeaders;
  /** Decoded from its content coding. */
  readonly bytes: Uint8Array;
  /** The body as UTF-8 text, invalid bytes replaced. */
  readonly text: string;
  /** The body parsed as JSON; the error says why it is none. */
  readonly json: { readonly value: unknown } | { readonly error: string };
}

export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

/** Header fields by name, case-insensitive (RFC 9110 §5.1). */
export interface ResponseHeaders {
  /** A repeated field is its comma-joined value (RFC 9110 §5.3); undefined when absent. */
  get(name: string): string | undefined;
  /** Names in lower case, in the order received. */
  entries(): [string, string][];
  /** As received: names in lower case, repeated ones as a list. */
  readonly fields: HeaderFields;
}

/** Builds an Exchange; text and JSON of the body are made on first use and kept. */
export function createExchange(parts: {
  request: { method: string; url: string };
  response: {
    status: number | null;
    statusName?: string | null;
    statusMessage?: string | null;
    httpVersion?: string | null;
    /** Names in lower case. */
    headers: HeaderFields;
    body: Uint8Array;
  };
  timings: Timings;
  at: Instant;
  redirects?: readonly Redirect[];
  certificate?: PeerCertificate | null;
}): Exchange {
  const { request, response, timings, at, redirects = [], certificate = null } = parts;
  return { request, response: new LazyResponse(response), timings, at, redirects, certificate };
}

class LazyResponse implements ExchangeResponse {
  readonly status: number | null;
  readonly statusName: string | null;
  readonly statusMessage: string | null;
  readonly httpVersion: string | null;
  readonly headers: ResponseHeaders;
  readonly bytes: Uint8Array;
  #text: string | undefined;
  #json: ExchangeResponse['json'] | undefined;

  constructor(parts: Parameters<typeof createExchange>[0]['response']) {
    this.status = parts.status;
    this.statusName = parts.statusName ?? null;
    this.statusMessage = parts.statusMessage ?? null;
    this.httpVersion = parts.httpVersion ?? null;
    this.headers = responseHeaders(parts.headers);
    this.bytes = parts.body;
  }

  get text(): string {
    this.#text ??= Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString('utf8');
    return this.#text;
  }

  get json(): ExchangeResponse['json'] {
    this.#json ??= parseJson(this.text);
    return this.#json;
  }
}

function responseHeaders(fields: HeaderFields): ResponseHeaders {
  const joined = (value: string | string[]) => (typeof value === 'string' ? value : value.join(', '));
  return {
    fields,
    get(name) {
      const key = name.toLowerCase();
      const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
      return value === undefined ? undefined : joined(value);
    },
    entries: () =>
      Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, joined(value)]])),
  };
}

function parseJson(text: string): ExchangeResponse['json'] {
  if (text === '') return { error: 'the body is empty' };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    // V8 quotes what stands around the place, which may be half a secret.
    const why = (error as Error).message.replace(/, (?:\.\.\.)?".*is not valid JSON$/s, '');
    return { error: `the body is not JSON: ${why}` };
  }
}
