import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { inspect } from '../../monitoring/otlp/index.ts';
import { answer } from './peer.ts';

/** What arrived since the last question. */
export interface Arrived {
  url: string;
  spans: number;
  /** Documents of bulk requests. */
  documents: number;
  /** Bodies as they came over the wire. */
  bytes: number;
}

const NEWLINE = 10;

/** Takes OTLP and Elasticsearch's bulk requests, counts what is in them and drops it. Answers what arrived. */
let arrived = { spans: 0, documents: 0, bytes: 0 };
const server = createServer(async (request, response) => {
  const sent = Buffer.concat(await request.toArray());
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
  const path = request.url ?? '';
  if (path.endsWith('/v1/traces')) {
    arrived.spans += inspect('traces', body).items;
    arrived.bytes += sent.length;
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    return;
  }
  if (path.startsWith('/_bulk')) {
    arrived.documents += documents(body);
    arrived.bytes += sent.length;
  }
  // Elastic's client goes on with nobody but Elasticsearch, and templates are made where there are none.
  const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };
  response.writeHead(request.method === 'GET' ? 404 : 200, headers).end('{"errors":false}');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

answer(async (): Promise<Arrived> => {
  const counted = { url, ...arrived };
  arrived = { spans: 0, documents: 0, bytes: 0 };
  return counted;
});

/** A document is two lines: what to do with it, and itself. */
function documents(body: Buffer): number {
  let lines = 0;
  for (let at = body.indexOf(NEWLINE); at >= 0; at = body.indexOf(NEWLINE, at + 1)) lines++;
  return lines / 2;
}
