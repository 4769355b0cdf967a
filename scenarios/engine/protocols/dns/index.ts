import { isIP } from 'node:net';
import { createExchange } from '../../exchange.ts';
import { addressOf, type Target } from '../../http/target.ts';
import { templateFailure } from '../../template-failure.ts';
import { allowedAddress } from '../allowed-address.ts';
import { explain, stopped, timingsOf, unusable } from '../connect.ts';
import { defineProtocol, type Performed, type ProtocolContext, type SentRequest } from '../protocol.ts';
import { networkSpan } from '../span-words.ts';
import { type Answered, ask } from './resolve.ts';
import { check, compile, type DnsSpec, keys, serverAt } from './spec.ts';

/** A question to a name server (RFC 1035). */
export const protocol = defineProtocol<DnsSpec>({
  kind: 'dns',
  key: 'dns',
  keys,
  defaultExpect: { status: 0, jsonpath: { $: { count: { gt: 0 } } } },
  check,
  compile,
  describe: ({ type, written }) => ({ method: 'DNS', route: `${type} ${written}` }),
  span(step) {
    const { name, attributes } = networkSpan(step);
    // `A example.com`
    const question = step.request?.route.split(' ')[1];
    return { name, attributes: { ...attributes, 'dns.question.name': question } };
  },
  perform,
});

async function perform(spec: DnsSpec, context: ProtocolContext): Promise<Performed> {
  const { clock, fill } = context;
  const start = clock.monotonic();
  const name = fill.text(spec.name);
  const server = spec.server && fill.text(spec.server);
  if (fill.error) return { request: null, exchange: null, timings: null, error: templateFailure(fill.error) };
  const target = server === null ? null : serverAt(server);
  if (server !== null && target === null) {
    const error = unusable(`${JSON.stringify(server)} is no address of a name server`, 'for example: 9.9.9.9:53');
    return { request: null, exchange: null, timings: null, error };
  }

  const url = `dns:${target ? `//${addressOf(target)}/` : ''}${name}?type=${spec.type}`;
  const request: SentRequest = { method: 'DNS', url, headers: {}, body: null };
  const answered = await answer(spec, name, target, context);
  const end = clock.monotonic();
  const timings = timingsOf(
    { dnsMs: end - start, connectMs: null, tlsMs: null },
    { start, sent: null, firstByte: null, end },
  );
  if (!('records' in answered)) return { request, exchange: null, timings, error: answered.error };
  const { status, statusName, records } = answered;
  const exchange = createExchange({
    request,
    response: {
      status,
      statusName,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(records)),
    },
    timings,
    at: clock.now(),
  });
  return { request, exchange, timings, error: null };
}

async function answer(
  { type }: DnsSpec,
  name: string,
  target: Target | null,
  context: ProtocolContext,
): Promise<Answered | { error: NonNullable<Performed['error']> }> {
  const { abort } = context;
  const who = target ? addressOf(target) : 'the name server of this machine';
  const late = () => ({
    error: stopped(abort, { words: `${who} did not answer`, hint: 'is it a name server, and is UDP let through?' }),
  });
  const address = target && (await allowedAddress(target, context));
  if (address && 'error' in address) return address;
  if (abort.aborted) return late();
  try {
    const at = address && `${isIP(address.value) === 6 ? `[${address.value}]` : address.value}:${target!.port}`;
    return await ask(name, type, at, abort);
  } catch (thrown) {
    if (abort.aborted) return late();
    return { error: explainResolver(thrown, who, name) ?? explain(thrown, target ?? NOWHERE) };
  }
}

const NOWHERE: Target = { origin: 'dns:', hostname: 'the name server of this machine', port: 53, secure: false };

/** The resolver's own ways of having no answer. */
function explainResolver(thrown: unknown, who: string, name: string): Performed['error'] {
  const network = (code: string, message: string, hint: string | null) =>
    ({ kind: 'network', code, message, hint }) as const;
  switch (String((thrown as { code?: unknown }).code)) {
    case 'ETIMEOUT':
      return network('DNS_NO_ANSWER', `${who} did not answer`, 'is it a name server, and is UDP let through?');
    case 'ECONNREFUSED':
      return network('CONNECTION_REFUSED', `connection refused by ${who}`, 'is the name server running?');
    case 'EBADRESP':
      return network('INVALID_RESPONSE', `${who} sent something that is no DNS answer`, null);
    case 'EBADNAME':
    case 'EBADQUERY':
      return network('INVALID_REQUEST', `${JSON.stringify(name)} is no name that can be asked for`, null);
    default:
      return null;
  }
}
