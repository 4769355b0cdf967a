import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Scenario } from '../language/model.ts';
import type { RunnerOptions } from './runner.ts';
import { json, type Service, startService } from './testing/service.ts';
import { sketchScenario } from './testing/sketch-scenario.ts';

let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

describe('a passing run', () => {
  test('signs in, captures, writes and reads back, and tells all about it', async () => {
    service.answer = (request, response) => {
      if (request.url === '/v1/sessions') return json(response, 201, { access_token: 'tok-abcdef123' });
      if (request.method === 'POST') return json(response, 201, { id: 7, ...JSON.parse(request.body) });
      return json(response, 200, { id: 7, title: 'say "hi" ü' });
    };
    const scenario = sketchScenario(
      [
        {
          name: 'sign in',
          request: 'POST /v1/sessions',
          json: { password: '{{ secrets.PW }}' },
          expect: { status: 201 },
          capture: { token: '!$.access_token' },
        },
        {
          name: 'write',
          request: 'POST /v1/posts',
          bearer: '{{ token }}',
          json: { title: '{{ title }}', n: '{{ count }}' },
          expect: { status: 201 },
          capture: { id: '$.id' },
        },
        {
          name: 'read',
          request: 'GET /v1/posts/{{ id }}',
          query: { q: 'a b&c' },
          bearer: '{{ token }}',
          expect: { jsonpath: { '$.title': '{{ title }}' } },
        },
      ],
      { variables: { title: 'say "hi" ü', count: 3 }, secrets: ['PW'] },
    );
    const result = await service.run(scenario, {
      secrets: { PW: 'hunter2hunter2' },
      scheduledAt: Date.UTC(2026, 0, 1),
    });
    expect(result).toMatchObject({
      monitor: 'sketch@local',
      status: 'passed',
      degraded: false,
      failure: null,
      watcher_fault: null,
      scheduled_at: '2026-01-01T00:00:00.000Z',
      tags: ['test'],
    });
    expect(result.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    expect(service.seen[0]!.body).toBe('{"password":"hunter2hunter2"}');
    expect(JSON.parse(service.seen[1]!.body)).toEqual({ title: 'say "hi" ü', n: 3 });
    expect(service.seen[2]).toMatchObject({
      url: '/v1/posts/7?q=a+b%26c',
      headers: { authorization: 'Bearer tok-abcdef123' },
    });
    expect(result.steps.map((step) => step.timings!.connection_reused)).toEqual([false, true, true]);
    expect(result.steps[1]!.captures).toEqual({ id: 7 });
    expect(result.steps[0]!.captures).toEqual({ token: '[redacted]' });
    expect(result.steps[2]!.response).toMatchObject({
      status: 200,
      body: { content_type: 'application/json', truncated: false },
    });
    for (const [index, { headers }] of service.seen.entries()) {
      expect(headers['user-agent']).toBe('ringdown/0.0.0');
      expect(headers.traceparent).toBe(`00-${result.trace_id}-${result.steps[index]!.span_id}-01`);
    }
    expect(JSON.stringify(result)).not.toMatch(/hunter2|tok-abcdef/);
  });

  test('is degraded when a warning does not hold', async () => {
    service.answer = (_request, response) => json(response, 200, { id: 1 });
    const result = await service.run(sketchScenario([{ warn: { jsonpath: { '$.id': 2 } } }]));
    expect(result).toMatchObject({ status: 'passed', degraded: true });
    expect(result.steps[0]!.warnings[0]).toMatchObject({ passed: false });
  });

  test('at the second attempt is degraded, and both attempts are kept in one trace', async () => {
    let calls = 0;
    service.answer = (_request, response) => json(response, calls++ === 0 ? 503 : 200, {});
    const result = await service.run(
      sketchScenario([{}], { retry: { times: 1, delayMs: 5 }, variables: { id: '{{ $uuid }}' } }),
    );
    expect(result).toMatchObject({ status: 'passed', degraded: true, failure: null });
    expect(result.attempts.map((attempt) => attempt.status)).toEqual(['failed', 'passed']);
    expect(result.attempts[0]!.failure).toMatchObject({ message: 'status 503, expected 2xx' });
    expect(new Set(service.seen.map(({ headers }) => String(headers.traceparent).split('-')[1])).size).toBe(1);
  });

  test('variables are evaluated once per attempt', async () => {
    service.answer = (_request, response) => json(response, 500, {});
    await service.run(
      sketchScenario([{ request: 'GET /{{ id }}' }], {
        retry: { times: 1, delayMs: 0 },
        variables: { id: '{{ $uuid }}' },
        always: [] as never,
      }),
    );
    expect(service.seen[0]!.url).not.toBe(service.seen[1]!.url);
  });
});

describe('a failing run', () => {
  test('each step is told as it ends, in every attempt', async () => {
    service.answer = (request, response) => json(response, request.method === 'POST' ? 500 : 200, {});
    const told: unknown[] = [];
    const scenario = sketchScenario([{ name: 'read' }, { name: 'write', request: 'POST /v1/posts' }, { name: 'rest' }]);
    await service.run({ ...scenario, retry: { times: 1, delayMs: 0 } }, { onStep: (step) => told.push(step) });
    const attempt = [
      { name: 'read', row: null, status: 'passed' },
      { name: 'write', row: null, status: 'failed' },
      { name: 'rest', row: null, status: 'skipped' },
    ];
    expect(told).toEqual([...attempt, ...attempt]);
  });

  test('names step, expected and actual, and skips what follows', async () => {
    service.answer = (_request, response) => json(response, 500, { detail: 'no such column' });
    const result = await service.run(
      sketchScenario([
        { name: 'write', request: 'POST /v1/posts/{{ $timestamp }}', expect: { status: 201 } },
        { name: 'read' },
      ]),
    );
    expect(result.status).toBe('failed');
    expect(result.failure).toMatchObject({
      step: 'write',
      kind: 'assertion',
      message: 'status 500, expected 201',
      expected: '201',
      actual: '500',
      status_code: 500,
      request: { method: 'POST', route: '/v1/posts/{{ $timestamp }}' },
      span_id: result.steps[0]!.span_id,
    });
    expect(result.steps[0]!.response!.body!.text).toContain('no such column');
    expect(result.steps[1]).toMatchObject({ status: 'skipped', skipped_reason: 'write did not pass', request: null });
  });

  test('a capture that finds nothing is a failure that says so', async () => {
    service.answer = (_request, response) => json(response, 200, {});
    const result = await service.run(sketchScenario([{ capture: { id: '$.id' } }]));
    expect(result).toMatchObject({
      status: 'failed',
      failure: { kind: 'assertion', message: expect.stringContaining('id could not be captured') },
    });
  });

  test('a refused connection is an error with a hint', async () => {
    service.close();
    const result = await service.run(sketchScenario([{ name: 'home' }]));
    expect(result).toMatchObject({ status: 'error', watcher_fault: null, failure: { kind: 'network', step: 'home' } });
    expect(result.failure!.message).toBe(`connection refused by ${service.origin.slice(7)}`);
    expect(result.steps[0]!.error).toMatchObject({ code: 'CONNECTION_REFUSED', hint: 'is the service running?' });
  });

  test('an undefined template is an error and no request is made', async () => {
    service.answer = (_request, response) => json(response, 200, {});
    const result = await service.run(sketchScenario([{ request: 'GET /{{ nope }}' }]));
    expect(result).toMatchObject({
      status: 'error',
      failure: { kind: 'template', request: null, message: '{{ nope }} is not defined' },
    });
    const variable = await service.run(sketchScenario([{ name: 'first' }], { variables: { a: '{{ constructor }}' } }));
    expect(variable).toMatchObject({ status: 'error', failure: { kind: 'template', step: 'first' } });
    expect(service.seen).toHaveLength(0);
  });

  test('a private target that is not listed is refused', async () => {
    const result = await service.run(sketchScenario([{ request: 'GET http://169.254.169.254/latest' }]));
    expect(result).toMatchObject({ status: 'error', failure: { kind: 'refused_target' } });
  });

  test("a step's own timeout and the attempt's", async () => {
    const clock = new VirtualClock();
    const cut = async (scenario: Scenario) => {
      const asked = new Promise<void>((resolve) => {
        service.answer = () => resolve();
      });
      const result = service.run(scenario, { options: { clock } });
      await asked;
      await clock.advance(60);
      return result;
    };
    const step = await cut(sketchScenario([{ timeoutMs: 40 }, { name: 'never' }]));
    expect(step).toMatchObject({
      status: 'error',
      failure: { kind: 'timeout', message: `${service.origin.slice(7)} did not answer within 40 ms` },
    });
    const attempt = await cut(sketchScenario([{}], { timeoutMs: 60 }));
    expect(attempt.failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('within 60 ms') });
  });
});

