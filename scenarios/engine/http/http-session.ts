import { isIP } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Client, type Dispatcher } from 'undici';
import type { Clock } from '../../../core/clock.ts';
import { formatDuration } from '../../../core/units.ts';
import type { Timings } from '../../run-result.ts';
import { isSecretHeader } from '../evidence/secret-headers.ts';
import { type ConnectPhases, createConnector, type Lookup, RefusedTarget } from './connector.ts';
import { decodeBody } from './decode-body.ts';
import { ExchangeHandler } from './exchange-handler.ts';
import { type ExchangeError, explainNetworkError } from './network-error.ts';
import type { UrlPolicy } from './url-policy.ts';

export interface HttpRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
  /** 0: a redirect is the response. */
  maxRedirects: number;
}

export interface HttpResponse {
  status: number;
  /** Names in lower case, repeated ones as a list. */
  headers: Record<string, string | string[] | undefined>;
  /** Decoded, and at most as large as the session allows. */
  body: Buffer;
  /** Where the response came from, after redirects. */
  url: URL;
}

/** Exactly one of `response` and `error` is set. */
export interface HttpOutcome {
  response: HttpResponse | null;
  error: ExchangeError | null;
  timings: Timings;
}

export interface HttpSessionOptions {
  clock: Clock;
  policy: UrlPolicy;
  lookup: Lookup;
  /** Of a body, before and after decoding. */
  bodyLimitBytes: number;
}

/** The reason to abort an exchange with when its time is up. */
export class TimeUp extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`timed out after ${formatDuration(limitMs)}`);
    this.limitMs = limitMs;
  }
}

/** Nobody sees it; made once, because undici would make one with a stack for every connection. */
const OVER = new Error('the run is over');

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * The connections of one run: the first exchange with an origin shows DNS, connect and TLS, later ones reuse the
 * connection. One exchange at a time. Nothing here rejects: whatever the server does is an outcome.
 */
export class HttpSession {
  readonly #options: HttpSessionOptions;
  readonly #clients = new Map<string, Client>();
  readonly #connections: ReturnType<typeof createConnector>;
  #phases: ConnectPhases | null = null;

