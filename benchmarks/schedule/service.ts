import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The service under the monitors: one small answer, no work behind it. Sends `{ port }` once it listens. */
const body = JSON.stringify({ status: 'ok', version: '4.12.0' });
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
