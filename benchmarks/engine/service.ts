import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The service under the engines: five routes with JSON, no work behind them. Sends `{ port }` once it listens. */
let posts = 0;
const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(120)}.${'b'.repeat(43)}`;

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    const [status, answer] = answerTo(request.method!, request.url!, body);
    if (answer === undefined) response.writeHead(status).end();
    else response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(answer));
  });
});

function answerTo(method: string, url: string, body: string): [status: number, answer?: object] {
  const times = { created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' };
  if (url === '/v1/sessions') return [201, { access_token: token, token_type: 'Bearer', expires_in: 900 }];
  if (method === 'POST') return [201, { id: ++posts, ...JSON.parse(body), ...times }];
  if (method === 'PATCH') return [200, { id: 1, ...JSON.parse(body), ...times }];
  if (method === 'DELETE') return [204];
  return [200, { id: 1, title: 'hello', body: 'x'.repeat(400), ...times }];
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
