import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Parameters } from '../language/model.ts';
import { template } from '../language/template.ts';
import type { RunResult } from '../run-result.ts';
import { json, type Service, startService } from './testing/service.ts';
import { sketchScenario } from './testing/sketch-scenario.ts';

let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

/** Waits for something to come true without taking time by a clock. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const urls = () => service.seen.map(({ method, url }) => `${method} ${url}`);
const statuses = (run: RunResult) => run.steps.map(({ name, status }) => `${name}: ${status}`);
const byName = (run: RunResult, name: string) => run.steps.find((step) => step.name === name)!;

describe('if', () => {
  const decided = (value: unknown, condition: Record<string, unknown>, variables = {}) =>
    service.run(
      sketchScenario([{ name: 'maybe', request: 'GET /maybe', if: { value, ...condition } }, { name: 'next' }], {
        variables,
      }),
    );

  test('runs the step where the condition holds', async () => {
    const run = await decided('{{ premium }}', { equals: true }, { premium: true });
    expect(statuses(run)).toEqual(['maybe: passed', 'next: passed']);
  });

  test('skips the step, with the reason, and goes on', async () => {
    const run = await decided('{{ premium }}', { equals: true }, { premium: false });
    expect(statuses(run)).toEqual(['maybe: skipped', 'next: passed']);
    expect(run.steps[0]).toMatchObject({
      skipped_reason: 'if: {{ premium }} is false, expected true',
      tries: 0,
      request: null,
    });
    expect(run).toMatchObject({ status: 'passed', degraded: false });
    expect(urls()).toEqual(['GET /']);
  });

  test('an undefined name is a missing value', async () => {
    expect(statuses(await decided('{{ nobody }}', { exists: false }))).toContain('maybe: passed');
    const run = await decided('{{ nobody }}', { equals: 'x' });
    expect(run.steps[0]!.skipped_reason).toBe('if: {{ nobody }} is missing, expected "x"');
  });

  test('what cannot be evaluated is an error, not a skip', async () => {
    const run = await decided('{{ word | number }}', { gt: 3 }, { word: 'many' });
    expect(run).toMatchObject({ status: 'error', failure: { kind: 'template', step: 'maybe' } });
  });

  test('secrets stay out of the reason', async () => {
    const scenario = sketchScenario([{ if: { value: '{{ secrets.KEY }}', equals: 'other' } }], { secrets: ['KEY'] });
    const run = await service.run(scenario, { secrets: { KEY: 'hunter2hunter2' } });
    expect(run.steps[0]!.skipped_reason).toBe('if: {{ secrets.KEY }} is "[redacted]", expected "other"');
  });
});

describe('repeat', () => {
  const poll = (more: object = {}) => ({
    name: 'poll',
    request: 'GET /job',
    repeat: { until: { jsonpath: { '$.state': 'done' } }, everyMs: 1, atMost: 5 },
    ...more,
  });
  const doneAt = (last: number) => {
    service.answer = (_request, response) => {
      const done = service.seen.length >= last;
      json(response, done ? 200 : 202, { state: done ? 'done' : 'pending', n: service.seen.length });
    };
  };

  test('goes on until the condition holds; the last answer is judged and captured from', async () => {
    doneAt(3);
    const run = await service.run(
      sketchScenario([poll({ expect: { status: 200 }, capture: { n: '$.n' } }), { request: 'GET /after/{{ n }}' }]),
    );
    expect(run).toMatchObject({ status: 'passed', degraded: false });
    expect(run.steps[0]).toMatchObject({ tries: 3, captures: { n: 3 }, response: { status: 200 } });
    expect(run.steps[0]!.assertions[0]).toMatchObject({
      kind: 'repeat',
      passed: true,
      message: 'until was reached at try 3 (202 × 2, 200)',
    });
    expect(urls()).toEqual(['GET /job', 'GET /job', 'GET /job', 'GET /after/3']);
    const parents = service.seen.slice(0, 3).map(({ headers }) => headers.traceparent);
    expect(new Set(parents).size).toBe(1);
  });

  test('is a failure when it is never reached, with the last actual value', async () => {
    doneAt(99);
    const run = await service.run(sketchScenario([poll(), { name: 'never' }]));
    expect(run).toMatchObject({
      status: 'failed',
      failure: {
        step: 'poll',
        kind: 'assertion',
        expected: '"done"',
        actual: '"pending"',
        status_code: 202,
        message: 'until was not reached after 5 tries: $.state is "pending", expected "done" (202 × 5)',
      },
    });
    expect(run.steps[0]!.tries).toBe(5);
    expect(service.seen).toHaveLength(5);
    expect(run.steps[1]!.status).toBe('skipped');
  });

  test('an error on the way is a try; one at the end is the failure', async () => {
    service.answer = (_request, response) =>
      service.seen.length < 3 ? response.destroy() : json(response, 200, { state: 'done' });
    const run = await service.run(sketchScenario([poll({ request: 'POST /job' })]));
    expect(run).toMatchObject({ status: 'passed', steps: [{ tries: 3 }] });
    service.answer = (_request, response) => response.destroy();
    const broken = await service.run(sketchScenario([poll({ request: 'POST /job' })]));
    expect(broken).toMatchObject({ status: 'error', failure: { kind: 'network' }, steps: [{ tries: 5 }] });
    expect(broken.failure!.message).toMatch(/\(try 5\)$/);
  });

  test('what no further try can mend is not tried again', async () => {
    const run = await service.run(sketchScenario([poll({ request: 'GET /{{ nobody }}' })]));
    expect(run).toMatchObject({ status: 'error', failure: { kind: 'template' }, steps: [{ tries: 1 }] });
    const refused = await service.run(sketchScenario([poll({ request: 'GET http://169.254.169.254/' })]));
    expect(refused).toMatchObject({ failure: { kind: 'refused_target' }, steps: [{ tries: 1 }] });
  });

  const slow = { repeat: { until: { jsonpath: { '$.state': 'done' } }, everyMs: 60_000, atMost: 100 } };

  test("ends with the step's own time between two tries", async () => {
    doneAt(99);
    const clock = new VirtualClock();
    const run = service.run(sketchScenario([poll({ ...slow, timeoutMs: 5_000 })]), { options: { clock } });
    // The runner sleeps for its deadlines, and then for the next try.
    await until(() => service.seen.length === 1 && service.open === 0 && clock.pending === 2);
    await clock.advance(5_000);
    expect((await run).failure!.message).toBe(
      'until was not reached when time was up, after 1 try: $.state is "pending", expected "done" (202)',
    );
  });

  test.each([
    ['of the step', { timeoutMs: 5_000 }, {}],
    ['of the attempt', {}, { timeoutMs: 5_000 }],
  ])('ends with the time %s in the middle of a try', async (_whose, step, scenario) => {
    service.answer = () => {};
    const clock = new VirtualClock();
    const run = service.run(sketchScenario([poll(step)], scenario), { options: { clock } });
    await until(() => service.open === 1);
    await clock.advance(5_000);
    expect(await run).toMatchObject({ status: 'error', failure: { kind: 'timeout' }, steps: [{ tries: 1 }] });
  });

  test('ends soon when the run is stopped', async () => {
    const stop = new AbortController();
    service.answer = (_request, response) => {
      json(response, 200, { state: 'pending' });
      response.on('close', () => stop.abort());
    };
    const slow = poll({ repeat: { until: { status: 500 }, everyMs: 60_000, atMost: 100 } });
    const run = await service.run(sketchScenario([slow]), { abort: stop.signal });
    expect(run).toMatchObject({ status: 'skipped', failure: null, watcher_fault: null });
  });
});

describe('parallel', () => {
  test('starts all steps together, and what they capture is there after the group', async () => {
    const answers: (() => void)[] = [];
    service.answer = ({ url }, response) => {
      answers.push(() => json(response, 200, { id: url.slice(1) }));
      // No answer before all three have asked: one after the other would never end.
      if (answers.length === 3) for (const give of answers.toReversed()) give();
      if (url.startsWith('/last')) json(response, 200, {});
    };
    const run = await service.run(
      sketchScenario([
        {
          name: 'the page',
          parallel: [
            { name: 'a', request: 'GET /a', capture: { a: '$.id' } },
            { name: 'b', request: 'GET /b', capture: { b: '!$.id' } },
            { name: 'c', request: 'GET /c' },
          ],
        },
        { name: 'last', request: 'GET /last/{{ a }}/{{ b }}' },
      ]),
    );
    expect(statuses(run)).toEqual(['a: passed', 'b: passed', 'c: passed', 'last: passed']);
    expect(run.steps.map(({ group }) => group)).toEqual(['the page', 'the page', 'the page', null]);
    expect(service.seen.at(-1)!.url).toBe('/last/a/b');
    expect(new Set(service.seen.map(({ headers }) => headers.traceparent)).size).toBe(4);
  });

  test('the first failure in the order of the file is the failure, and all steps are told', async () => {
    service.answer = ({ url }, response) => {
      const late = url === '/b' ? 30 : 0;
      setTimeout(() => json(response, url === '/a' ? 200 : 500, {}), late);
    };
    const parallel = ['a', 'b', 'c'].map((name) => ({ name, request: `GET /${name}` }));
    const run = await service.run(sketchScenario([{ parallel }, { name: 'never' }]));
    expect(statuses(run)).toEqual(['a: passed', 'b: failed', 'c: failed', 'never: skipped']);
    expect(run.failure).toMatchObject({ step: 'b', message: 'status 500, expected 2xx' });
  });

  test('a step of a group does not see what its neighbours capture', async () => {
    service.answer = (_request, response) => json(response, 200, { id: 1 });
    const run = await service.run(
      sketchScenario([{ parallel: [{ capture: { id: '$.id' } }, { name: 'hasty', request: 'GET /{{ id }}' }] }]),
    );
    expect(run.failure).toMatchObject({ step: 'hasty', kind: 'template' });
  });

  test('a group has one if for all its steps', async () => {
    const run = await service.run(
      sketchScenario([{ name: 'g', if: { value: 1, equals: 2 }, parallel: [{ name: 'a' }, { name: 'b' }] }, {}]),
    );
    expect(run.steps.map((step) => step.skipped_reason)).toEqual([
      'g: if: the value is 1, expected 2',
      'g: if: the value is 1, expected 2',
      null,
    ]);
  });

  test('is cut as a whole when time is up or the run is stopped', async () => {
    service.answer = () => {};
    const parallel = Array.from({ length: 5 }, (_, index) => ({ name: `${index}` }));
    const clock = new VirtualClock();
    const cut = service.run(sketchScenario([{ parallel }, { name: 'never' }]), { options: { clock } });
    await until(() => service.open === 5);
    await clock.advance(10_000);
    const run = await cut;
    expect(run.steps.map(({ status }) => status)).toEqual([...Array(5).fill('error'), 'skipped']);
    expect(run.failure).toMatchObject({ step: '0', kind: 'timeout' });
    const stop = new AbortController();
    service.answer = () => {
      if (service.seen.length >= 10) stop.abort();
    };
    const stopped = await service.run(sketchScenario([{ parallel }]), { abort: stop.signal });
    expect(stopped).toMatchObject({ status: 'skipped', watcher_fault: null });
  });
});

describe('sections', () => {
  const step = (name: string) => ({ name, request: `GET /${name}` });
  const scenario = (more = {}) =>
    sketchScenario([step('one'), step('two')], {
      before: [step('before')],
      after: [step('after')],
      always: [step('always')],
      ...more,
    });

  test('run in their order, each step with its section', async () => {
    const run = await service.run(scenario());
    expect(urls()).toEqual(['GET /before', 'GET /one', 'GET /two', 'GET /after', 'GET /always']);
    expect(run.steps.map(({ section }) => section)).toEqual(['before', 'steps', 'steps', 'after', 'always']);
  });

  test.each([
    ['before', ['before', 'always']],
    ['one', ['before', 'one', 'always']],
    ['after', ['before', 'one', 'two', 'after', 'always']],
  ])('after a failure in %s only always is run', async (failing, asked) => {
    service.answer = ({ url }, response) => json(response, url === `/${failing}` ? 500 : 200, {});
    const run = await service.run(scenario());
    expect(urls()).toEqual(asked.map((name) => `GET /${name}`));
    expect(run.failure).toMatchObject({ step: failing });
    expect(run.steps).toHaveLength(5);
  });

  test('with rows, before and after are run once', async () => {
    await service.run(scenario({ data: [{ n: 1 }, { n: 2 }] }));
    expect(urls().map((url) => url.slice(5))).toEqual(['before', 'one', 'two', 'one', 'two', 'after', 'always']);
    service.seen.length = 0;
    service.answer = ({ url }, response) => json(response, url === '/before' ? 500 : 200, {});
    const run = await service.run(scenario({ data: [{ n: 1 }, { n: 2 }] }));
    expect(statuses(run)).toEqual([
      'before: failed',
      'one: skipped',
      'two: skipped',
      'after: skipped',
      'always: passed',
    ]);
  });
});

describe('rows of data', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: index + 1, name: `n${index + 1}` }));

  test('each is one iteration with its own names', async () => {
    service.answer = ({ url }, response) => json(response, 200, { made: url.split('/')[2] });
    const scenario = sketchScenario(
      [
        { request: 'POST /rows/{{ row.name }}/{{ $row }}', json: '{{ row }}', capture: { made: '$.made' } },
        { request: 'GET /read/{{ made }}/{{ before }}' },
      ],
      {
        data: rows(2),
        before: [{ request: 'GET /x/b', capture: { before: '$.made' } }],
        after: [{ request: 'GET /after/{{ made }}' }],
      },
    );
    const run = await service.run(scenario);
    expect(run.status).toBe('passed');
    expect(urls().slice(1)).toEqual([
      'POST /rows/n1/1',
      'GET /read/n1/b',
      'POST /rows/n2/2',
      'GET /read/n2/b',
      'GET /after/n2',
    ]);
    expect(JSON.parse(service.seen[1]!.body)).toEqual({ id: 1, name: 'n1' });
    expect(run.steps.map(({ row }) => row)).toEqual([null, 1, 1, 2, 2, null]);
    expect(run.attempts[0]!.rows).toEqual({ total: 2, passed: 2, failed: 0 });
  });

  test('a row that fails does not keep the next ones from being tried, and is named', async () => {
    service.answer = ({ url }, response) => json(response, url.endsWith('2') ? 500 : 200, { id: url });
    const scenario = sketchScenario(
      [{ name: 'make', request: 'POST /{{ row.id }}', capture: { id: '$.id' } }, { name: 'read' }],
      { data: rows(3), after: [{ name: 'after' }] },
    );
    const run = await service.run(scenario);
    expect(run.failure).toMatchObject({ step: 'make', row: 2, message: 'row 2: status 500, expected 2xx' });
    expect(run.attempts[0]!.rows).toEqual({ total: 3, passed: 2, failed: 1 });
    expect(run.steps.map(({ name, row, status }) => `${name} ${row} ${status}`)).toEqual([
      'make 1 passed',
      'read 1 passed',
      'make 2 failed',
      'read 2 skipped',
      'make 3 passed',
      'read 3 passed',
      'after null skipped',
    ]);
  });

  test('a row does not see what the row before captured', async () => {
    service.answer = ({ url }, response) => json(response, 200, url === '/1' ? { id: 1 } : {});
    const capturing = {
      request: 'GET /{{ row.id }}',
      if: { value: '{{ row.id }}', equals: 1 },
      capture: { id: '$.id' },
    };
    const run = await service.run(sketchScenario([capturing, { request: 'GET /read/{{ id }}' }], { data: rows(2) }));
    expect(run.failure).toMatchObject({ row: 2, kind: 'template' });
  });

  test('a thousand rows leave a result of bounded size, failing ones and the first passing one in full', async () => {
    const large = 'x'.repeat(30_000);
    service.answer = ({ url }, response) => {
      const id = Number(url.slice(1));
      json(response, id % 4 === 0 ? 500 : 200, { access_token: `token-of-row-${id}-${'y'.repeat(100)}`, large });
    };
    const scenario = sketchScenario(
      [
        { name: 'get', request: 'GET /{{ row.id }}', capture: { token: '!$.access_token' } },
        { name: 'use', request: 'GET /{{ row.id }}', headers: { 'x-note': '{{ token }}' } },
      ],
      { data: rows(1_000), timeoutMs: 60_000 },
    );
    const run = await service.run(scenario);
    expect(run.watcher_fault).toBeNull();
    expect(run.attempts[0]!.rows).toEqual({ total: 1_000, passed: 750, failed: 250 });
    const inFull = run.steps.filter(({ shortened }) => !shortened);
    expect(new Set(inFull.map(({ row }) => row))).toEqual(new Set([1, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40]));
    expect(inFull[0]!.response!.body!.text).toContain('xxx');
    const text = JSON.stringify(run.steps);
    expect(text.length).toBeLessThan(2_000_000);
    expect(text).not.toContain('token-of-row');
    expect(text).not.toContain('withheld');
    expect(run.failure).toMatchObject({ row: 4 });
  }, 60_000);

  test('time that runs out names the row that was not begun', async () => {
    service.answer = ({ url }, response) => {
      if (url !== '/2') json(response, 200, {});
    };
    const clock = new VirtualClock();
    const scenario = sketchScenario([{ name: 'get', request: 'GET /{{ row.id }}' }], { data: rows(500) });
    const cut = service.run(scenario, { options: { clock } });
    await until(() => service.seen.length === 2);
    await clock.advance(10_000);
    const run = await cut;
    expect(run.failure).toMatchObject({ kind: 'timeout', row: 2 });
    expect(run.attempts[0]!.rows).toEqual({ total: 500, passed: 1, failed: 1 });
    expect(run.steps).toHaveLength(2);
  });
});

describe('parameters of fragments', () => {
  const given = (values: Record<string, unknown>, outer: Parameters | null = null): Parameters => ({
    outer,
    values: Object.entries(values).map(([name, value]) => ({ name, value: template(value) })),
  });

  test('hide names of the scenario, and are the same for all steps of one include', async () => {
    const outer = given({ who: 'outer {{ who }}', id: '{{ $uuid }}' });
    const inner = given({ who: 'inner {{ who }}' }, outer);
    const step = (parameters: Parameters | null) => ({
      request: 'POST /x',
      json: { who: '{{ who }}', id: '{{ id | default("none") }}' },
      ...(parameters ? { parameters } : {}),
    });
    await service.run(
      sketchScenario([step(null), step(outer), step(inner), step(outer)], { variables: { who: 'me' } }),
    );
    const sent = service.seen.map(({ body }) => JSON.parse(body) as { who: string; id: string });
    expect(sent.map(({ who }) => who)).toEqual(['me', 'outer me', 'inner outer me', 'outer me']);
    // What the outer fragment was given means nothing to the inner one.
    expect([sent[0]!.id, sent[2]!.id]).toEqual(['none', 'none']);
    expect(sent[1]!.id).toBe(sent[3]!.id);
  });

  test('are evaluated anew for every row', async () => {
    const parameters = given({ name: '{{ row.name }}' });
    await service.run(
      sketchScenario([{ request: 'GET /{{ name }}', parameters }], { data: [{ name: 'a' }, { name: 'b' }] }),
    );
    expect(urls()).toEqual(['GET /a', 'GET /b']);
  });

  test('captures are visible after the fragment; a parameter without a value fails its step', async () => {
    service.answer = (_request, response) => json(response, 200, { id: 5 });
    const run = await service.run(
      sketchScenario([
        { name: 'in', request: 'GET /{{ p }}', parameters: given({ p: 1 }), capture: { id: '$.id' } },
        { name: 'out', request: 'GET /{{ id }}' },
        { name: 'bad', parameters: given({ p: '{{ nobody }}' }) },
      ]),
    );
    expect(urls()).toEqual(['GET /1', 'GET /5']);
    expect(run.failure).toMatchObject({
      step: 'bad',
      kind: 'template',
      message: 'parameter p: {{ nobody }} is not defined',
    });
    expect(byName(run, 'bad')).toMatchObject({ status: 'error' });
  });
});

describe('what the environment says', () => {
  test('variables: --var over environment over scenario, templates in --var mean nothing', async () => {
    const scenario = sketchScenario(
      [{ request: 'POST /x', json: { a: '{{ a }}', b: '{{ b }}', c: '{{ c }}', e: '{{ $env }}' } }],
      {
        variables: { a: 'own', b: 'own', c: 'own' },
      },
    );
    await service.run(scenario, {
      environment: {
        name: 'staging',
        base_url: service.origin,
        variables: { b: 'of {{ $env }}', c: 'environment', other: '{{ unused' },
      },
      overrides: { c: '{{ a }}' },
    });
    expect(JSON.parse(service.seen[0]!.body)).toEqual({ a: 'own', b: 'of staging', c: '{{ a }}', e: 'staging' });
  });

  test('connection: environment, scenario and step merge key by key', async () => {
    const resolve = { resolve: template('127.0.0.1') };
    const scenario = sketchScenario(
      [
        { name: 'all three', request: 'GET /', connection: { verify: false } },
        { name: 'own', request: 'GET /', connection: { resolve: template('{{ elsewhere }}') } },
      ],
      { connection: { servername: template('api.example.com') }, variables: { elsewhere: '169.254.169.254' } },
    );
    const port = new URL(service.origin).port;
    const run = await service.run(scenario, {
      environment: { name: 'local', base_url: `http://ringdown.invalid:${port}`, connection: resolve },
      options: { allowedOrigins: [`http://ringdown.invalid:${port}`, service.origin] },
    });
    expect(statuses(run)).toEqual(['all three: passed', 'own: error']);
    expect(run.failure).toMatchObject({ kind: 'refused_target' });
  });

  test('a client certificate without its key is told at the step', async () => {
    const run = await service.run(sketchScenario([{}], { connection: { clientCertificate: { cert: 'x' } } }));
    expect(run.failure).toMatchObject({
      kind: 'template',
      message: 'client_certificate has no key, neither here nor in scenario or environment',
    });
  });
});

describe('cookies', () => {
  const answer = () => {
    service.answer = (_request, response) => {
      json(response, service.seen.length < 2 ? 500 : 200, {}, { 'set-cookie': 'session=abcdef123456; Path=/' });
    };
  };

  test('go from step to step, and not from attempt to attempt', async () => {
    answer();
    const scenario = sketchScenario([{ expect: { status: 500 } }, {}, {}], { retry: { times: 1, delayMs: 0 } });
    service.answer = (_request, response) => {
      const status = [500, 503, 500, 200, 200][service.seen.length - 1]!;
      json(response, status, {}, { 'set-cookie': 'session=abcdef123456; Path=/' });
    };
    const run = await service.run(scenario);
    expect(run).toMatchObject({ status: 'passed', degraded: true });
    expect(service.seen.map(({ headers }) => headers.cookie ?? null)).toEqual([
      null,
      'session=abcdef123456',
      null,
      'session=abcdef123456',
      'session=abcdef123456',
    ]);
    expect(JSON.stringify(run)).not.toContain('abcdef123456');
  });

  test('cookies: false sends and keeps none', async () => {
    answer();
    await service.run(sketchScenario([{ expect: { status: 500 } }, {}], { cookies: false }));
    expect(service.seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
  });
});

describe('a seed', () => {
  const scenario = sketchScenario(
    [
      {
        name: 'g',
        parallel: [1, 2].map((n) => ({ request: `POST /${n}`, json: { id: '{{ $uuid }}', n: '{{ $random_int }}' } })),
      },
      {
        request: 'POST /3',
        repeat: { until: { status: 200 }, atMost: 9 },
        json: { word: '{{ $random_string }}', who: '{{ who }}', row: '{{ row.n }}' },
      },
    ],
    { variables: { who: '{{ $faker("person.firstName") }}' }, data: [{ n: '{{ $random_int }}' }, { n: 2 }] },
  );
  const sent = async (seed: number | null) => {
    service.seen.length = 0;
    await service.run(scenario, { seed });
    const bodies = service.seen.map(({ url, body }) => `${url} ${body}`);
    return [
      ...bodies.filter((body) => !body.startsWith('/3')).sort(),
      ...new Set(bodies.filter((body) => body.startsWith('/3'))),
    ];
  };

  test('makes two runs send the same bytes, whatever the timing', async () => {
    const random = seededRandom(3);
    service.answer = ({ url }, response) => {
      const late = url === '/1' ? random() * 20 : 0;
      setTimeout(() => json(response, url === '/3' && random() < 0.4 ? 503 : 200, {}), late);
    };
    const first = await sent(7);
    const seededAgain = await sent(7);
    const firstOfRow = (bodies: string[]) => bodies.filter((body) => !body.startsWith('/3'));
    expect(firstOfRow(seededAgain)).toEqual(firstOfRow(first));
    expect(seededAgain.filter((body) => body.startsWith('/3'))[0]).toBe(
      first.filter((body) => body.startsWith('/3'))[0],
    );
    expect(firstOfRow(await sent(8))).not.toEqual(firstOfRow(first));
    expect(firstOfRow(await sent(null))).not.toEqual(firstOfRow(first));
    expect(new Set(first).size).toBe(first.length);
  });
});

test('nothing of a run goes on after it has ended', async () => {
  service.answer = () => {};
  const parallel = Array.from({ length: 4 }, () => ({}));
  const stop = new AbortController();
  const run = service.run(sketchScenario([{ parallel }]), { abort: stop.signal });
  await until(() => service.open === 4);
  stop.abort();
  await run;
  await until(() => service.open === 0);
});
