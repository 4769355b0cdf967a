import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterEach, describe, expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import Fastify from 'fastify';
import { InvalidInstrumentOptions, instrument } from './index.ts';
import manifest from './package.json' with { type: 'json' };
import { Collector } from './testing/collector.ts';
import { exchange, type ObservedApp, observe } from './testing/observed-app.ts';
import { VERSION } from './version.ts';

let observed: ObservedApp | undefined;
afterEach(async () => {
  await observed?.finish();
  observed = undefined;
});

test('the version that is sent is the version of the package', () => {
  expect(VERSION).toBe(manifest.version);
});

test('nothing is lost at saturation: spans received = requests sent', async () => {
  observed = await observe((app) => void app.get('/:n', async () => ({ ok: true })));
  const { port, app, collector } = observed;
  const perConnection = 500;
  const connections = 16;
  const pipelined = (from: number) =>
    Array.from({ length: perConnection }, (_, index) => {
      const last = index === perConnection - 1 ? 'connection: close\r\n' : '';
      return `GET /${from + index} HTTP/1.1\r\nhost: a\r\n${last}\r\n`;
    }).join('');
  await Promise.all(
    Array.from({ length: connections }, (_, index) => exchange(port, pipelined(index * perConnection))),
  );
  await app.close();
  const total = perConnection * connections;
  expect(new Set(collector.spans.map((span) => span.attributes['url.path'])).size).toBe(total);
  expect(new Set(collector.spans.map((span) => span.spanId)).size).toBe(total);
  expect(collector.spans).toHaveLength(total);
  expect(app.instrumentation.counters().traces).toEqual({ recorded: total, exported: total, rejected: 0, dropped: 0 });
  expect(Number(collector.histograms.at(-1)?.point.count)).toBe(total);
});

test('a scenario’s request is there, with its children and logs, at once and not with the next batch', async () => {
  observed = await observe(
    (app) =>
      void app.get('/', async (request) => {
        trace.getTracer('t').startSpan('query').end();
        request.log.error('no such column');
        return {};
      }),
    { logger: true },
  );
  const { url, collector } = observed;
  const headers = { 'user-agent': 'ringdown/0.1.0' };
  await (await fetch(url, { headers })).text(); // the first one also opens the connection to the receiver
  const delays: number[] = [];
  for (let round = 0; round < 7; round++) {
    const spansBefore = collector.spans.length;
    const logsBefore = collector.logs.length;
    await (await fetch(url, { headers })).text();
    const answeredMs = performance.now();
    await collector.until(({ spans, logs }) => spans.length >= spansBefore + 2 && logs.length >= logsBefore + 3);
    delays.push(performance.now() - answeredMs);
  }
  // The best of several: a neighbour's load may slow any of them, but never makes one faster than the next batch.
  expect(Math.min(...delays)).toBeLessThan(100);
  expect(collector.spans.find((span) => span.kind === 2)?.attributes['user_agent.synthetic.type']).toBe('test');
});

describe('a receiver that fails', () => {
  test('is retried, and gets everything once it is back', async () => {
    observed = await observe((app) => void app.get('/', async () => ({})));
    const { url, collector, app } = observed;
    let refusals = 2;
    collector.answer = (response) => {
      if (refusals === 0) return false;
      refusals--;
      response.writeHead(503, { 'retry-after': '0' }).end();
      return true;
    };
    await fetch(url, { headers: { 'user-agent': 'ringdown/0' } });
    await collector.until(({ spans }) => spans.length === 1);
    expect(collector.requests.filter(({ path }) => path === '/v1/traces').length).toBeGreaterThanOrEqual(2);
    await app.close();
    expect(app.instrumentation.counters().traces).toMatchObject({ recorded: 1, exported: 1 });
  });

  test('costs the app nothing but the items, which are counted, and one warning', async () => {
    const lines: string[] = [];
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } });
    await app.register(instrument, { serviceName: 'shop', otlpEndpoint: 'http://127.0.0.1:1', statsd: false });
    app.get('/', async () => ({ ok: true }));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    for (let request = 0; request < 20; request++) {
      expect(await (await fetch(url, { headers: { 'user-agent': 'ringdown/0' } })).json()).toEqual({ ok: true });
    }
    await app.close();
    const { recorded, exported, rejected, dropped } = app.instrumentation.counters().traces;
    expect({ recorded, exported, rejected, dropped }).toEqual({ recorded: 20, exported: 0, rejected: 0, dropped: 20 });
    expect(lines.filter((line) => line.includes('telemetry to 127.0.0.1:1'))).toHaveLength(1);
  });

  test('that refuses for good is not asked again', async () => {
    observed = await observe((app) => void app.get('/', async () => ({})), { token: 'canary-token' });
    const { url, collector, app } = observed;
    collector.answer = (response) => {
      response.writeHead(400).end();
      return true;
    };
    await fetch(url);
    await app.close();
    expect(app.instrumentation.counters().traces).toMatchObject({ recorded: 1, rejected: 1 });
    expect(collector.requests.filter(({ path }) => path === '/v1/traces')).toHaveLength(1);
    expect(collector.requests[0]?.headers.authorization).toBe('Bearer canary-token');
  });
});

