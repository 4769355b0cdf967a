import { afterEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { ControlDeps } from '../deps.ts';
import { controlWith, WATCHER_TOKEN } from '../testing/control-with.ts';

const worker = {
  id: '0190a5d0-0000-4000-8000-000000000001',
  location: 'seoul',
  version: '9.9.9',
  concurrency: 5,
};
const headers = { authorization: `Bearer ${WATCHER_TOKEN}` };
let app: FastifyInstance;
afterEach(() => app.close());

async function withWorkers(over: Partial<ControlDeps['workers']> = {}): Promise<void> {
  const workers: ControlDeps['workers'] = {
    protocol: 1,
    list: () => [],
    locations: () => [],
    here: () => 'local',
    lease: async () => [],
    handBack: () => {},
    heartbeat: () => {},
    bundle: () => undefined,
    report: () => ({ outcome: 'counted' }),
    ...over,
  };
  ({ app } = await controlWith({ workers }));
}

const post = (path: string, body: object, more = headers) =>
  app.inject({
    method: 'POST',
    url: `/api/v1/workers/${path}`,
    headers: more,
    payload: { protocol: 1, worker, ...body },
  });

test('strangers get nothing', async () => {
  await withWorkers();
  for (const path of ['lease', 'heartbeat', 'results']) {
    expect((await post(path, {}, { authorization: 'Bearer wrong' })).statusCode).toBe(401);
  }
  expect((await app.inject('/api/v1/workers')).statusCode).toBe(401);
  expect((await app.inject(`/api/v1/workers/bundles/${'a'.repeat(64)}`)).statusCode).toBe(401);
});

test('a worker of another protocol is told what both speak', async () => {
  await withWorkers();
  const answer = await post('lease', { protocol: 2, capacity: 1, wait_ms: 0 });
  expect([answer.statusCode, answer.json().code]).toEqual([409, 'WORKER_PROTOCOL']);
  expect(answer.json().detail).toMatch(/speaks version 1 .* worker is Ringdown 9\.9\.9 and speaks 2: run the same/);
});

test.each([
  ['a location that is no name', { worker: { ...worker, location: '../x' }, capacity: 1, wait_ms: 0 }],
  ['no room', { capacity: 0, wait_ms: 0 }],
  ['a wait without end', { capacity: 1, wait_ms: 1e9 }],
])('%s is refused', async (_what, body) => {
  await withWorkers();
  expect((await post('lease', body)).statusCode).toBe(400);
});

test('a result that has not the shape of one is refused with its place', async () => {
  await withWorkers({ report: () => ({ refused: '/status must be one of the allowed values' }) });
  const answer = await post('results', { report: { lease: 'l1', run: {}, ended_ms_ago: 0 } });
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'INVALID_RUN']);
  expect(answer.json().detail).toContain('/status');
});

test('a scenario that is no longer in use is not found', async () => {
  await withWorkers();
  const answer = await app.inject({ url: `/api/v1/workers/bundles/${'a'.repeat(64)}`, headers });
  expect(answer.statusCode).toBe(404);
});

test('locations are listed beside workers, so that one that nobody serves can be seen', async () => {
  const location = {
    name: 'tokyo',
    monitors: ['post-journey@local'],
    connected: 0,
    capacity: 0,
    running: 0,
    waiting: 1,
    lag_ms: 4_000,
    outcomes: { not_done: 3 },
  };
  await withWorkers({ locations: () => [location], here: () => 'seoul' });
  const answer = await app.inject({ url: '/api/v1/workers', headers });
  expect(answer.json()).toMatchObject({ items: [], locations: [location], here: 'seoul', version: '1.2.3' });
});
