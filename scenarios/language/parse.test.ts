import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HttpSpec } from '../engine/protocols/http/spec.ts';
import type { ActionStep } from './model.ts';
import { parseScenario } from './parse.ts';
import { memoryFiles } from './source-files.ts';

fc.configureGlobal({ seed: 20261123 });

const HEAD = 'version: 1\nid: posts\nname: Posts\nservice: api\n';

const parsed = (text: string) => {
  const { scenario, diagnostics } = parseScenario(text, 'a.scenario.yaml');
  expect(diagnostics).toEqual([]);
  return scenario!;
};

const step = (text: string): ActionStep =>
  parsed(`${HEAD}variables: { a: 1 }\nsecrets: [S]\nsteps:\n  - name: one\n${text.replace(/^/gm, '    ')}\n`)
    .steps[0] as ActionStep;

const request = (text: string) => step(text).spec as HttpSpec;

describe('the shipped suites', () => {
  const folder = new URL('../suites/', import.meta.url);
  const files = readdirSync(folder);

  test.each(files)('%s is valid', (file) => {
    expect(parsed(readFileSync(new URL(file, folder), 'utf8')).service).toBe('reference-api');
  });

  test('a newcomer sees red within 15 s of a break: interval, one retry and its delay', () => {
    const scenarios = files.map((file) => parsed(readFileSync(new URL(file, folder), 'utf8')));
    const soonest = Math.min(
      ...scenarios.map(
        ({ schedule, retry }) =>
          (schedule?.kind === 'every' ? schedule.everyMs * (1 + (schedule.jitter ?? 0)) : Infinity) + retry.delayMs,
      ),
    );
    expect(soonest).toBeLessThanOrEqual(12_000);
    expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
  });
});

test('defaults are filled in', () => {
  const { steps, ...rest } = parsed(`${HEAD}steps:\n  - { name: one, request: GET /v1/posts }\n`);
  expect(rest).toEqual({
    id: 'posts',
    name: 'Posts',
    service: 'api',
    owner: null,
    runbook: null,
    tags: [],
    file: 'a.scenario.yaml',
    schedule: null,
    timeoutMs: 10_000,
    retry: { times: 0, delayMs: 1_000 },
    environments: null,
    locations: null,
    connection: null,
    cookies: true,
    seed: null,
    variables: [],
    secrets: [],
    data: null,
    before: [],
    after: [],
    always: [],
    dependsOn: [],
    load: null,
    slo: null,
    alert: null,
    quarantine: null,
  });
  expect(steps).toEqual([
    {
      kind: 'http',
      name: 'one',
      parameters: null,
      if: null,
      repeat: null,
      connection: null,
      timeoutMs: null,
      spec: {
        method: 'GET',
        url: { kind: 'constant', value: '/v1/posts' },
        route: '/v1/posts',
        query: [],
        headers: [],
        body: null,
        auth: null,
        maxRedirects: 0,
      },
      expect: [{ kind: 'status', spec: { kind: 'constant', value: { accepted: ['2xx'] } } }],
      warn: [],
      capture: [],
    },
  ]);
});

test('every key of the file arrives in milliseconds and shares', () => {
  const scenario =
    parsed(`${HEAD}owner: me\nrunbook: https://example.com\ntags: [critical]\nschedule: { cron: "*/5 * * * *", timezone: Asia/Seoul, jitter: 10%, while_failing: 5s }
timeout: 1m30s\nretry: { times: 2, delay: 500ms }\nsteps:\n  - { name: one, request: GET /, timeout: 3s }
load: { phases: [{ duration: 30s, arrival_rate: 50 }], thresholds: { duration_p95: { lt: 300ms }, failed: { lt: 1% } } }
slo: { objective: 99.9%, window: 30d }\nalert: { policy: critical }\nquarantine: { until: 2026-12-01, reason: flaky }\n`);
  expect(scenario).toMatchObject({
    schedule: { kind: 'cron', cron: '*/5 * * * *', timezone: 'Asia/Seoul', jitter: 0.1, whileFailingMs: 5_000 },
    timeoutMs: 90_000,
    retry: { times: 2, delayMs: 500 },
    load: {
      phases: [{ durationMs: 30_000, arrivalRate: 50 }],
      thresholds: [
        { metric: 'duration_p95', condition: { lt: 300 } },
        { metric: 'failed', condition: { lt: 0.01 } },
      ],
    },
    slo: { objective: 0.9990000000000001, windowMs: 2_592_000_000 },
    alert: { policy: 'critical' },
    quarantine: { until: '2026-12-01', reason: 'flaky' },
  });
  expect((scenario.steps[0] as ActionStep).timeoutMs).toBe(3_000);
});

