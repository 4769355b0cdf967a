import type { AssertionResult } from '../../../run-result.ts';
import type { AuthKind, Authorized } from '../../auth/auth.ts';
import type { HttpOutcome, HttpRequest } from '../../http/http-session.ts';
import type { ExchangeError } from '../../http/network-error.ts';
import type { ProtocolContext } from '../protocol.ts';

export interface AuthorizedExchange {
  /** As it was sent last. */
  readonly request: HttpRequest;
  readonly outcome: HttpOutcome;
  /** What must be shown nowhere. */
  readonly secrets: readonly string[];
  /** What came before the answer that counts. */
  readonly assertions: readonly AssertionResult[];
}

/** Sends a request as someone: with what that takes, and a second time where the answer asks for more. */
export async function exchangeAs(
  auth: AuthKind,
  credentials: unknown,
  plain: HttpRequest,
  context: ProtocolContext,
): Promise<AuthorizedExchange | { readonly error: ExchangeError }> {
  const found = auth.authorize(credentials, plain, context);
  const first = found instanceof Promise ? await found : found;
  if ('error' in first) return first;
  const request = withHeaders(plain, first);
  const outcome = await context.http.exchange(request, context.abort);
  const { response } = outcome;
  const more = response && auth.challenged(credentials, plain, response, context);
  const secrets = first.secrets ?? [];
  if (!more) return { request, outcome, secrets, assertions: [] };
  if ('error' in more) return more;
  const again = withHeaders(plain, more);
  const answer = await context.http.exchange(again, context.abort);
  const hopCookies = [response.headers['set-cookie'] ?? []].flat().concat(outcome.hopCookies, answer.hopCookies);
  return {
    request: again,
    outcome: { ...answer, hopCookies },
    secrets: [...secrets, ...(more.secrets ?? [])],
    assertions: [askedFirst(auth.kind, response.status)],
  };
}

function withHeaders(request: HttpRequest, { headers }: Extract<Authorized, { headers: unknown }>): HttpRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

/** The round trip that is not shown by itself. */
function askedFirst(kind: string, status: number): AssertionResult {
  return {
    kind: 'auth',
    subject: kind,
    operator: 'challenge',
    expected: 'a challenge',
    actual: `status ${status}`,
    passed: true,
    message: `${kind}: the server asked first (status ${status}), the request was sent a second time`,
  };
}
