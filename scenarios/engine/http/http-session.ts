import type { Timings } from '../../run-result.ts';
import { shortened } from '../shortened.ts';
import type { PeerCertificate } from './certificate.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION, elsewhere } from './connection.ts';
import { Connections, type Sending } from './connections.ts';
import type { Network } from './connector.ts';
import { CookieJar } from './cookie-jar.ts';
import { decodeBody } from './decode-body.ts';
import { abortReason, explainFailure, tooLarge } from './explain.ts';
import type { ExchangeError } from './network-error.ts';
import { type Answer, Passage } from './passage.ts';
import { follow, redirectOf } from './redirects.ts';
import { requestProblem } from './request-head.ts';
import type { HeaderFields } from './response-head.ts';
import { type Target, targetOf } from './target.ts';

export interface HttpRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
  /** 0: a redirect is the response. */
  maxRedirects: number;
  /** DEFAULT_CONNECTION unless given. */
  connection?: ConnectionSettings;
  /** false: cookies are neither sent nor kept. */
  cookies?: boolean;
}

export interface HttpResponse {
  status: number;
  httpVersion: Answer['httpVersion'];
  /** Names in lower case, repeated ones as a list. */
  headers: HeaderFields;
  /** Decoded, and at most as large as the session allows. */
  body: Buffer;
  /** Where the response came from, after redirects. */
  url: URL;
}

/** One hop of a redirect: the status that asked for it, and the whole URL that it led to. */
export interface Redirect {
  status: number;
  url: string;
}

/** Exactly one of `response` and `error` is set. */
export interface HttpOutcome {
  response: HttpResponse | null;
  error: ExchangeError | null;
  /** Of the last hop. */
  timings: Timings;
  /** In the order they were followed. */
  redirects: readonly Redirect[];
  /** Set-Cookie fields of the hops before the last one, for whoever has to keep them secret. */
  hopCookies: readonly string[];
  /** Of the server of the last hop, where TLS was spoken. */
  certificate: PeerCertificate | null;
}

export interface HttpSessionOptions extends Network {
  /** Of a body, before and after decoding. */
  bodyLimitBytes: number;
}

type Hop = Pick<HttpOutcome, 'response' | 'error' | 'timings' | 'certificate'>;

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * The connections and cookies of one run: the first exchange with an origin shows DNS, connect and TLS, later ones
 * reuse the connection; several at a time have one each. Nothing here rejects: whatever the server does is an outcome.
 */
export class HttpSession {
  readonly #options: HttpSessionOptions;
  readonly #connections: Connections;
  readonly #cookies = new CookieJar();
  readonly #watched = new Map<AbortSignal, { passages: Set<Passage>; cut: () => void }>();

  constructor(options: HttpSessionOptions) {
    this.#options = options;
    this.#connections = new Connections(options);
  }

  async exchange(request: HttpRequest, abort: AbortSignal): Promise<HttpOutcome> {
    const hop = await this.#hop(request, abort);
    const location = hop.response && redirectOf(hop.response);
    if (!location || request.maxRedirects === 0) return { ...hop, redirects: NONE, hopCookies: NONE };
    return this.#follow(request, hop, location, abort);
  }

  /** Forgets all cookies, so that the next attempt begins as the first one did. */
  clearCookies(): void {
    this.#cookies.clear();
  }

  /** Cuts all connections; nothing of the run goes on. */
  async close(): Promise<void> {
    for (const [signal, { passages, cut }] of this.#watched) {
      signal.removeEventListener('abort', cut);
      for (const passage of [...passages]) this.#stop(passage, new Error('the session was closed'));
    }
    this.#watched.clear();
    this.#connections.destroy();
  }