test('the route of a request keeps its templates and loses origin and query', () => {
  expect(request('request: GET https://a.example/v1/{{ a }}/x?b={{ a | default("?") }}').route).toBe('/v1/{{ a }}/x');
  expect(request('request: GET /{{ a | default("?") }}?x=1').route).toBe('/{{ a | default("?") }}');
});

test('short and long forms mean the same', () => {
  expect(step('request: { method: GET, url: /v1 }')).toEqual(step('request: GET /v1'));
  expect(step('request: GET /\ncapture: { id: $.id }')).toEqual(
    step('request: GET /\ncapture: { id: { jsonpath: $.id } }'),
  );
  expect(step('request: GET /\nexpect: { jsonpath: { $.a: 1 } }')).toEqual(
    step('request: GET /\nexpect: { jsonpath: { $.a: { equals: 1 } } }'),
  );
});

test('bodies, auth and headers', () => {
  expect(request('request: POST /\njson: null').body).toEqual({
    kind: 'json',
    value: { kind: 'constant', value: null },
  });
  expect(request('request: POST /\nform: { q: [1, 2] }').body).toMatchObject({
    kind: 'form',
    fields: [{ name: 'q' }],
  });
  expect(request('request: POST /\nbody: \'{"a": "{{ a }}"}\'').body).toMatchObject({
    kind: 'text',
    value: { escaping: 'json' },
  });
  expect(request('request: GET /\nauth: { basic: { username: u, password: "{{ secrets.S }}" } }').auth).toMatchObject({
    kind: 'basic',
  });
  expect(request('request: { method: GET, url: /, headers: { X-A: "{{ a }}" }, max_redirects: 2 }')).toMatchObject({
    headers: [{ name: 'X-A', value: { escaping: 'header' } }],
    maxRedirects: 2,
  });
});

test('what a template puts into an expectation can never become an operator', () => {
  const { expect: expectations } = step('request: GET /\nexpect: { jsonpath: { $.a: "{{ a }}" } }');
  expect(expectations.find(({ kind }) => kind === 'jsonpath')!.spec).toMatchObject({
    kind: 'list',
    items: [
      {
        kind: 'map',
        entries: [
          ['path', {}],
          ['condition', { kind: 'map', entries: [['equals', { kind: 'text' }]] }],
        ],
      },
    ],
  });
});

test('always sees the captures of all steps, and a default excuses an unknown name', () => {
  parsed(
    `${HEAD}steps:\n  - { name: one, request: GET /, capture: { id: $.id } }\nalways:\n  - { name: two, request: "DELETE /{{ id }}/{{ x | default(1) }}" }\n`,
  );
});

test('a huge or hostile file is refused quickly', () => {
  const start = performance.now();
  expect(
    parseScenario(`${HEAD}steps:\n${'  - { name: x, request: GET / }\n'.repeat(3_000)}`, 'a').diagnostics.length,
  ).toBeGreaterThan(0);
  expect(parseScenario('x'.repeat(10_000_000), 'a').diagnostics).toHaveLength(1);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('no damage to a file makes the parser throw, and every complaint has a place in the file', () => {
  const folder = new URL('../suites/', import.meta.url);
  const text = readFileSync(new URL('post-journey.scenario.yaml', folder), 'utf8');
  const piece = fc.constantFrom(
    '',
    '{{',
    '}}',
    '{',
    '[',
    ']',
    ': ',
    '- ',
    '\n',
    '  ',
    '"',
    "'",
    '&a ',
    '*a',
    '!x ',
    '|',
    '#',
    '$',
    '0',
    'null',
    '__proto__',
    '\t',
    '글',
    '\u0000',
  );
  const edit = fc.record({ at: fc.nat(text.length), remove: fc.nat(30), insert: piece });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const damaged = edits.reduce(
        (so, { at, remove, insert }) => so.slice(0, at) + insert + so.slice(at + remove),
        text,
      );
      const { scenario, diagnostics } = parseScenario(damaged, 'a');
      expect(scenario === undefined).toBe(diagnostics.length > 0);
      const steps = damaged.replace(/^(?:id|name|service|owner|tags|schedule|timeout|retry|load|slo):.*$/gm, '');
      const files = memoryFiles('a', { 'b.steps.yaml': steps });
      const including = `${HEAD}steps:\n  - include: ./b.steps.yaml\n`;
      const { diagnostics: found, texts } = parseScenario(including, 'a', { files });
      for (const { file, line } of found) expect(line).toBeLessThanOrEqual(texts.get(file)!.split('\n').length);
      const lines = damaged.split('\n').length;
      for (const { line, column } of diagnostics) {
        expect(line >= 1 && line <= lines && column >= 1).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});
