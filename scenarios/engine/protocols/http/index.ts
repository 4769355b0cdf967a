import { authKind } from '../../auth/registry.ts';
import { createExchange } from '../../exchange.ts';
import type { HttpOutcome, HttpRequest } from '../../http/http-session.ts';
import { templateFailure } from '../../template-failure.ts';
import { defineProtocol, type Performed, type ProtocolContext, type SentRequest } from '../protocol.ts';
import { httpSpan } from '../span-words.ts';
import { exchangeAs } from './authorized-exchange.ts';
import { buildRequest } from './build-request.ts';
import { check } from './check.ts';
import { compile } from './compile.ts';
import { keys } from './schema.ts';
import type { HttpSpec } from './spec.ts';

const LONG_FORM = 'it belongs into the long form: request: { method, url, query, headers }';

/** An HTTP request (RFC 9110). */
export const protocol = defineProtocol<HttpSpec>({
  kind: 'http',
  key: 'request',
  keys,
  elsewhere: Object.fromEntries(
    ['method', 'url', 'query', 'header', 'headers', 'max_redirects'].map((key) => [key, LONG_FORM]),
  ),
  check,
  compile,
  defaultExpect: { status: '2xx' },
  describe: ({ method, route }) => ({ method, route }),
  span: httpSpan,
  perform,
});

async function perform(spec: HttpSpec, context: ProtocolContext): Promise<Performed> {
  const auth = spec.auth && authKind(spec.auth.kind)!;
  const credentials = auth?.fill(spec.auth!, context.fill);
  const built = buildRequest(spec, context);
  if ('error' in built) return { request: null, exchange: null, timings: null, error: templateFailure(built.error) };
  if (!auth) return performed(built.value, await context.http.exchange(built.value, context.abort), context);
  const sent = await exchangeAs(auth, credentials, built.value, context);
  if ('error' in sent) return { request: asSent(built.value), exchange: null, timings: null, error: sent.error };
  const { request, outcome, secrets, assertions } = sent;
  const result = performed(request, outcome, context);
  const hiddenHeaders =
    secrets.length === 0 ? result.hiddenHeaders : { ...result.hiddenHeaders, authorization: [...secrets] };
  return { ...result, assertions, ...(hiddenHeaders ? { hiddenHeaders } : {}) };
}

function performed(sent: HttpRequest, outcome: HttpOutcome, { clock }: ProtocolContext): Performed {
  const { response, error, timings, redirects, certificate, hopCookies } = outcome;
  const request = asSent(sent);
  const hidden = hopCookies.length === 0 ? {} : { hiddenHeaders: { 'set-cookie': [...hopCookies] } };
  if (!response) return { request, exchange: null, timings, error, ...hidden };
  const exchange = createExchange({ request, response, timings, redirects, certificate, at: clock.now() });
  return { request, exchange, timings, error: null, ...hidden };
}

function asSent({ method, url, headers, body }: HttpRequest): SentRequest {
  return { method, url: url.href, headers, body };
}
