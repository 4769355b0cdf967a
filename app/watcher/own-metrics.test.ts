import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { createOwnMetrics } from './own-metrics.ts';

test('they are sent to a relay that wants a token with that token', async () => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const received = once(server, 'request');
  const { port } = server.address() as AddressInfo;
  const metrics = createOwnMetrics(
    { monitors: () => [], incidents: () => ({ triggered: 0, acknowledged: 0 }), backends: () => [] },
    '1.2.3',
    { url: `http://127.0.0.1:${port}`, token: 'a token of the relay' },
  );
  metrics.slipped(3);
  await metrics.shutdown();
  const [{ url, headers }] = await received;
  expect([url, headers.authorization]).toEqual(['/v1/metrics', 'Bearer a token of the relay']);
  server.closeAllConnections();
  server.close();
});