test('two apps in one process keep their spans apart, and a later one works as the first', async () => {
  const addRoutes = (name: string) => (app: ReturnType<typeof Fastify>) =>
    void app.get('/', async () => {
      trace.getTracer('t').startSpan(`in ${name}`).end();
      return {};
    });
  const first = await observe(addRoutes('first'), { serviceName: 'first' });
  observed = await observe(addRoutes('second'), { serviceName: 'second' });
  await fetch(first.url);
  await fetch(observed.url);
  await first.finish();
  await fetch(observed.url);
  await observed.app.close();
  const seen = (app: ObservedApp) => app.collector.spans.map((span) => `${span.resource['service.name']} ${span.name}`);
  expect(seen(first).sort()).toEqual(['first GET /', 'first in first']);
  expect(seen(observed).sort()).toEqual(['second GET /', 'second GET /', 'second in second', 'second in second']);
});

test('HTTP/2 requests are spans too', async () => {
  const collector = new Collector();
  const app = Fastify({ http2: true });
  await app.register(instrument, { serviceName: 'shop', otlpEndpoint: await collector.listen(), statsd: false });
  app.get('/posts/:id', async () => ({}));
  const client = connect(await app.listen({ port: 0, host: '127.0.0.1' }));
  const stream = client.request({ ':path': '/posts/1' });
  stream.resume();
  await once(stream, 'close');
  client.close();
  await app.close();
  await collector.close();
  expect(collector.spans.map(({ name, attributes }) => [name, attributes])).toEqual([
    [
      'GET /posts/:id',
      expect.objectContaining({
        'http.response.status_code': 200n,
        'network.protocol.version': '2',
        'server.address': '127.0.0.1',
      }),
    ],
  ]);
  expect(collector.spans[0]?.attributes).not.toHaveProperty('error.type');
});

test('a wrong option stops the start with a name for it', async () => {
  const app = Fastify();
  await expect(app.register(instrument, { otlpEndpoint: 'not a url' })).rejects.toThrow(InvalidInstrumentOptions);
});

test('StatsD gets every request counted and the timers with their rate', async () => {
  const server = createSocket('udp4');
  const packets: string[] = [];
  server.on('message', (message) => packets.push(message.toString()));
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const statsd = { host: '127.0.0.1', port: server.address().port };
  observed = await observe((app) => void app.get('/posts/:id', async () => ({})), { statsd });
  const requests = 600;
  for (let sent = 0; sent < requests; sent += 20) {
    await Promise.all(Array.from({ length: 20 }, async () => (await fetch(`${observed?.url}/posts/1`)).text()));
  }
  await (await fetch(`${observed.url}/posts/1`, { headers: { 'user-agent': 'ringdown/0' } })).text();
  await observed.app.close();
  while (!packets.join('\n').includes('synthetic:true')) await once(server, 'message');
  server.close();
  const metrics = packets.join('\n').split('\n');
  const counted = metrics.filter(
    (metric) => metric.startsWith('http.server.requests:') && !metric.includes('synthetic'),
  );
  expect(counted[0]).toMatch(/^http\.server\.requests:\d+\|c\|#service:shop,method:GET,route:\/posts\/:id,status:200$/);
  const sum = counted.reduce((total, metric) => total + Number(/:(\d+)\|/.exec(metric)?.[1]), 0);
  expect(sum).toBe(requests);
  const timers = metrics.filter((metric) => metric.startsWith('http.server.request.duration:'));
  expect(timers.length).toBeLessThan(requests);
  expect(timers.every((timer) => /^[^:]+:[\d.e-]+\|ms(\|@0\.\d+)?\|#/.test(timer))).toBe(true);
  expect(timers.some((timer) => timer.includes('|@0.1|'))).toBe(true);
});
