import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { exchange, type ObservedApp, observe, open } from './testing/observed-app.ts';

let observed: ObservedApp | undefined;
afterEach(async () => {
  await observed?.finish();
  observed = undefined;
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
/** Looks again after each turn of the event loop. */
async function waitFor(met: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!met() && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
}

const activeSpanId = () => trace.getActiveSpan()?.spanContext().spanId ?? 'none';

describe('the SERVER span', () => {
  test('follows the stable HTTP semantic conventions', async () => {
    observed = await observe((app) => void app.get('/posts/:id', async () => ({ ok: true })), {
      serviceVersion: '4.12.0',
      environment: 'staging',
    });
    const { url, port, collector } = observed;
    await fetch(`${url}/posts/7?token=canary`, { headers: { 'user-agent': 'phone/1' } });
    await observed.app.close();
    const [span] = collector.spans;
    expect(span).toMatchObject({ name: 'GET /posts/:id', kind: 2, status: 0, parentSpanId: '', events: [] });
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/posts/:id',
      'url.path': '/posts/7',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': BigInt(port),
      'client.address': '127.0.0.1',
      'user_agent.original': 'phone/1',
      'http.response.status_code': 200n,
      'network.protocol.version': '1.1',
    });
    expect(span?.resource).toMatchObject({
      'service.name': 'shop',
      'service.version': '4.12.0',
      'deployment.environment.name': 'staging',
    });
    const start = Number(BigInt(span!.wire.start_time_unix_nano) / 1_000_000n);
    expect(Math.abs(start - Date.now())).toBeLessThan(5000);
    expect(span!.durationMs).toBeGreaterThan(0);
  });

  test('continues the trace of the caller, with its state, and passes it on', async () => {
    let passedOn: Record<string, string> = {};
    observed = await observe(
      (app) =>
        void app.get('/', async () => {
          passedOn = {};
          propagation.inject(context.active(), passedOn);
          return {};
        }),
    );
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1', baggage: 'tenant=blue' };
    await fetch(observed.url, { headers });
    await observed.app.close();
    const [span] = observed.collector.spans;
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(span?.wire).toMatchObject({ trace_state: 'vendor=1', flags: 0x301 });
    expect(passedOn).toEqual({
      traceparent: `00-${TRACE}-${span?.spanId}-01`,
      tracestate: 'vendor=1',
      baggage: 'tenant=blue',
    });
  });

  test('is not recorded where the caller decided so, but measured', async () => {
    let flags = -1;
    observed = await observe(
      (app) =>
        void app.get('/', async () => {
          flags = trace.getActiveSpan()!.spanContext().traceFlags;
          trace.getTracer('t').startSpan('child').end();
          return {};
        }),
    );
    await fetch(observed.url, { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
    await observed.app.close();
    expect(flags).toBe(0);
    expect(observed.collector.spans).toEqual([]);
    expect(observed.collector.histograms[0]?.point.count).toBe('1');
  });

  test('is the parent of what handlers record, and takes what they add to it', async () => {
    observed = await observe(
      (app) =>
        void app.get('/', async () => {
          const active = trace.getActiveSpan()!;
          active
            .setAttribute('url.path', '/else')
            .setAttribute('tenant', 'blue')
            .addEvent('cache miss', { key: 'a' })
            .updateName('front page');
          active.setStatus({ code: SpanStatusCode.ERROR, message: 'stale' });
          active.addLink({ context: { traceId: TRACE, spanId: PARENT, traceFlags: 1 } });
          return trace.getTracer('handler').startActiveSpan('outer', (outer) => {
            trace.getTracer('handler').startSpan('inner').end();
            outer.end();
            return {};
          });
        }),
    );
    await fetch(observed.url);
    await observed.app.close();
    const { spans } = observed.collector;
    const named = (name: string) => spans.find((span) => span.name === name)!;
    expect(named('front page')).toMatchObject({
      status: 2,
      attributes: { tenant: 'blue' },
      events: [{ name: 'cache miss', attributes: { key: 'a' } }],
      wire: { status: { message: 'stale' }, links: [{}] },
    });
    const keys = named('front page').wire.attributes?.map(({ key }) => key) ?? [];
    expect(new Set(keys).size).toBe(keys.length);
    expect(named('outer')).toMatchObject({ parentSpanId: named('front page').spanId, scope: 'handler', kind: 1 });
    expect(named('inner').parentSpanId).toBe(named('outer').spanId);
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
  });

  test('is active in every hook, handler and error handler, whenever the body arrives', async () => {
    const seen: { path: string; where: string; span: string }[] = [];
    const note = (path: string, where: string) => void seen.push({ path, where, span: activeSpanId() });
    observed = await observe((app) => {
      app.addHook('onRequest', async (request) => note(request.url, 'onRequest'));
      app.addHook('preParsing', async (request) => note(request.url, 'preParsing'));
      app.addHook('preValidation', async (request) => note(request.url, 'preValidation'));
      app.addHook('preHandler', async (request) => note(request.url, 'preHandler'));
      app.addHook('preSerialization', async (request) => note(request.url, 'preSerialization'));
      app.addHook('onSend', async (request) => note(request.url, 'onSend'));
      app.addHook('onResponse', async (request) => note(request.url, 'onResponse'));
      app.setErrorHandler((_error, request, reply) => {
        note(request.url, 'errorHandler');
        return reply.code(400).send({});
      });
      app.post('/:n', async (request) => {
        note(request.url, 'handler');
        return {};
      });
    });
    const socket = await open(observed.port);
    const bodies = ['{"a":1}', '{"b":2}', '{"c": '];
    for (const [index, body] of bodies.entries()) {
      const last = index === bodies.length - 1 ? 'connection: close\r\n' : '';
      socket.write(`POST /${index} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${last}`);
      const answered = once(socket, 'data');
      socket.write(`content-length: ${body.length}\r\n\r\n`);
      await waitFor(() => seen.some(({ path, where }) => path === `/${index}` && where === 'preParsing'));
      socket.write(body.slice(0, 3));
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(body.slice(3));
      await answered;
    }
    await observed.app.close();
    const idOf = Object.fromEntries(
      observed.collector.spans.map(({ attributes, spanId }) => [attributes['url.path'], spanId]),
    );
    expect(seen.filter(({ path, span }) => span !== idOf[path])).toEqual([]);
    expect(new Set(seen.map(({ where }) => where)).size).toBe(9);
  });

  test('of an unknown path has no route, and no name that clients choose', async () => {
    observed = await observe(() => {});
    await fetch(`${observed.url}/a/b`);
    await exchange(observed.port, 'GET /%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await observed.app.close();
    const { spans, histograms } = observed.collector;
    expect(spans.map(({ name, attributes }) => [name, attributes['http.response.status_code']])).toEqual([
      ['GET', 404n],
      ['GET', 400n],
    ]);
    expect(spans[0]?.attributes).not.toHaveProperty('http.route');
    expect(histograms.every(({ attributes }) => !('http.route' in attributes))).toBe(true);
  });
});

describe('a failure', () => {
  test('is recorded with its stack, whoever answers it', async () => {
    observed = await observe((app) => {
      app.get('/default', async () => {
        throw new TypeError('no such column');
      });
      app.get('/route', { errorHandler: (_e, _r, reply) => reply.code(500).send({}) }, async () => {
        throw new RangeError('route');
      });
      app.register(async (child) => {
        child.setErrorHandler((_error, _request, reply) => reply.code(503).send({ title: 'sorry' }));
        child.get('/custom', async () => {
          throw new SyntaxError('custom');
        });
      });
    });
    for (const path of ['default', 'route', 'custom']) await (await fetch(`${observed.url}/${path}`)).text();
    await observed.app.close();
    const seen = observed.collector.spans.map((span) => ({
      status: span.status,
      type: span.attributes['error.type'],
      event: span.events[0]?.attributes,
      events: span.events.length,
    }));
    const stack = expect.stringContaining('server.test.ts');
    expect(seen).toEqual(
      [
        ['TypeError', 'no such column'],
        ['RangeError', 'route'],
        ['SyntaxError', 'custom'],
      ].map(([type, message]) => ({
        status: 2,
        type,
        event: { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack },
        events: 1,
      })),
    );
  });

  test('can be anything that JavaScript throws', async () => {
    const hostile = {
      get message(): string {
        throw new Error('no');
      },
    };
    const thrown: Record<string, unknown> = { text: 'plain', number: 7, none: null, hostile, fn: () => 1 };
    observed = await observe((app) => {
      app.setErrorHandler((_error, _request, reply) => reply.code(500).send({}));
      app.get('/:kind', async (request) => {
        throw thrown[(request.params as { kind: string }).kind];
      });
    });
    for (const kind of Object.keys(thrown)) await (await fetch(`${observed.url}/${kind}`)).text();
    await observed.app.close();
    const { spans } = observed.collector;
    expect(spans).toHaveLength(Object.keys(thrown).length);
    expect(spans.every((span) => span.attributes['http.response.status_code'] === 500n)).toBe(true);
    expect(spans[0]?.events[0]?.attributes).toEqual({ 'exception.type': 'string', 'exception.message': 'plain' });
  });

  test('of the client is no error of the server', async () => {
    observed = await observe(
      (app) =>
        void app.get('/', async () => {
          throw Object.assign(new Error('not yours'), { statusCode: 403 });
        }),
    );
    await fetch(observed.url);
    await observed.app.close();
    const [span] = observed.collector.spans;
    expect(span?.status).toBe(0);
    expect(span?.attributes).not.toHaveProperty('error.type');
    expect(span?.events[0]?.attributes).toEqual({ 'exception.type': 'Error', 'exception.message': 'not yours' });
  });
});

describe('every request ends its span once', () => {
  test('when the client leaves before the answer', async () => {
    let entered = () => {};
    const inHandler = new Promise<void>((resolve) => {
      entered = resolve;
    });
    observed = await observe(
      (app) =>
        void app.get('/slow', () => {
          entered();
          return new Promise(() => {});
        }),
    );
    const socket = await open(observed.port);
    socket.write('GET /slow HTTP/1.1\r\nhost: a\r\nuser-agent: ringdown/0\r\n\r\n');
    await inHandler;
    socket.destroy();
    await observed.collector.until(({ spans }) => spans.length > 0);
    const [span] = observed.collector.spans;
    expect(span?.attributes['error.type']).toBe('aborted');
    expect(span?.attributes).not.toHaveProperty('http.response.status_code');
  });

  test('when pipelined requests are abandoned', async () => {
    let waiting = 0;
    let entered = () => {};
    const bothIn = new Promise<void>((resolve) => {
      entered = () => ++waiting === 2 && resolve();
    });
    observed = await observe(
      (app) =>
        void app.get('/slow', () => {
          entered();
          return new Promise(() => {});
        }),
    );
    const socket = await open(observed.port);
    socket.write('GET /slow HTTP/1.1\r\nhost: a\r\nuser-agent: ringdown/0\r\n\r\n'.repeat(2));
    await bothIn;
    socket.destroy();
    await observed.collector.until(({ spans }) => spans.length === 2);
    await observed.app.close();
    expect(observed.collector.spans).toHaveLength(2);
  });

  test('when requests are pipelined, each with its own', async () => {
    observed = await observe(
      (app) =>
        void app.get('/:n', async (request) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { n: (request.params as { n: string }).n, span: activeSpanId() };
        }),
    );
    const request = (n: number, last = '') => `GET /${n} HTTP/1.1\r\nhost: a\r\n${last}\r\n`;
    const answer = await exchange(observed.port, request(1) + request(2) + request(3, 'connection: close\r\n'));
    await observed.app.close();
    const told = [...answer.matchAll(/\{"n":"(\d)","span":"(\w+)"\}/g)].map(([, n, span]) => [`/${n}`, span]);
    expect(told).toHaveLength(3);
    expect(observed.collector.spans.map((span) => [span.attributes['url.path'], span.spanId]).sort()).toEqual(told);
  });

  test('when it is a stream, a HEAD, hijacked, injected, or over HTTP/1.0', async () => {
    observed = await observe((app) => {
      app.get('/stream', (_request, reply) => reply.send(Readable.from(['a', 'b'])));
      app.get('/hijacked', (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(202).end('mine');
      });
    });
    const { url, port, app, collector } = observed;
    await (await fetch(`${url}/stream`)).text();
    await fetch(`${url}/stream`, { method: 'HEAD' });
    await (await fetch(`${url}/hijacked`)).text();
    await app.inject('/stream');
    await exchange(port, 'GET /stream HTTP/1.0\r\n\r\n');
    await app.close();
    const seen = collector.spans.map(({ name, attributes }) => [
      name,
      attributes['http.response.status_code'],
      attributes['network.protocol.version'],
      attributes['error.type'],
    ]);
    expect(seen).toEqual([
      ['GET /stream', 200n, '1.1', undefined],
      ['HEAD /stream', 200n, '1.1', undefined],
      ['GET /hijacked', 202n, '1.1', undefined],
      ['GET /stream', 200n, '1.1', undefined],
      ['GET /stream', 200n, '1.0', undefined],
    ]);
  });

  test('when a stream breaks after its head was sent', async () => {
    observed = await observe(
      (app) =>
        void app.get('/', (_request, reply) => {
          const stream = new Readable({ read() {} });
          stream.push('a');
          setImmediate(() => stream.destroy(new Error('disk gone')));
          return reply.send(stream);
        }),
    );
    await exchange(observed.port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await observed.app.close();
    expect(observed.collector.spans[0]?.attributes).toMatchObject({
      'http.response.status_code': 200n,
      'error.type': 'aborted',
    });
  });
});

describe('what is sent', () => {
  test('behind a proxy names the client, host and scheme that the proxy saw', async () => {
    observed = await observe((app) => void app.get('/', async () => ({})), { server: { trustProxy: '127.0.0.1' } });
    for (const client of ['203.0.113.7', '203.0.113.8']) {
      const headers = { 'x-forwarded-for': client, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' };
      await fetch(observed.url, { headers });
    }
    await observed.app.close();
    expect(observed.collector.spans.map((span) => span.attributes)).toEqual([
      expect.objectContaining({ 'client.address': '203.0.113.7', 'server.address': 'shop.example' }),
      expect.objectContaining({ 'client.address': '203.0.113.8', 'server.port': 443n, 'url.scheme': 'https' }),
    ]);
  });

  test('measures every request by route, method and status', async () => {
    observed = await observe((app) => {
      app.get('/a/:id', async () => ({}));
      app.get('/b', async (_request, reply) => reply.code(502).send({}));
    });
    for (const path of ['/a/1', '/a/2', '/b']) await fetch(observed.url + path);
    await fetch(`${observed.url}/a/3`, { headers: { 'user-agent': 'ringdown/0.1' } });
    await observed.app.close();
    const seen = observed.collector.histograms.map(({ name, unit, attributes, point }) => ({
      name,
      unit,
      route: attributes['http.route'],
      status: attributes['http.response.status_code'],
      error: attributes['error.type'],
      synthetic: attributes['user_agent.synthetic.type'],
      count: point.count,
    }));
    const common = { name: 'http.server.request.duration', unit: 's' };
    expect(seen).toEqual([
      { ...common, route: '/a/:id', status: 200n, count: '2' },
      { ...common, route: '/b', status: 502n, error: '502', count: '1' },
      { ...common, route: '/a/:id', status: 200n, synthetic: 'test', count: '1' },
    ]);
    const { point } = observed.collector.histograms[0]!;
    expect(point.bucket_counts.reduce((sum, count) => sum + Number(count), 0)).toBe(2);
    expect(point.explicit_bounds).toHaveLength(14);
    expect(point.sum).toBeGreaterThan(0);
  });

  test('stays a bounded number of series, each with its own status, whatever errors and headers say', async () => {
    observed = await observe(
      (app) =>
        void app.get('/:n', async (request) => {
          const { n } = request.params as { n: string };
          if (n === 'fine') return {};
          throw Object.assign(new Error('no'), { name: `Odd${n}` });
        }),
      { server: { trustProxy: true } },
    );
    for (let n = 0; n < 100; n++) {
      await fetch(`${observed.url}/${n}`, { headers: { 'x-forwarded-proto': `scheme${n}` } });
    }
    await fetch(`${observed.url}/fine`);
    await observed.app.close();
    const series = observed.collector.histograms.map(({ attributes, point }) => ({
      status: attributes['http.response.status_code'],
      error: attributes['error.type'],
      scheme: attributes['url.scheme'],
      count: Number(point.count),
    }));
    expect(series).toHaveLength(66);
    expect(series.filter(({ error }) => error === '_OTHER')).toEqual([
      { status: 500n, error: '_OTHER', scheme: 'http', count: 36 },
    ]);
    expect(series.filter(({ error }) => error === undefined)).toEqual([{ status: 200n, scheme: 'http', count: 1 }]);
  });

  test('reaches the next service over fetch with the trace, and leaves a traceparent of the app alone', async () => {
    const seen: (string | undefined)[] = [];
    const next = createServer((request, response) => {
      seen.push(request.headers.traceparent as string | undefined);
      response.end();
    });
    await new Promise<void>((resolve) => next.listen(0, '127.0.0.1', resolve));
    const target = `http://127.0.0.1:${(next.address() as AddressInfo).port}/`;
    const own = `00-${TRACE}-${PARENT}-01`;
    observed = await observe(
      (app) =>
        void app.get('/', async () => {
          await fetch(target);
          await fetch(target, { headers: { traceparent: own } });
          await context.with(ROOT_CONTEXT, () => fetch(target));
          return {};
        }),
    );
    await fetch(observed.url);
    await observed.app.close();
    next.closeAllConnections();
    next.close();
    const [span] = observed.collector.spans;
    expect(seen).toEqual([`00-${span?.traceId}-${span?.spanId}-01`, own, undefined]);
  });
});