  async #follow(first: HttpRequest, firstHop: Hop, to: string, abort: AbortSignal): Promise<HttpOutcome> {
    const redirects: Redirect[] = [];
    const hopCookies: string[] = [];
    let request = first;
    let hop = firstHop;
    let location: string | null = to;
    while (location !== null) {
      const refuse = (error: ExchangeError): HttpOutcome => ({ ...hop, response: null, error, redirects, hopCookies });
      hopCookies.push(...[hop.response?.headers['set-cookie'] ?? []].flat());
      if (redirects.length >= first.maxRedirects) return refuse(tooManyRedirects(first.maxRedirects, location));
      const next = URL.parse(location, request.url.href);
      if (!next) return refuse(invalidRedirect(location));
      // A fragment is kept unless the redirect has its own (RFC 9110 §10.2.2), and is not sent either way.
      redirects.push({ status: hop.response!.status, url: next.href });
      const moved = next.host !== request.url.host;
      request = follow(request, next, hop.response!.status);
      if (moved && request.connection) request.connection = elsewhere(request.connection);
      hop = await this.#hop(request, abort);
      location = hop.response && redirectOf(hop.response);
    }
    return { ...hop, redirects, hopCookies };
  }

  async #hop(request: HttpRequest, abort: AbortSignal): Promise<Hop> {
    const refusal = this.#options.policy.checkUrl(request.url);
    if (refusal) return unsent({ kind: 'refused_target', code: 'TARGET_REFUSED', ...refusal });
    const sent = request.cookies === false ? request : this.#withCookies(request);
    const problem = requestProblem(sent);
    if (problem !== null) return unsent(invalidRequest(problem));

    const target = targetOf(sent.url);
    const settings = sent.connection ?? DEFAULT_CONNECTION;
    const limitBytes = sent.method === 'HEAD' ? Number.POSITIVE_INFINITY : this.#options.bodyLimitBytes;
    const sending = { target, settings, request: sent, limitBytes };
    const repeatable = IDEMPOTENT.has(sent.method);
    // A server that closes after its answer says so along with it; the socket must be read once more to hear that.
    if (!repeatable && this.#connections.has(target, settings)) await nextTurn();
    let passage = await this.#pass(sending, abort, false);
    // A server may close an idle connection just as it is used again; such a request was not served (RFC 9110 §9.2.2).
    const stale = passage.failure !== null && passage.phases === null && passage.sentAt !== null && !passage.touched;
    if (stale && repeatable && !abort.aborted) passage = await this.#pass(sending, abort, true);
    const hop = await this.#outcome(request, target, passage);
    const cookies = request.cookies === false ? undefined : hop.response?.headers['set-cookie'];
    if (cookies !== undefined) await this.#cookies.store(request.url, cookies);
    return hop;
  }

  #pass(sending: Sending, abort: AbortSignal, fresh: boolean): Promise<Passage> {
    return new Promise((resolve) => {
      const { clock } = this.#options;
      if (abort.aborted) {
        const passage = new Passage(clock.monotonic(), resolve);
        passage.fail(abortReason(abort), clock.monotonic());
        return;
      }
      const passages = this.#watch(abort);
      const passage = new Passage(clock.monotonic(), (over) => {
        passages.delete(over);
        resolve(over);
      });
      passages.add(passage);
      this.#connections.send(sending, passage, fresh);
    });
  }

  /** One listener a signal, however many exchanges it ends. */
  #watch(abort: AbortSignal): Set<Passage> {
    const known = this.#watched.get(abort);
    if (known) return known.passages;
    const passages = new Set<Passage>();
    const cut = () => {
      this.#watched.delete(abort);
      for (const passage of [...passages]) this.#stop(passage, abortReason(abort));
    };
    abort.addEventListener('abort', cut, { once: true });
    this.#watched.set(abort, { passages, cut });
    return passages;
  }

  #stop(passage: Passage, reason: Error): void {
    passage.fail(reason, this.#options.clock.monotonic());
    passage.cancel();
  }

  #withCookies(request: HttpRequest): HttpRequest {
    const cookie = this.#cookies.field(request.url, request.headers.cookie);
    if (cookie === null || cookie === request.headers.cookie) return request;
    return { ...request, headers: { ...request.headers, cookie } };
  }

  async #outcome(request: HttpRequest, target: Target, passage: Passage): Promise<Hop> {
    const { bodyLimitBytes } = this.#options;
    const { answer, certificate } = passage;
    const timings = timingsOf(passage);
    const failed = (error: ExchangeError): Hop => ({ response: null, error, timings, certificate });
    if (!answer) return failed(explainFailure(passage, target, bodyLimitBytes));
    const success = (body: Buffer): Hop => ({
      response: {
        status: answer.status,
        httpVersion: answer.httpVersion,
        headers: answer.headers,
        body,
        url: request.url,
      },
      error: null,
      timings,
      certificate,
    });
    const encoding = answer.headers['content-encoding'];
    if (encoding === undefined || answer.body.length === 0) return success(answer.body);
    const decoded = await decodeBody(answer.body, String(encoding), bodyLimitBytes);
    if ('bytes' in decoded) return success(decoded.bytes);
    const { host } = request.url;
    if (decoded.problem === 'too_large') {
      return failed(tooLarge(host, bodyLimitBytes, `when its ${decoded.coding} coding is undone`));
    }
    const words = decoded.problem === 'unknown' ? 'which is not known' : 'but it cannot be undone';
    const message = `the body of ${host} says content-encoding ${decoded.coding}, ${words}`;
    return failed({ kind: 'network', code: 'INVALID_ENCODING', message, hint: null });
  }
}

const NONE: readonly never[] = [];

const NO_TIMINGS: Timings = {
  dns_ms: null,
  connect_ms: null,
  tls_ms: null,
  first_byte_ms: null,
  download_ms: null,
  total_ms: 0,
  connection_reused: false,
};

/** Sockets are read between two rounds of immediates, not before the first. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

const unsent = (error: ExchangeError): Hop => ({ response: null, error, timings: NO_TIMINGS, certificate: null });

const invalidRequest = (problem: string): ExchangeError => ({
  kind: 'network',
  code: 'INVALID_REQUEST',
  message: `the request cannot be sent: ${problem}`,
  hint: 'check method, path and headers of the step',
});

const tooManyRedirects = (most: number, location: string): ExchangeError => ({
  kind: 'response_limit',
  code: 'TOO_MANY_REDIRECTS',
  message: `more than ${most} redirects, the last one to ${shown(location)}`,
  hint: 'the server may redirect in a circle',
});

/** A token may stand in query or fragment. */
const shown = (location: string) => shortened(location.replace(/[?#].*$/s, ''), 200);

const invalidRedirect = (location: string): ExchangeError => ({
  kind: 'network',
  code: 'INVALID_RESPONSE',
  message: `redirected to ${shown(location)}, which is not a URL`,
  hint: null,
});

function timingsOf({ createdAt, sentAt, headersAt, endedAt, phases }: Passage): Timings {
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
