import { createExchange } from '../../exchange.ts';
import { addressOf } from '../../http/target.ts';
import { templateFailure } from '../../template-failure.ts';
import { connect, explain, stopped, targetAt, timingsOf, unusable } from '../connect.ts';
import { defineProtocol, type Performed, type ProtocolContext, type SentRequest } from '../protocol.ts';
import { converse, type Received } from './converse.ts';
import { check, compile, keys, type TcpSpec } from './spec.ts';

/** Bytes over TCP (RFC 9293), plain or in TLS. */
export const protocol = defineProtocol<TcpSpec>({
  kind: 'tcp',
  key: 'tcp',
  keys,
  check,
  compile,
  describe: ({ written }) => ({ method: 'TCP', route: written }),
  perform,
});

async function perform(spec: TcpSpec, context: ProtocolContext): Promise<Performed> {
  const { abort, bodyLimitBytes, clock, fill } = context;
  const start = clock.monotonic();
  const address = fill.text(spec.address);
  const sent = spec.send && (spec.send.kind === 'text' ? Buffer.from(fill.text(spec.send.text)) : spec.send.bytes);
  if (fill.error) return { request: null, exchange: null, timings: null, error: templateFailure(fill.error) };
  const target = targetAt('tcp', address);
  if (!target) {
    const error = unusable(`${JSON.stringify(address)} is no address`, 'write host:port, for example db:5432');
    return { request: null, exchange: null, timings: null, error };
  }
  const request: SentRequest = { method: 'TCP', url: target.origin, headers: {}, body: sent };
  const connected = await connect({ ...target, secure: spec.tls }, context);
  const { phases } = connected;
  const moments = { start, sent: null, firstByte: null };
  if ('error' in connected) {
    const timings = timingsOf(phases, { ...moments, end: clock.monotonic() });
    return { request, exchange: null, timings, error: connected.error };
  }

  const received = await converse(connected.socket, sent, spec.receive, { abort, clock, limitBytes: bodyLimitBytes });
  const timings = timingsOf(phases, { start, ...received, end: clock.monotonic() });
  const exchange = createExchange({
    request,
    response: { status: null, headers: {}, body: received.bytes },
    timings,
    at: clock.now(),
    certificate: connected.certificate,
  });
  return { request, exchange, timings, error: errorOf(received, spec, context, target) };
}

function errorOf(
  { ended, bytes }: Received,
  { receive }: TcpSpec,
  { abort, bodyLimitBytes }: ProtocolContext,
  target: NonNullable<ReturnType<typeof targetAt>>,
): Performed['error'] {
  const peer = addressOf(target);
  const came = `${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'} came`;
  const wanted =
    receive?.kind === 'until'
      ? JSON.stringify(receive.text)
      : receive?.kind === 'bytes'
        ? `${receive.count} bytes`
        : 'the end';
  switch (ended) {
    case 'enough':
      return null;
    case 'closed': {
      const message = `${peer} closed the connection before ${wanted} came: ${came}`;
      return { kind: 'network', code: 'CONNECTION_CLOSED', message, hint: 'the answer is shown as far as it came' };
    }
    case 'too_large': {
      const message = `the answer of ${peer} is larger than ${Math.round(bodyLimitBytes / 2 ** 10)} KiB`;
      return { kind: 'response_limit', code: 'RESPONSE_TOO_LARGE', message, hint: 'receive less' };
    }
    case 'stopped':
      return stopped(abort, { words: `${peer} did not send ${wanted}`, hint: `${came} until then` });
    default:
      return explain(ended, target, bytes.length > 0 ? 'download' : 'wait', bytes.length);
  }
}
