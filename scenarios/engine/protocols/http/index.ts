import { createExchange } from '../../exchange.ts';
import { templateFailure } from '../../template-failure.ts';
import { defineProtocol, type Performed, type ProtocolContext } from '../protocol.ts';
import { httpSpan } from '../span-words.ts';
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
  const built = buildRequest(spec, context);
  if ('error' in built) return { request: null, exchange: null, timings: null, error: templateFailure(built.error) };
  const { method, url, headers, body } = built.value;
  const request = { method, url: url.href, headers, body };
  const outcome = await context.http.exchange(built.value, context.abort);
  const { response, error, timings, redirects, certificate, hopCookies } = outcome;
  const hidden = hopCookies.length === 0 ? {} : { hiddenHeaders: { 'set-cookie': [...hopCookies] } };
  if (!response) return { request, exchange: null, timings, error, ...hidden };
  const exchange = createExchange({ request, response, timings, redirects, certificate, at: context.clock.now() });
  return { request, exchange, timings, error: null, ...hidden };
}
