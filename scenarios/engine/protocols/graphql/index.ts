import type { AssertionResult } from '../../../run-result.ts';
import { createExchange, type Exchange } from '../../exchange.ts';
import { shortened } from '../../shortened.ts';
import { templateFailure } from '../../template-failure.ts';
import { joinUrl } from '../base-url.ts';
import { unusable } from '../connect.ts';
import { defineProtocol, type Performed, type ProtocolContext, type SentRequest } from '../protocol.ts';
import { httpSpan } from '../span-words.ts';
import { check, compile, type GraphqlSpec, keys } from './spec.ts';

/** A GraphQL request over HTTP (GraphQL over HTTP, draft: POST with JSON). */
export const protocol = defineProtocol<GraphqlSpec>({
  kind: 'graphql',
  key: 'graphql',
  keys,
  defaultExpect: { status: '2xx' },
  check,
  compile,
  describe: ({ route }) => ({ method: 'POST', route }),
  span: httpSpan,
  perform,
});

async function perform(spec: GraphqlSpec, context: ProtocolContext): Promise<Performed> {
  const { connection, cookies, fill } = context;
  const path = fill.text(spec.url);
  const query = fill.text(spec.query);
  const variables = fill.value(spec.variables);
  const operationName = spec.operation && fill.text(spec.operation);
  const headers: Record<string, string> = {
    accept: 'application/graphql-response+json, application/json;q=0.9',
    'accept-encoding': 'gzip, deflate, br',
    'content-type': 'application/json',
    traceparent: context.traceparent,
  };
  for (const { name, value } of spec.headers) headers[name] = fill.text(value);
  const own = headers['user-agent'];
  headers['user-agent'] = own === undefined ? context.userAgent : `${context.userAgent} ${own}`;
  const nothing = { request: null, exchange: null, timings: null };
  if (fill.error) return { ...nothing, error: templateFailure(fill.error) };
  const url = joinUrl(context.baseUrl, path);
  if (!url) {
    const hint = 'write a path that begins with /, or a whole URL';
    return { ...nothing, error: unusable(`${JSON.stringify(path)} is not a URL`, hint) };
  }

  const body = JSON.stringify({ query, variables, ...(operationName === null ? {} : { operationName }) });
  const request: SentRequest = { method: 'POST', url: url.href, headers, body };
  const asked = { method: 'POST', url, headers, body, maxRedirects: 0, connection, cookies };
  const { response, error, timings, certificate, redirects } = await context.http.exchange(asked, context.abort);
  if (!response) return { request, exchange: null, timings, error };
  const exchange = createExchange({ request, response, timings, redirects, certificate, at: context.clock.now() });
  const assertions = spec.judgesErrors ? [] : errorsOf(exchange);
  return { request, exchange, assertions, timings, error: null };
}

/** Errors in the answer (GraphQL specification, section 7.1.2): the first one in its own words, and how many there are. */
function errorsOf({ response }: Exchange): AssertionResult[] {
  if ('error' in response.json) return [];
  const { value } = response.json;
  const errors: unknown = own(value, 'errors');
  if (!Array.isArray(errors) || errors.length === 0) return [];
  const [first] = errors;
  const message = own(first, 'message');
  const words = typeof message === 'string' ? message : JSON.stringify(first);
  const path = own(first, 'path');
  const at = Array.isArray(path) && path.length > 0 ? ` at ${path.join('.')}` : '';
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const actual = shortened(`${words}${at}${others}`, 500);
  return [
    {
      kind: 'graphql',
      subject: 'errors',
      operator: 'exists',
      expected: 'no errors',
      actual,
      passed: false,
      message: `the answer holds an error: ${actual}`,
    },
  ];
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
