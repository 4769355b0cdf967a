import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { createOnCall } from '../alerts/on-call/book.ts';
import { MemoryOverrides } from '../alerts/on-call/testing/memory-overrides.ts';
import { RingdownError } from '../core/errors.ts';
import { VirtualClock } from '../core/testing/virtual-clock.ts';
import { Access } from './access.ts';
import type { ControlDeps } from './deps.ts';
import { LiveEvents } from './live-events.ts';
import type { Incident, IncidentDetail, Monitor } from './resources.ts';
import { buildControl } from './server.ts';

const TOKEN = 'correct-horse-battery-staple';
const monitor = { key: 'journey@local', name: 'Journey', state: 'passing' } as Monitor;
const incident = { id: 'i1', state: 'triggered' } as Incident;

const nothing = async () => undefined;
const nobody = async () => null;
const scenarios: ControlDeps['scenarios'] = {
  file: nothing,
  check: nothing,
  edit: () => undefined,
  tryOut: nothing,
  save: nothing,
};

let app: FastifyInstance;
let clock: VirtualClock;
let events: LiveEvents;
let deps: ControlDeps;
let calls: string[];

beforeEach(async () => {
  clock = new VirtualClock();
  events = new LiveEvents();
  calls = [];
  deps = {
    version: '1.2.3',
    clock,
    log: pino({ level: 'silent' }),
    access: new Access(TOKEN, clock),
    events,
    publicUrl: () => 'https://ringdown.example.com',
    channels: [{ name: 'console', type: 'console' }],
    monitors: {
      list: () => [monitor],
      find: (key) => (key === monitor.key ? monitor : undefined),
      runNow: (key) => calls.push(`run ${key}`) === 1,
    },
    runs: {
      find: async () => null,
      list: async (key) => {
        calls.push(`runs of ${key}`);
        return { items: [], next_cursor: null };
      },
    },
    compare: async () => {
      throw new Error('not asked in these tests');
    },
    incidents: {
      list: async (options) => {
        calls.push(JSON.stringify(options));
        return { items: [incident], next_cursor: null };
      },
      find: async (id) =>
        id === 'i1' ? ({ ...incident, timeline: [], deliveries: [] } as unknown as IncidentDetail) : null,
      acknowledge: async (id, by) =>
        id === 'i1' ? ({ ...incident, state: 'acknowledged', acknowledged_by: by } as Incident) : null,
      resolve: async () => null,
      escalate: nobody,
      note: nobody,
      assign: nobody,
      merge: nobody,
      silence: nobody,
      explain: nobody,
      export: nobody,
    },
    silences: {
      list: () => [],
      create: async () => ({ refused: 'not in these tests' }),
      end: nobody,
      preview: () => ({ refused: 'not in these tests' }),
    },
    maintenance: {
      list: () => [],
      plan: async () => ({ refused: 'not in these tests' }),
      cancel: async () => 'unknown',
    },
    inbound: { receive: async () => ({ status: 'refused', refused: 'unauthentic', reason: 'nobody is known' }) },
    answers: { answer: async () => ({ status: 'refused', refused: 'unauthentic', reason: 'nobody is known' }) },
    runPictures: { draw: async () => null },
    answerLinks: { look: async () => ({ status: 'forged' }), act: async () => ({ status: 'forged' }) },
    heartbeats: { beat: async () => null },
    rules: {
      list: () => ({
        items: [],
        next_cursor: null,
        counts: { firing: 0, pending: 0, no_data: 0, unasked: 0, inactive: 0, held: 0 },
        services: [],
        teams: [],
        policies: 0,
        files: { problems: [], read_at: null },
      }),
      find: () => undefined,
    },
    onCall: createOnCall({ users: new Map(), schedules: new Map() }, clock, new MemoryOverrides()),
    workers: {
      protocol: 1,
      list: () => [],
      locations: () => [],
      here: () => 'local',
      lease: async () => [],
      handBack: () => {},
      heartbeat: () => {},
      bundle: () => undefined,
      report: () => ({ outcome: 'unknown' }),
    },
    scenarios,
    deployments: {
      list: async () => ({ items: [], next_cursor: null }),
      record: async (deployment) => ({ ...deployment, id: 'd1', source: 'api' }),
    },
    telemetry: {
      ask: async () => {
        throw new Error('relay is restarting');
      },
    },
    telemetryOf: (backend) => ({
      ask: async () => {
        const code = backend === 'tick' ? 'CANNOT_ANSWER' : 'UNKNOWN_BACKEND';
        throw new RingdownError(code, `${backend} has no traces`);
      },
    }),
    backends: async () => {
      throw new Error('relay is restarting');
    },
    deadLetters: async () => {
      throw new Error('relay is restarting');
    },
    replay: async () => {
      throw new Error('relay is restarting');
    },
    metrics: async () => 'ringdown_runs_total 1\n',
    notReady: () => [],
    written: async () => true,
    uiDirectory: null,
  };
  app = await buildControl(deps);
});
afterEach(() => app.close());