describe('always', () => {
  const cleanUp = { name: 'delete', request: 'DELETE /v1/posts/{{ id }}' };

  test('runs after a failure and after the time is up, and never hides the first failure', async () => {
    const clock = new VirtualClock();
    const slow = new Promise<void>((resolve) => {
      service.answer = (request, response) => {
        if (request.url === '/slow') return resolve();
        return json(response, request.method === 'DELETE' ? 500 : 201, { id: 9 });
      };
    });
    const create = { request: 'POST /v1/posts', capture: { id: '$.id' } };
    const scenario = sketchScenario([create, { name: 'slow', request: 'GET /slow' }], { always: [cleanUp] });
    const cut = service.run(scenario, { options: { clock } });
    await slow;
    await clock.advance(10_000);
    const result = await cut;
    expect(service.seen.at(-1)).toMatchObject({ method: 'DELETE', url: '/v1/posts/9' });
    expect(result).toMatchObject({ status: 'error', failure: { step: 'slow', kind: 'timeout' } });
    expect(result.steps.at(-1)).toMatchObject({ section: 'always', status: 'failed' });
  });

  test('a step whose captures are missing is skipped', async () => {
    service.answer = (_request, response) => json(response, 500, {});
    const result = await service.run(
      sketchScenario([{ name: 'create', capture: { id: '$.id' } }], { always: [cleanUp] }),
    );
    expect(result.failure).toMatchObject({ step: 'create' });
    expect(result.steps.at(-1)).toMatchObject({ status: 'skipped', skipped_reason: 'id was not captured' });
    expect(service.seen).toHaveLength(1);
  });

  test('what a failed step did create is cleaned up too', async () => {
    service.answer = (request, response) => json(response, request.method === 'POST' ? 202 : 200, { id: 4 });
    const result = await service.run(
      sketchScenario([{ request: 'POST /v1/posts', expect: { status: 201 }, capture: { id: '$.id' } }], {
        always: [cleanUp],
      }),
    );
    expect(result.status).toBe('failed');
    expect(service.seen.at(-1)).toMatchObject({ method: 'DELETE', url: '/v1/posts/4' });
  });

  test('fails the run when everything before it passed', async () => {
    service.answer = (request, response) => json(response, request.method === 'DELETE' ? 500 : 200, { id: 4 });
    const result = await service.run(sketchScenario([{ capture: { id: '$.id' } }], { always: [cleanUp] }));
    expect(result).toMatchObject({ status: 'failed', failure: { step: 'delete' } });
  });
});