  constructor(options: HttpSessionOptions) {
    this.#options = options;
    this.#connections = createConnector({
      ...options,
      onPhases: (phases) => {
        this.#phases = phases;
      },
    });
  }

  async exchange(request: HttpRequest, abort: AbortSignal): Promise<HttpOutcome> {
    let current = request;
    for (let hops = 0; ; hops++) {
      const outcome = await this.#hop(current, abort);
      const location = outcome.response && redirectOf(outcome.response);
      if (!location || request.maxRedirects === 0) return outcome;
      if (hops >= request.maxRedirects) {
        return refuse(outcome, {
          kind: 'response_limit',
          code: 'TOO_MANY_REDIRECTS',
          message: `more than ${request.maxRedirects} redirects, the last one to ${location.replace(/[?#].*$/s, '')}`,
          hint: 'the server may redirect in a circle',
        });
      }
      const next = URL.parse(location, current.url.href);
      if (!next) {
        return refuse(outcome, {
          kind: 'network',
          code: 'INVALID_RESPONSE',
          message: `redirected to ${location}, which is not a URL`,
          hint: null,
        });
      }
      current = follow(current, next, outcome.response!.status);
    }
  }

  /** Cuts all connections; nothing of the run goes on. */
  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.destroy(OVER)));
    this.#connections.destroy();
  }

  async #hop(request: HttpRequest, abort: AbortSignal): Promise<HttpOutcome> {
    const refusal = this.#options.policy.checkUrl(request.url);
    if (refusal) {
      const error: ExchangeError = { kind: 'refused_target', code: 'TARGET_REFUSED', ...refusal };
      return { response: null, error, timings: noTimings(0) };
    }
    const repeatable = IDEMPOTENT.has(request.method);
    // A server that closes after its answer says so along with it; the socket must be read once more to hear that.
    if (!repeatable && this.#clients.has(request.url.origin)) await setImmediate();
    const handler = await this.#dispatch(request, abort);
    // A server may close an idle connection just as it is used again; such a request was not served (RFC 9110 §9.2.2).
    const stale = handler.failed && !handler.started && !this.#phases && !abort.aborted;
    const settled = stale && repeatable ? await this.#dispatch(request, abort) : handler;
    return this.#outcome(request, settled, abort);
  }

  async #dispatch(request: HttpRequest, abort: AbortSignal): Promise<ExchangeHandler> {
    const { clock, bodyLimitBytes } = this.#options;
    const { origin } = request.url;
    const client = this.#client(origin);
    this.#phases = null;
    const handler = new ExchangeHandler(clock, request.method === 'HEAD' ? Number.POSITIVE_INFINITY : bodyLimitBytes);
    if (abort.aborted) {
      handler.onResponseError(null, abort.reason);
      return handler;
    }
    const cut = () => {
      if (handler.abort(abort.reason)) return;
      // Not sent yet: the connection is still being set up, so it goes as a whole.
      this.#clients.delete(origin);
      void client.destroy(abort.reason);
      this.#connections.destroy();
    };
    abort.addEventListener('abort', cut, { once: true });
    try {
      client.dispatch(
        {
          path: request.url.pathname + request.url.search,
          method: request.method as Dispatcher.HttpMethod,
          headers: request.headers,
          body: request.body as string | Buffer | null,
        },
        handler,
      );
    } catch (error) {
      handler.onResponseError(null, error as Error);
    }
    await handler.settled;
    abort.removeEventListener('abort', cut);
    return handler;
  }

  #client(origin: string): Client {
    const known = this.#clients.get(origin);
    if (known) return known;
    const client = new Client(origin, {
      connect: this.#connections.connector,
      // Deadlines belong to the step and the attempt.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#clients.set(origin, client);
    return client;
  }

  async #outcome(request: HttpRequest, handler: ExchangeHandler, abort: AbortSignal): Promise<HttpOutcome> {
    const timings = timingsOf(handler, this.#phases);
    const failed = (error: ExchangeError): HttpOutcome => ({ response: null, error, timings });
    if (handler.error !== null) return failed(this.#explain(request, handler, abort));

    const encoding = handler.headers['content-encoding'];
    const bytes = handler.body();
    if (encoding === undefined || bytes.length === 0) return success(request, handler, bytes, timings);
    const decoded = await decodeBody(bytes, String(encoding), this.#options.bodyLimitBytes);
    if ('bytes' in decoded) return success(request, handler, decoded.bytes, timings);
    if (decoded.problem === 'too_large')
      return failed(this.#tooLarge(request, `when its ${decoded.coding} coding is undone`));
    const words = decoded.problem === 'unknown' ? 'which is not known' : 'but it cannot be undone';
    return failed({
      kind: 'network',
      code: 'INVALID_ENCODING',
      message: `the body of ${request.url.host} says content-encoding ${decoded.coding}, ${words}`,
      hint: null,
    });
  }

  #explain(request: HttpRequest, handler: ExchangeHandler, abort: AbortSignal): ExchangeError {
    const error = handler.error;
    const { host, hostname } = request.url;
    const reason: unknown = abort.aborted ? abort.reason : null;
    if (reason instanceof TimeUp) {
      return {
        kind: 'timeout',
        code: 'TIMEOUT',
        ...timedOut(request.url, handler, this.#phases, formatDuration(reason.limitMs)),
      };
    }
    if (abort.aborted) return { kind: 'network', code: 'ABORTED', message: 'the run was stopped', hint: null };
    if (error instanceof RefusedTarget) return { kind: 'refused_target', code: 'TARGET_REFUSED', ...error.refusal };
    if (handler.overLimit) return this.#tooLarge(request, '');
    return explainNetworkError(error, {
      target: host,
      hostname,
      phase: handler.phase,
      receivedBytes: handler.receivedBytes,
      expectedBytes: handler.expectedBytes,
    });
  }

  #tooLarge(request: HttpRequest, when: string): ExchangeError {
    const limit = `${Math.round((this.#options.bodyLimitBytes / 2 ** 20) * 10) / 10} MiB`;
    return {
      kind: 'response_limit',
      code: 'RESPONSE_TOO_LARGE',
      message: `the body of ${request.url.host} is larger than ${limit}${when && ` ${when}`}`,
      hint: 'ask for less, a page for example',
    };
  }
}

function success(request: HttpRequest, handler: ExchangeHandler, body: Buffer, timings: Timings): HttpOutcome {
  return {
    response: { status: handler.status, headers: handler.headers, body, url: request.url },
    error: null,
    timings,
  };
}

function timedOut(
  { host, hostname, protocol }: URL,
  handler: ExchangeHandler,
  phases: ConnectPhases | null,
  limit: string,
): { message: string; hint: string | null } {
  switch (handler.phase) {
    case 'connect':
      if (phases?.connectMs === null && phases.dnsMs === null && !isIP(hostname) && !hostname.startsWith('[')) {
        return { message: `the name ${hostname} was not looked up within ${limit}`, hint: 'check the name server' };
      }
      if (phases && phases.connectMs !== null && protocol === 'https:') {
        return {
          message: `${host} took the connection and did not finish the TLS handshake within ${limit}`,
          hint: 'does the port speak TLS, and is the service overloaded?',
        };
      }
      return { message: `${host} did not accept the connection within ${limit}`, hint: 'check route and firewall' };
    case 'wait':
      return {
        message: `${host} did not answer within ${limit}`,
        hint: 'is the service overloaded, or waiting for something itself?',
      };
    case 'download':
      return {
        message: `the body from ${host} was not complete within ${limit}: ${handler.receivedBytes} bytes came`,
        hint: null,
      };
  }
}

function timingsOf(handler: ExchangeHandler, phases: ConnectPhases | null): Timings {
  const { createdAt, sentAt, headersAt, endedAt } = handler;
  return {
    dns_ms: phases?.dnsMs ?? null,
    connect_ms: phases?.connectMs ?? null,
    tls_ms: phases?.tlsMs ?? null,
    first_byte_ms: sentAt === null || headersAt === null ? null : headersAt - sentAt,
    download_ms: headersAt === null ? null : endedAt - headersAt,
    total_ms: endedAt - createdAt,
    connection_reused: phases === null && sentAt !== null,
  };
}

export function noTimings(totalMs: number): Timings {
  return {
    dns_ms: null,
    connect_ms: null,
    tls_ms: null,
    first_byte_ms: null,
    download_ms: null,
    total_ms: totalMs,
    connection_reused: false,
  };
}

function refuse(outcome: HttpOutcome, error: ExchangeError): HttpOutcome {
  return { response: null, error, timings: outcome.timings };
}

function redirectOf({ status, headers }: HttpResponse): string | null {
  if (![301, 302, 303, 307, 308].includes(status)) return null;
  const location = headers.location;
  return (Array.isArray(location) ? location[0] : location) ?? null;
}

/** The request of the next hop (RFC 9110 §15.4); credentials do not follow to another origin. */
function follow(request: HttpRequest, url: URL, status: number): HttpRequest {
  const rewritten = status === 303 ? request.method !== 'HEAD' : status <= 302 && request.method === 'POST';
  const elsewhere = url.origin !== request.url.origin;
  const kept = (name: string) => !(rewritten && name === 'content-type') && !(elsewhere && isSecretHeader(name));
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => kept(name.toLowerCase())));
  return { ...request, url, headers, ...(rewritten ? { method: 'GET', body: null } : {}) };
}
