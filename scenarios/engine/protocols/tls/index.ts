import Type from 'typebox';
import { closed, text } from '../../../language/schema-words.ts';
import { type Template, template } from '../../../language/template.ts';
import { field } from '../../../language/written.ts';
import { createExchange } from '../../exchange.ts';
import { isTls } from '../../http/connector.ts';
import { templateFailure } from '../../template-failure.ts';
import { checkAddress } from '../address.ts';
import { connect, targetAt, timingsOf, unusable } from '../connect.ts';
import { defineProtocol, type Performed, type ProtocolContext, type SentRequest } from '../protocol.ts';

interface TlsSpec {
  readonly address: Template;
  readonly written: string;
  /** null: the connection's, or else the host. */
  readonly servername: Template | null;
}

/** A TLS handshake and nothing more: shows the certificate, also one that is not trusted (RFC 8446, RFC 5280). */
export const protocol = defineProtocol<TlsSpec>({
  kind: 'tls',
  key: 'tls',
  keys: {
    tls: Type.Object(
      {
        address: text('Host and port.', 'example.com:443'),
        servername: Type.Optional(
          text('Name for SNI, which the certificate has to carry; the host when absent.', 'www.example.com'),
        ),
      },
      {
        ...closed,
        'x-expected': 'a mapping such as { address: "example.com:443" }',
        description: 'A TLS handshake; the certificate is judged by `expect: { certificate: … }` and must be trusted.',
        examples: [{ address: 'example.com:443' }],
      },
    ),
  },
  defaultExpect: { certificate: { trusted: true } },
  check: ({ tls }) => checkAddress(field(tls, 'address'), ['tls', 'address'], 443),
  compile({ tls }) {
    const { address, servername } = tls as { address: string; servername?: string };
    return {
      address: template(address),
      written: address,
      servername: servername === undefined ? null : template(servername),
    };
  },
  describe: ({ written }) => ({ method: 'TLS', route: written }),
  perform,
});

async function perform(spec: TlsSpec, context: ProtocolContext): Promise<Performed> {
  const { clock, fill, connection } = context;
  const start = clock.monotonic();
  const address = fill.text(spec.address);
  const servername = spec.servername && fill.text(spec.servername);
  if (fill.error) return { request: null, exchange: null, timings: null, error: templateFailure(fill.error) };
  const target = targetAt('tls', address);
  if (!target) {
    const error = unusable(`${JSON.stringify(address)} is no address`, 'write host:port, for example example.com:443');
    return { request: null, exchange: null, timings: null, error };
  }
  const request: SentRequest = {
    method: 'TLS',
    url: target.origin,
    headers: servername === null ? {} : { servername },
    body: null,
  };
  // What is not trusted is shown and judged as a certificate, and is no failed connection.
  const settings = { ...connection, servername: servername ?? connection.servername, verify: false };
  const connected = await connect(target, context, null, settings);
  const timings = timingsOf(connected.phases, { start, sent: null, firstByte: null, end: clock.monotonic() });
  if ('error' in connected) return { request, exchange: null, timings, error: connected.error };
  const { socket, certificate } = connected;
  const agreed = isTls(socket) ? { tls_version: socket.getProtocol(), cipher: socket.getCipher()?.name } : {};
  socket.destroy();
  const exchange = createExchange({
    request,
    response: {
      status: null,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ ...agreed, ...certificate }, null, 2)),
    },
    timings,
    at: clock.now(),
    certificate,
  });
  return { request, exchange, timings, error: null };
}
