import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { RunResult } from '../run-result.ts';
import { json, type Service, startService } from './testing/service.ts';
import { sketchScenario } from './testing/sketch-scenario.ts';
import { until } from './testing/until.ts';

let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

const urls = () => service.seen.map(({ method, url }) => `${method} ${url}`);
const statuses = (run: RunResult) => run.steps.map(({ name, status }) => `${name}: ${status}`);

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
