import { elsewhere } from '../../http/connection.ts';
import type { ExchangeError } from '../../http/network-error.ts';
import { joinUrl } from '../../protocols/base-url.ts';
import { shortened } from '../../shortened.ts';
import type { AuthContext } from '../auth.ts';

export interface TokenRequest {
  readonly grant: 'client_credentials' | 'password';
  readonly send: 'basic' | 'body';
  readonly token_url: string;
  readonly client_id: string;
  readonly client_secret?: string;
  readonly username?: string;
  readonly password?: string;
  readonly scope?: string;
  readonly audience?: string;
}

export interface Token {
  readonly value: string;
  /** Monotonic, milliseconds; infinite where the endpoint does not say. */
  readonly endsAt: number;
}

/** Asks the endpoint (RFC 6749 §4.3.2 and §4.4.2). Errors name it, because it is not what the step is about. */
export async function fetchToken(
  request: TokenRequest,
  context: AuthContext,
): Promise<Token | { error: ExchangeError }> {
  const url = joinUrl(context.baseUrl, request.token_url);
  if (!url)
    return failed(`the token endpoint ${JSON.stringify(request.token_url)} is no URL`, 'begin with / or https://');
  const endpoint = `the token endpoint ${url.origin}${url.pathname}`;
  const sameHost = url.host === URL.parse(context.baseUrl)?.host;
  const { response, error } = await context.http.exchange(
    {
      method: 'POST',
      url,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': context.userAgent,
        traceparent: context.traceparent,
        ...(request.send === 'basic' && request.client_secret !== undefined ? { authorization: basic(request) } : {}),
      },
      body: formOf(request),
      maxRedirects: 0,
      connection: sameHost ? context.connection : elsewhere(context.connection),
      cookies: false,
    },
    context.abort,
  );
  if (!response) return { error: { ...error!, message: `${endpoint} gave no token: ${error!.message}` } };
  const answer = jsonOf(response.body);
  if (response.status < 200 || response.status > 299) {
    const said = [answer.error, answer.error_description].filter((part) => typeof part === 'string').join(': ');
    const why = said === '' ? '' : `, ${shortened(said, 300)}`;
    return failed(`${endpoint} answered ${response.status}${why}`, 'check grant, client_id, client_secret and scope');
  }
  const { access_token: value, token_type: type, expires_in: expiresIn } = answer;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    return failed(`${endpoint} answered ${response.status} without an access_token`, 'is it the right address?');
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer')
    return failed(
      `${endpoint} gave a token of the type ${JSON.stringify(shortened(type, 50))}`,
      'only bearer tokens are known',
    );
  const seconds = Number(expiresIn);
  const lifetimeMs = expiresIn !== undefined && Number.isFinite(seconds) ? seconds * 1_000 : Number.POSITIVE_INFINITY;
  return { value, endsAt: context.clock.monotonic() + lifetimeMs };
}

function formOf(request: TokenRequest): string {
  const { grant, send, client_id, client_secret, username, password, scope, audience } = request;
  const fields: [string, string | undefined][] = [
    ['grant_type', grant],
    ['username', username],
    ['password', password],
    ['scope', scope],
    ['audience', audience],
  ];
  // A public client says who it is in the body, because it has nothing to prove it with (RFC 6749 §3.2.1).
  if (send === 'body' || client_secret === undefined)
    fields.push(['client_id', client_id], ['client_secret', client_secret]);
  return new URLSearchParams(fields.filter((field): field is [string, string] => field[1] !== undefined)).toString();
}

/** Both are form-encoded first (RFC 6749 §2.3.1). */
function basic({ client_id, client_secret = '' }: TokenRequest): string {
  const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(client_id)}:${encode(client_secret)}`).toString('base64')}`;
}

function jsonOf(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // What is no JSON holds no token, and the caller says so.
    return {};
  }
}

function failed(message: string, hint: string): { error: ExchangeError } {
  return { error: { kind: 'network', code: 'OAUTH2_NO_TOKEN', message, hint } };
}
