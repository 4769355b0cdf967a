import { createExchange } from '../../exchange.ts';
import type { ExchangeError } from '../../http/network-error.ts';
import { addressOf } from '../../http/target.ts';
import { templateFailure } from '../../template-failure.ts';
import { timingsOf, unusable } from '../connect.ts';
import { defineProtocol, type Performed, type ProtocolContext, type SentRequest } from '../protocol.ts';
import { type Called, type Channel, call } from './channel.ts';
import { Channels } from './channels.ts';
import { reflect } from './reflection.ts';
import type { Method, Schema } from './schema.ts';
import { grpcSpan } from './span.ts';
import { check, compile, type GrpcSpec, grpcTarget, keys } from './spec.ts';
import { statusName } from './status.ts';

/** A gRPC call (grpc/doc/PROTOCOL-HTTP2.md), unary or server streaming. */
export const protocol = defineProtocol<GrpcSpec>({
  kind: 'grpc',
  key: 'grpc',
  keys,
  defaultExpect: { status: 0 },
  check,
  compile,
  describe: ({ method }) => ({ method: 'GRPC', route: method }),
  span: grpcSpan,
  perform,
});

async function perform(spec: GrpcSpec, context: ProtocolContext): Promise<Performed> {
  const { clock, fill } = context;
  const start = clock.monotonic();
  const url = fill.text(spec.url);
  const message = fill.value(spec.message);
  const metadata = spec.metadata.map(({ name, value }) => [name, fill.text(value)] as const);
  const nothing = (error: ExchangeError): Performed => ({ request: null, exchange: null, timings: null, error });
  if (fill.error) return nothing(templateFailure(fill.error));
  const target = grpcTarget(url);
  if (!target)
    return nothing(unusable(`${JSON.stringify(url)} is no gRPC server`, 'for example: grpc://127.0.0.1:50051'));
  const foreign = metadata.find(([, value]) => /[^\x20-\x7e]/.test(value));
  if (foreign)
    return nothing(unusable(`metadata ${foreign[0]} contains a character that it cannot carry`, 'ASCII only'));

  const headers = {
    ...Object.fromEntries(metadata),
    'user-agent': context.userAgent,
    traceparent: context.traceparent,
  };
  const request: SentRequest = {
    method: 'GRPC',
    url: `${target.origin}/${spec.method}`,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(message),
  };
  const lease = await context.resources.of(Channels.kept).lease(target, context);
  const failed = (error: ExchangeError): Performed => {
    const timings = timingsOf(phases, { start, sent: null, firstByte: null, end: clock.monotonic() });
    return { request, exchange: null, timings, error };
  };
  const phases = 'error' in lease ? lease.phases : lease.reused ? null : lease.channel.phases;
  if ('error' in lease) return failed(lease.error);
  const { channel } = lease;
  let usable = false;
  try {
    const method = await methodOf(spec, channel, context);
    if ('error' in method) return failed(method.error);
    const encoded = method.value.input.encode(message);
    if ('error' in encoded)
      return failed(unusable(`the message does not fit: ${encoded.error}`, 'see the definition of the method'));
    const called = await call(channel, { method: spec.method, headers, messages: [encoded.value] }, context);
    const timings = timingsOf(phases, { start, ...called, end: clock.monotonic() });
    usable = called.error === null;
    const body = bodyOf(called, method.value);
    const exchange = createExchange({
      request,
      response: {
        status: called.status,
        statusName: called.status === null ? null : statusName(called.status),
        statusMessage: called.message,
        httpVersion: '2',
        headers: { ...called.headers, 'content-type': 'application/json' },
        body: Buffer.from(body.text),
      },
      timings,
      at: clock.now(),
      certificate: channel.certificate,
    });
    const seen = called.error === null || called.messages.length > 0;
    const invalid = body.error === null ? null : unreadable(addressOf(target), body.error);
    return { request, exchange: seen ? exchange : null, timings, error: called.error ?? invalid };
  } finally {
    lease.end(usable);
  }
}

async function methodOf(
  { method, schema }: GrpcSpec,
  channel: Channel,
  context: ProtocolContext,
): Promise<{ value: Method } | { error: ExchangeError }> {
  const known = schema ?? (await schemaOf(method.split('/')[0]!, channel, context));
  if ('error' in known) return known;
  const found = known.method(method);
  if ('value' in found) return found;
  const message = `${addressOf(channel.target)}: ${found.error}`;
  return { error: { kind: 'network', code: 'UNKNOWN_METHOD', message, hint: found.hint ?? null } };
}

async function schemaOf(
  service: string,
  channel: Channel,
  context: ProtocolContext,
): Promise<Schema | { error: ExchangeError }> {
  const { schemas } = context.resources.of(Channels.kept);
  const key = `${channel.target.origin}/${service}`;
  const before = schemas.get(key);
  if (before) return before;
  const asked = await reflect(service, channel, context);
  if ('error' in asked) return asked;
  schemas.set(key, asked.value);
  return asked.value;
}

/** The message, the list of the streamed ones, or what the server said instead. */
function bodyOf({ status, message, messages }: Called, method: Method): { text: string; error: string | null } {
  const decoded: unknown[] = [];
  for (const bytes of messages) {
    const made = method.output.decode(bytes);
    if ('error' in made) return { text: JSON.stringify(decoded), error: made.error };
    decoded.push(made.value);
  }
  if (method.serverStreaming) return { text: JSON.stringify(decoded), error: null };
  if (status === 0) return { text: decoded.length > 0 ? JSON.stringify(decoded[0]) : '', error: null };
  return { text: JSON.stringify({ code: status, status: statusName(status ?? 2), message }), error: null };
}

function unreadable(peer: string, why: string): ExchangeError {
  const message = `${peer} sent a message that is not of its type: ${why}`;
  return { kind: 'network', code: 'INVALID_RESPONSE', message, hint: 'does the .proto file fit the server?' };
}
