import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
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

const urls = () => service.seen.map(({ method, url }) => `${method} ${url}`);
const statuses = (run: RunResult) => run.steps.map(({ name, status }) => `${name}: ${status}`);
const byName = (run: RunResult, name: string) => run.steps.find((step) => step.name === name)!;

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