describe('the watcher itself', () => {
  test('a run that is stopped is skipped, not failed', async () => {
    const stop = new AbortController();
    service.answer = () => stop.abort();
    const always = [{ name: 'cleaning', request: 'GET /' }];
    const scenario = sketchScenario([{}], { retry: { times: 3, delayMs: 10_000 }, always });
    const result = await service.run(scenario, { abort: stop.signal });
    expect(result).toMatchObject({ status: 'skipped', failure: null, watcher_fault: null });
    expect(result.attempts[0]!.steps.at(-1)).toMatchObject({ name: 'cleaning', skipped_reason: 'the run was stopped' });
    const before = await service.run(sketchScenario([{}]), { abort: AbortSignal.abort() });
    expect(before).toMatchObject({ status: 'skipped', attempts: [] });
  });

  test('a machine without a network does not blame the service', async () => {
    const scenario = sketchScenario([{}]);
    const options: Partial<RunnerOptions> = {
      lookup: (_name, done) => done(Object.assign(new Error('EAI_AGAIN'), { code: 'EAI_AGAIN' }), []),
      online: () => false,
    };
    const environment = { name: 'prod', base_url: 'https://api.example.com' };
    const offline = await service.run(scenario, { environment, options });
    expect(offline.watcher_fault).toContain('this machine has no network');
    const online = await service.run(scenario, { environment, options: { ...options, online: () => true } });
    expect(online).toMatchObject({ watcher_fault: null, status: 'error', failure: { kind: 'network' } });
  });

  test('a bug inside is a fault of the watcher, never a rejection', async () => {
    service.answer = (_request, response) => json(response, 200, {});
    const judge = () => {
      throw new Error('boom');
    };
    const result = await service.run(sketchScenario([{}]), { options: { judge } });
    expect(result).toMatchObject({ status: 'error', watcher_fault: 'the runner failed: boom' });
  });
});

test('invalid UTF-8, empty and binary bodies are results', async () => {
  service.answer = (request, response) => {
    if (request.url === '/empty') return response.writeHead(204).end();
    return response.end(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x22]));
  };
  const result = await service.run(sketchScenario([{ request: 'GET /bytes' }, { request: 'GET /empty' }]));
  expect(result.status).toBe('passed');
  expect(result.steps[0]!.response!.body).toMatchObject({ size_bytes: 5, truncated: false });
  expect(result.steps[1]!.response!.body).toBeNull();
  expect(() => JSON.parse(JSON.stringify(result))).not.toThrow();
});

test('a body nested deeper than the stack is high is a result that can be stored', async () => {
  service.answer = (_request, response) => response.end('['.repeat(200_000) + ']'.repeat(200_000));
  const result = await service.run(
    sketchScenario([{ capture: { all: '$', deep: '!$' }, expect: { jsonpath: { '$..id': { exists: false } } } }]),
  );
  expect(result.watcher_fault).toBeNull();
  expect(() => JSON.stringify(result)).not.toThrow();
  expect(JSON.stringify(result).length).toBeLessThan(300_000);
});

test('a large captured value is described, not kept', async () => {
  service.answer = (_request, response) =>
    json(response, 200, { text: 'x'.repeat(10_000), list: new Array(5_000).fill(1) });
  const result = await service.run(sketchScenario([{ capture: { text: '$.text', list: '$.list' } }]));
  expect(result.steps[0]!.captures).toEqual({ text: '[10000 characters]', list: '[10001 characters of JSON]' });
});
