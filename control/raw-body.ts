import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { InboundRequest } from '../alerts/inbound/inbound.ts';

/** Bodies of any media type come as the bytes that were sent: signatures are over these. For the routes of one plug-in. */
export function takeRawBodies(
  app: Pick<FastifyInstance, 'removeAllContentTypeParsers' | 'addContentTypeParser'>,
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** @param publicUrl where the sender knows us */
export function inboundRequest(request: FastifyRequest, publicUrl: string): InboundRequest {
  return {
    method: request.method,
    url: request.url,
    publicUrl: `${publicUrl.replace(/\/+$/, '')}${request.url}`,
    headers: request.headers,
    query: queryOf(request.url),
    rawBody: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
}

/** The first of each name; own properties only. */
export function queryOf(url: string): Record<string, string> {
  const mark = url.indexOf('?');
  const pairs = mark < 0 ? [] : [...new URLSearchParams(url.slice(mark + 1))];
  return Object.fromEntries(pairs.toReversed());
}
