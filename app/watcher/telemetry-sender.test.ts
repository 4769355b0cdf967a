import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { TelemetrySender } from './telemetry-sender.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function relay(answer: (n: number) => number) {
  const received: string[] = [];
  let requests = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const status = answer(++requests);
    if (status === 200) received.push(body);
    response.writeHead(status).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function sender(url: string, clock = new VirtualClock()) {
  const lost: string[] = [];
  return {
    lost,
    sender: new TelemetrySender({ clock, url: () => url, token: undefined, onLost: (reason) => lost.push(reason) }),
  };
}

test('what waits is sent before the end', async () => {
  const { received, url } = await relay(() => 200);
  const { sender: traces, lost } = sender(url);
  await traces.start();
  for (let n = 0; n < 20; n++) traces.spans({ n });
  await traces.shutdown(new AbortController().signal);
  expect(received.map((body) => JSON.parse(body).n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(lost).toEqual([]);
});

test('a relay that restarts gets it later', async () => {
  const { received, url } = await relay((n) => (n < 3 ? 503 : 200));
  const clock = new VirtualClock();
  const waited: number[] = [];
  clock.timer = async (ms) => void waited.push(ms);
  const { sender: traces, lost } = sender(url, clock);
  await traces.start();
  traces.spans({ n: 1 });
  await traces.shutdown(new AbortController().signal);
  expect(received).toEqual(['{"n":1}']);
  expect(waited).toHaveLength(2);
  expect(waited[1]).toBeGreaterThanOrEqual(200);
  expect(lost).toEqual([]);
});

test('what is refused for good, and what does not fit, is told', async () => {
  const { url } = await relay(() => 400);
  const { sender: traces, lost } = sender(url);
  for (let n = 0; n <= 1_000; n++) traces.spans({ n });
  expect(lost).toEqual(['too much waits for the relay']);
  await traces.start();
  await traces.shutdown(new AbortController().signal);
  expect(lost).toHaveLength(1_001);
  expect(lost[1]).toMatch(/answered 400/);
});
