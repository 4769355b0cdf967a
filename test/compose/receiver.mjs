/** A webhook receiver in a container: keeps the pages whose signature is right, and shows them at /pages. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const pages = [];

createServer(async (request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(pages));
    return;
  }
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers['ringdown-signature'] ?? '') ?? [];
  const expected = createHmac('sha256', process.env.HOOK_SECRET).update(`${time}.${body}`).digest();
  const genuine = signature !== undefined && timingSafeEqual(Buffer.from(signature, 'hex'), expected);
  if (genuine) pages.push(JSON.parse(body));
  response.writeHead(genuine ? 204 : 401).end();
}).listen(9999, '0.0.0.0');

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
