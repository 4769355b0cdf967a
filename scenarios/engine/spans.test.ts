import { expect, test } from '@jest/globals';
import type { Attempt, RunResult, StepResult } from '../run-result.ts';
import { runSpanId } from './ids.ts';
import { type OtlpSpan, toSpans } from './spans.ts';

const step = (name: string, more: Partial<StepResult>): StepResult => ({
  name,
  section: 'steps',
  kind: 'http',
  row: null,
  tries: 1,
  group: null,
  shortened: false,
  redirects: [],
  status: 'passed',
  skipped_reason: null,
  offset_ms: 1.5,
  duration_ms: 10.25,
  timings: null,
  span_id: '00000000000000a1',
  assertions: [],
  warnings: [],
  captures: {},
  error: null,
  request: {
    method: 'POST',
    url: 'http://127.0.0.1:8080/v1/posts?x=1',
    route: '/v1/posts',
    headers: { 'user-agent': 'ringdown/1' },
    body: null,
  },
  response: { status: 201, http_version: '1.1', headers: {}, body: null },
  ...more,
});

const attempt: Attempt = {
  number: 1,
  status: 'failed',
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 30,
  span_id: '00000000000000b1',
  rows: null,
  failure: { step: 'write', message: 'status 500, expected 201' } as Attempt['failure'],
  steps: [
    step('sign in', {}),
    step('write', {
      status: 'failed',
      span_id: '00000000000000a2',
      offset_ms: 12,
      response: { status: 500, http_version: '1.1', headers: {}, body: null },
      assertions: [
        {
          kind: 'status',
          subject: 'status',
          operator: 'equals',
          expected: '201',
          actual: '500',
          passed: false,
          message: 'status 500, expected 201',
        },
      ],
    }),
    step('read', { status: 'skipped', request: null, response: null, span_id: '00000000000000a3' }),
  ],
};

const run = {
  id: '019af000-0000-7000-8000-0000000000aa',
  monitor: 'p@local',
  scenario: 'p',
  name: 'P',
  service: 'api',
  environment: 'local',
  status: 'failed',
  degraded: false,
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 30.5,
  trace_id: '0123456789abcdef0123456789abcdef',
  attempts: [attempt],
  steps: attempt.steps,
  failure: attempt.failure,
} as RunResult;

const plain = (span: OtlpSpan) =>
  Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test('a run is a tree: run, attempts, one CLIENT span per request; skipped steps have none', () => {
  const { resourceSpans } = toSpans(run, '1.2.3');
  expect(resourceSpans[0]!.resource.attributes).toContainEqual({
    key: 'service.name',
    value: { stringValue: 'ringdown' },
  });
  const spans = resourceSpans[0]!.scopeSpans[0]!.spans;
  expect(spans.map(({ spanId, parentSpanId, kind }) => [spanId, parentSpanId, kind])).toEqual([
    ['80000000000000aa', undefined, 1],
    ['00000000000000b1', '80000000000000aa', 1],
    ['00000000000000a1', '00000000000000b1', 3],
    ['00000000000000a2', '00000000000000b1', 3],
  ]);
  expect(runSpanId(run.id)).toBe(spans[0]!.spanId);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([run.trace_id]));
});

test('times are exact, attributes follow the HTTP conventions, failures are errors', () => {
  const [root, , signIn, write] = toSpans(run).resourceSpans[0]!.scopeSpans[0]!.spans;
  expect(signIn).toMatchObject({
    startTimeUnixNano: '1767225600001500000',
    endTimeUnixNano: '1767225600011750000',
    status: {},
  });
  expect(plain(write!)).toMatchObject({
    'http.request.method': 'POST',
    'url.full': 'http://127.0.0.1:8080/v1/posts?x=1',
    'server.address': '127.0.0.1',
    'server.port': '8080',
    'http.response.status_code': '500',
    'error.type': '500',
    'network.protocol.version': '1.1',
    'user_agent.original': 'ringdown/1',
    'user_agent.synthetic.type': 'test',
    'ringdown.step': 'write',
    'ringdown.monitor': 'p@local',
  });
  expect(write!.status).toEqual({ code: 2, message: 'status 500, expected 201' });
  expect(root!.status).toEqual({ code: 2, message: 'status 500, expected 201' });
});

const named = (one: StepResult) => {
  const { spans } = toSpans({ ...run, attempts: [{ ...attempt, steps: [one] }] }).resourceSpans[0]!.scopeSpans[0]!;
  const { name, kind, attributes } = spans[2]!;
  return { name, kind, ...Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])) };
};
const asked = (method: string, url: string, route: string) => ({ method, url, route, headers: {}, body: null });
const answered = { status: 5, http_version: null, headers: {}, body: null };

test('each protocol has its own words; rows, groups and tries are told', () => {
  const read = step('read', {
    row: 3,
    group: 'page',
    tries: 4,
    request: asked('GET', 'https://a.example/x/7', '/x/{{ id }}'),
  });
  expect(named(read)).toMatchObject({
    name: 'GET /x/{id}',
    'url.template': '/x/{id}',
    'server.port': '443',
    'http.request.resend_count': '3',
    'ringdown.tries': '4',
    'ringdown.row': '3',
    'ringdown.group': 'page',
  });
  const request = asked('GRPC', 'grpc://127.0.0.1:50051/pets.Pets/Get', 'pets.Pets/Get');
  expect(named(step('rpc', { kind: 'grpc', request, response: answered }))).toMatchObject({
    name: 'pets.Pets/Get',
    'rpc.system': 'grpc',
    'rpc.service': 'pets.Pets',
    'rpc.method': 'Get',
    'rpc.grpc.status_code': '5',
    'server.port': '50051',
  });
  const question = asked('DNS', 'dns://127.0.0.1:53/a.example?type=A', 'A a.example');
  expect(named(step('name', { kind: 'dns', request: question }))).toMatchObject({
    name: 'DNS A a.example',
    'dns.question.name': 'a.example',
  });
  const connect = asked('TCP', 'tcp://127.0.0.1:5432', '127.0.0.1:5432');
  expect(named(step('open', { kind: 'tcp', request: connect }))).toMatchObject({
    name: 'TCP 127.0.0.1:5432',
    kind: 3,
    'server.address': '127.0.0.1',
  });
  const paused = named(step('wait', { kind: 'pause', request: null, response: null }));
  expect(paused).toMatchObject({ name: 'wait', kind: 1 });
  expect(paused).not.toHaveProperty('http.request.method');
});
