import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { encodeAttributes } from '../protobuf/attributes.ts';
import { SPAN } from '../protobuf/span.ts';

/** What stays the same from one request of a connection to the next: encoded once, copied into each span. */
export interface Connection {
  host: string | undefined;
  userAgent: string | undefined;
  scheme: string;
  /** `user_agent.synthetic.type` is `test`: the request was made by a scenario. */
  synthetic: boolean;
  protocolVersion: string;
  /** `Span.attributes`: server, client, scheme, protocol and user agent. */
  attributes: Buffer;
}

const CONNECTION = Symbol('ringdown.connection');
type Carrier = { [CONNECTION]?: Connection };

/** Node refuses longer header blocks; this bounds what is kept per connection. */
const MAX_TEXT = 1024;

/** The facts about the connection of a request. `request` is missing where Fastify answered before its first hook. */
export function connectionOf(raw: IncomingMessage, request: FastifyRequest | undefined): Connection {
  const { headers } = raw;
  const host = headers.host ?? (headers[':authority'] as string | undefined);
  const userAgent = headers['user-agent'];
  const carrier = raw.socket as unknown as Carrier | null | undefined;
  const cached = carrier?.[CONNECTION];
  // Behind a proxy one connection serves many clients.
  const forwarded =
    headers['x-forwarded-for'] !== undefined ||
    headers['x-forwarded-proto'] !== undefined ||
    headers['x-forwarded-host'] !== undefined;
  if (cached && cached.host === host && cached.userAgent === userAgent && !forwarded) return cached;
  const connection = describe(raw, request, host, userAgent);
  if (carrier && !forwarded) carrier[CONNECTION] = connection;
  return connection;
}

function describe(
  raw: IncomingMessage,
  request: FastifyRequest | undefined,
  host: string | undefined,
  userAgent: string | undefined,
): Connection {
  const encrypted = raw.socket && 'encrypted' in raw.socket && raw.socket.encrypted === true;
  // With `trustProxy` it is what a header says, which may be anything, and metrics are kept per scheme.
  const scheme = (request?.protocol ?? (encrypted ? 'https' : 'http')) === 'https' ? 'https' : 'http';
  const server = parseAuthority(request?.host || host || '', scheme);
  const synthetic = userAgent?.startsWith('ringdown/') === true;
  return {
    host,
    userAgent,
    scheme,
    synthetic,
    protocolVersion: raw.httpVersion === '2.0' ? '2' : raw.httpVersion,
    attributes: encodeAttributes(SPAN.attribute, {
      'server.address': server.address || undefined,
      'server.port': server.port,
      'url.scheme': scheme,
      'network.protocol.version': raw.httpVersion === '2.0' ? '2' : raw.httpVersion,
      'client.address': request?.ip ?? raw.socket?.remoteAddress,
      'user_agent.original': userAgent?.slice(0, MAX_TEXT),
      'user_agent.synthetic.type': synthetic ? 'test' : undefined,
    }),
  };
}

/** Splits `host:port` (RFC 3986 §3.2); the port is the scheme's where none is written. */
export function parseAuthority(authority: string, scheme: string): { address: string; port: number | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority.slice(0, MAX_TEXT));
  if (!match?.[1]) return { address: '', port: undefined };
  const address = match[1].replace(/^\[|\]$/g, '');
  return { address, port: match[2] ? Number(match[2]) : scheme === 'https' ? 443 : 80 };
}