const bearer = { authorization: `Bearer ${TOKEN}` };

async function cookie(): Promise<string> {
  const answer = await app.inject({ method: 'POST', url: '/api/v1/session', payload: { token: TOKEN } });
  return String(answer.headers['set-cookie']).split(';', 1)[0]!;
}

describe('strangers', () => {
  test('get 401 from every route that is not listed as public', async () => {
    const open = ['/api/openapi.json', '/api/v1/session', '/healthz', '/readyz'];
    await app.ready();
    const spec = app.swagger() as { paths: Record<string, Record<string, unknown>> };
    const asked: string[] = [];
    for (const [path, methods] of Object.entries(spec.paths)) {
      for (const method of Object.keys(methods)) {
        if (open.includes(path) && !(path === '/api/v1/session' && method !== 'post')) continue;
        const answer = await app.inject({ method: method.toUpperCase() as 'GET', url: path.replace(/\{\w+\}/g, 'x') });
        expect([path, answer.statusCode]).toEqual([path, 401]);
        expect(answer.headers['content-type']).toContain('application/problem+json');
        asked.push(path);
      }
    }
    expect(asked.length).toBeGreaterThan(12);
  });

  test('are refused with a wrong token, a forged cookie and an expired cookie', async () => {
    const valid = await cookie();
    const ask = (headers: Record<string, string>) => app.inject({ url: '/api/v1/monitors', headers });
    expect((await ask({ authorization: 'Bearer nope' })).statusCode).toBe(401);
    expect((await ask({ cookie: `${valid}x` })).statusCode).toBe(401);
    expect((await ask({ cookie: 'ringdown_session=99999999999999.' })).statusCode).toBe(401);
    expect((await ask({ cookie: valid })).statusCode).toBe(200);
    await clock.advance(31 * 24 * 3_600_000);
    expect((await ask({ cookie: valid })).statusCode).toBe(401);
  });
});

test('load tests of a monitor are listed apart from its runs', async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const path = `/api/v1/monitors/${encodeURIComponent(monitor.key)}`;
  expect((await app.inject({ url: `${path}/runs`, headers })).statusCode).toBe(200);
  expect((await app.inject({ url: `${path}/load-tests`, headers })).statusCode).toBe(200);
  expect(calls).toEqual([`runs of ${monitor.key}`, `runs of ${monitor.key}:load`]);
  expect((await app.inject({ url: '/api/v1/monitors/nobody/load-tests', headers })).statusCode).toBe(404);
});

describe('signing in', () => {
  test('by link sets a cookie and leaves the token behind', async () => {
    const answer = await app.inject({ url: `/sign-in?token=${TOKEN}` });
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(String(answer.headers['set-cookie'])).toMatch(/HttpOnly.*Secure.*SameSite=Lax/);
  });

  test('by a wrong link sets none', async () => {
    const answer = await app.inject({ url: '/sign-in?token=wrong' });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers.location).toBe('/?sign_in=refused');
  });

  test('a change with the cookie alone is refused: another site could have provoked it', async () => {
    const headers = { cookie: await cookie() };
    const url = '/api/v1/incidents/i1/acknowledge';
    expect((await app.inject({ method: 'POST', url, headers })).statusCode).toBe(403);
    const own = await app.inject({ method: 'POST', url, headers: { ...headers, 'x-requested-with': 'ringdown' } });
    expect(own.json()).toMatchObject({ state: 'acknowledged', acknowledged_by: 'operator' });
  });
});

describe('resources', () => {
  test('monitors are a list, and an unknown one is a problem', async () => {
    const list = await app.inject({ url: '/api/v1/monitors', headers: bearer });
    expect(list.json()).toEqual({ items: [monitor], next_cursor: null });
    const missing = await app.inject({ url: '/api/v1/monitors/nope', headers: bearer });
    expect(missing.json()).toMatchObject({ status: 404, code: 'NOT_FOUND', detail: 'monitor "nope" does not exist' });
  });

  test('a second run at the same time is refused', async () => {
    const ask = () => app.inject({ method: 'POST', url: '/api/v1/monitors/journey@local/run', headers: bearer });
    expect((await ask()).statusCode).toBe(202);
    expect((await ask()).statusCode).toBe(409);
  });

  test('incidents are filtered and paged; nonsense is a 400 that says where', async () => {
    await app.inject({ url: '/api/v1/incidents?state=triggered&limit=5', headers: bearer });
    expect(JSON.parse(calls[0]!)).toEqual({ state: 'triggered', limit: 5 });
    const wrong = await app.inject({ url: '/api/v1/incidents?limit=0', headers: bearer });
    expect(wrong.statusCode).toBe(400);
    expect(wrong.json().detail).toContain('limit');
  });

  test('acknowledging names who did it', async () => {
    const url = '/api/v1/incidents/i1/acknowledge';
    const answer = await app.inject({ method: 'POST', url, headers: bearer, payload: { by: 'kim' } });
    expect(answer.json().acknowledged_by).toBe('kim');
    expect((await app.inject({ method: 'POST', url: url.replace('i1', 'i9'), headers: bearer })).statusCode).toBe(404);
  });

  test('while the relay restarts, telemetry is 503 with the reason and the rest goes on', async () => {
    const trace = await app.inject({ url: `/api/v1/telemetry/traces/${'a'.repeat(32)}`, headers: bearer });
    expect(trace.json()).toMatchObject({ status: 503, code: 'TELEMETRY_AWAY' });
    const backends = await app.inject({ url: '/api/v1/backends', headers: bearer });
    expect(backends.json()).toMatchObject({ status: 503, code: 'RELAY_AWAY' });
    expect((await app.inject({ url: '/api/v1/monitors', headers: bearer })).statusCode).toBe(200);
  });

  test('a backend that cannot answer says why, one that does not exist is not found', async () => {
    const ask = (backend: string) =>
      app.inject({ url: `/api/v1/telemetry/requests?measure=p95&backend=${backend}`, headers: bearer });
    expect((await ask('tick')).json()).toMatchObject({
      status: 422,
      code: 'CANNOT_ANSWER',
      detail: 'tick has no traces',
    });
    expect((await ask('elk')).json()).toMatchObject({ status: 404, code: 'UNKNOWN_BACKEND' });
    const distinct = await app.inject({ url: '/api/v1/telemetry/requests?measure=distinct', headers: bearer });
    expect(distinct.json()).toMatchObject({ status: 400, detail: expect.stringContaining('attribute') });
  });

  test('what rules ask is taken by its own words, and nothing else is', async () => {
    const ask = (question: object, window = { from: 1_000, to: 2_000 }) =>
      app.inject({
        method: 'POST',
        url: '/api/v1/telemetry/questions',
        headers: bearer,
        payload: { question, ...window },
      });
    const counts = { ask: 'log_counts', service: 'shop', level: 'error', group_by: ['a', 'b'], limit: 1_001 };
    // The relay of this test is away: what it would have been asked was in order.
    expect((await ask(counts)).json()).toMatchObject({ status: 503, code: 'TELEMETRY_AWAY' });
    for (const wrong of [
      { ask: 'traces', order: 'latest', limit: 1 },
      { ...counts, limit: 1e9 },
      { ask: 'metric', name: 'm', aggregate: 'median' },
    ])
      expect((await ask(wrong)).statusCode).toBe(400);
    expect((await ask(counts, { from: 2_000, to: 1_000 })).statusCode).toBe(400);
  });

  test('a deployment without a time happened now', async () => {
    const payload = { service: 'shop', version: '4.12' };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/deployments', headers: bearer, payload });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      ...payload,
      environment: null,
      deployed_at: new Date(clock.now()).toISOString(),
    });
  });

  test('malformed JSON, a wrong media type and an unknown path are problems, not crashes', async () => {
    const post = (payload: string, type: string) =>
      app.inject({ method: 'POST', url: '/api/v1/deployments', headers: { ...bearer, 'content-type': type }, payload });
    expect((await post('{"service":', 'application/json')).statusCode).toBe(400);
    expect((await post('service=shop', 'text/csv')).statusCode).toBe(415);
    expect((await app.inject({ url: '/api/v1/nothing', headers: bearer })).json()).toMatchObject({ status: 404 });
  });
});

test('readiness tells what is wrong', async () => {
  expect((await app.inject({ url: '/readyz' })).statusCode).toBe(200);
  deps.notReady = () => ['the state database cannot be written'];
  const answer = await app.inject({ url: '/readyz' });
  expect(answer.statusCode).toBe(503);
  expect(answer.json().detail).toBe('the state database cannot be written');
});

test('changes reach everyone who watches, as server-sent events', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const request = httpRequest({ port, path: '/api/v1/events', headers: bearer }).end();
  const [response] = await once(request, 'response');
  response.setEncoding('utf8');
  let received = '';
  const got = new Promise<void>((resolve) => {
    response.on('data', (chunk: string) => {
      received += chunk;
      if (received.includes('event: ping') && !received.includes('event: monitor')) {
        events.publish({ type: 'monitor', data: monitor });
      }
      if (received.includes('journey@local')) resolve();
    });
  });
  await got;
  expect(response.headers['content-type']).toContain('text/event-stream');
  expect(received).toContain(`event: monitor\ndata: ${JSON.stringify(monitor)}\n\n`);
  request.destroy();
});
