/** One run in full, its comparison and its trace; only for tests of the UI. */
import type {
  AssertionResult,
  Attempt,
  DiffLine,
  EvidenceBody,
  Failure,
  LogRow,
  RunComparison,
  RunResult,
  RunSummary,
  SpanRow,
  StepResult,
  Trace,
} from '../../../control/resources.ts';
import { seededRandom } from '../../../core/testing/seeded-random.ts';
import { hex, iso } from './fixture-monitors.ts';

const API = 'http://127.0.0.1:8080';
const SERVER_ERROR = 'SqliteError: no such column: author_id';

const judged = (subject: string, expected: string, actual: string, passed = true): AssertionResult => ({
  kind: subject.split(' ')[0]!,
  subject,
  operator: 'equals',
  expected,
  actual,
  passed,
  message: passed ? `${subject} ${actual}` : `${subject} ${actual}, expected ${expected}`,
});

const cut = (body: EvidenceBody | null): EvidenceBody | null =>
  body && { ...body, text: `${body.text.slice(0, -1)},"scopes":["posts:re`, size_bytes: 182_400, truncated: true };

interface StepSketch {
  name: string;
  method: string;
  path: string;
  status: number;
  expected: number;
  ms: number;
  request: unknown;
  response: unknown;
  captures?: Record<string, unknown>;
  section?: 'steps' | 'always';
  skipped?: string;
}

function stepOf(sketch: StepSketch, offset_ms: number, random: () => number): StepResult {
  const held = sketch.status === sketch.expected;
  const text = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const body = (value: unknown) => {
    const json = text(value);
    return json === null
      ? null
      : { text: json, content_type: 'application/json; charset=utf-8', size_bytes: json.length, truncated: false };
  };
  const fresh = offset_ms === 0;
  return {
    name: sketch.name,
    section: sketch.section ?? 'steps',
    kind: 'http',
    row: null,
    tries: sketch.skipped ? 0 : 1,
    group: null,
    shortened: false,
    redirects: [],
    status: sketch.skipped ? 'skipped' : held ? 'passed' : 'failed',
    skipped_reason: sketch.skipped ?? null,
    offset_ms,
    duration_ms: sketch.skipped ? 0 : sketch.ms,
    timings: sketch.skipped
      ? null
      : {
          dns_ms: fresh ? 1.2 : null,
          connect_ms: fresh ? 2.1 : null,
          tls_ms: fresh ? 6.4 : null,
          first_byte_ms: sketch.ms * 0.62,
          download_ms: sketch.ms * 0.1,
          total_ms: sketch.ms * 0.95,
          connection_reused: !fresh,
        },
    span_id: hex(random, 16),
    request: sketch.skipped
      ? null
      : {
          method: sketch.method,
          url: `${API}${sketch.path}`,
          route: sketch.path,
          headers: {
            'user-agent': 'ringdown/0.1.0',
            authorization: '[redacted]',
            'content-type': 'application/json',
            traceparent: `00-${hex(random, 32)}-${hex(random, 16)}-01`,
          },
          body: body(sketch.request),
        },
    response: sketch.skipped
      ? null
      : {
          status: sketch.status,
          http_version: '1.1',
          headers: {
            'content-type': held ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
            'content-length': String(text(sketch.response)?.length ?? 0),
            date: 'Mon, 23 Nov 2026 06:40:12 GMT',
            'x-request-id': hex(random, 12),
          },
          // A long one, to see how a cut body is shown.
          body: sketch.name === 'sign in' ? cut(body(sketch.response)) : body(sketch.response),
        },
    assertions: sketch.skipped
      ? []
      : [judged('status', String(sketch.expected), String(sketch.status), held)].concat(
          held && sketch.name === 'read it back' ? [judged('$.title', 'hello 8c1f', 'hello 8c1f')] : [],
        ),
    warnings:
      sketch.name === 'sign in'
        ? [
            {
              ...judged('duration', 'less than 500 ms', `${Math.round(sketch.ms)} ms`),
              operator: 'lt',
            },
          ]
        : [],
    captures: sketch.captures ?? {},
    error: null,
  };
}

function stepsOf(failing: boolean, random: () => number): StepResult[] {
  const id = `pst_${hex(random, 10)}`;
  const post = {
    id,
    title: 'hello 8c1f',
    body: 'hi',
    author: { id: 'usr_01', name: 'QA' },
    created_at: '2026-11-23T06:40:12.331Z',
    updated_at: null,
  };
  const problem = {
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    detail: 'The post could not be written',
    code: 'INTERNAL',
    request_id: hex(random, 12),
  };
  const sketches: StepSketch[] = [
    {
      name: 'sign in',
      method: 'POST',
      path: '/v1/sessions',
      status: 201,
      expected: 201,
      ms: 48,
      request: { email: 'qa@example.com', password: '[redacted]' },
      response: { access_token: '[redacted]', token_type: 'Bearer', expires_in: 900 },
      captures: { token: '[redacted]' },
    },
    {
      name: 'write',
      method: 'POST',
      path: '/v1/posts',
      status: failing ? 500 : 201,
      expected: 201,
      ms: 21,
      request: { title: 'hello 8c1f', body: 'hi' },
      response: failing ? problem : post,
      captures: failing ? {} : { id },
    },
    {
      name: 'read it back',
      method: 'GET',
      path: `/v1/posts/${id}`,
      status: 200,
      expected: 200,
      ms: 9,
      request: null,
      response: post,
      ...(failing ? { skipped: 'an earlier step failed' } : {}),
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: `/v1/posts/${id}`,
      status: 204,
      expected: 204,
      ms: 7,
      request: null,
      response: null,
      section: 'always',
      ...(failing ? { skipped: 'its capture "id" is missing' } : {}),
    },
  ];
  let offset = 0;
  return sketches.map((sketch) => {
    const step = stepOf(sketch, offset, random);
    offset += step.duration_ms + 0.8;
    return step;
  });
}

const ROWS_OF_DATA = 8;

/** A scenario with data: every row passes but the last but one, which ends the attempt. */
function stepsOfRows(fails: boolean, random: () => number): StepResult[] {
  const rows = Array.from({ length: fails ? ROWS_OF_DATA - 1 : ROWS_OF_DATA }, (_, index) => index + 1);
  let offset = 0;
  return rows.flatMap((row) => {
    const steps = stepsOf(fails && row === rows.length, random).filter(({ section }) => section === 'steps');
    const placed = steps.map((step) => ({ ...step, row, offset_ms: step.offset_ms + offset }));
    const last = placed.at(-1)!;
    offset = last.offset_ms + last.duration_ms;
    return placed;
  });
}

export function fixtureRun(summary: RunSummary): RunResult {
  const random = seededRandom(summary.id.length * 31 + summary.started_at.length);
  const failing = summary.status === 'failed' || summary.status === 'error';
  const attempt = (number: number, fails: boolean): Attempt => {
    const rows = summary.monitor.startsWith('sign-up') ? ROWS_OF_DATA : null;
    const steps = rows === null ? stepsOf(fails, random) : stepsOfRows(fails, random);
    const step = steps[1]!;
    const failure: Failure = {
      step: 'write',
      row: null,
      message: 'status 500, expected 201',
      expected: '201',
      actual: '500',
      kind: 'assertion',
      request: { method: 'POST', route: '/v1/posts', url: `${API}/v1/posts` },
      status_code: 500,
      span_id: step.span_id,
    };
    return {
      number,
      status: fails ? 'failed' : 'passed',
      started_at: summary.started_at,
      duration_ms: steps.reduce((sum, one) => sum + one.duration_ms, 0),
      span_id: hex(random, 16),
      steps,
      rows: rows && { total: rows, passed: fails ? rows - 2 : rows, failed: fails ? 1 : 0 },
      failure: fails ? failure : null,
    };
  };
  const attempts = failing
    ? [attempt(1, true), attempt(2, true)]
    : summary.degraded
      ? [attempt(1, true), attempt(2, false)]
      : [attempt(1, false)];
  const last = attempts.at(-1)!;
  return {
    ...summary,
    scenario: summary.monitor.split('@')[0]!,
    name: 'Write a post and read it back',
    service: 'reference-api',
    environment: 'local',
    owner: 'team-posts',
    runbook: 'https://wiki.example.com/posts',
    tags: ['critical'],
    status: failing ? 'failed' : summary.status,
    scheduled_at: summary.started_at,
    attempts,
    steps: last.steps,
    failure: last.failure,
    watcher_fault: null,
  };
}

export function fixtureComparison(run: RunResult, baseline: RunSummary | null): RunComparison {
  if (!baseline || run.status === 'passed') {
    return {
      run_id: run.id,
      baseline_run_id: baseline?.id ?? null,
      baseline_started_at: baseline?.started_at ?? null,
      steps: run.steps.map((step) => ({
        name: step.name,
        row: step.row,
        baseline_row: step.row,
        status: { before: 200, now: 200 },
        headers: [],
        body: [],
      })),
    };
  }
  const line = (change: DiffLine['change'], text: string, always_varies = false): DiffLine => ({
    change,
    text,
    always_varies,
  });
  return {
    run_id: run.id,
    baseline_run_id: baseline.id,
    baseline_started_at: baseline.started_at,
    steps: [
      {
        name: 'sign in',
        row: null,
        baseline_row: null,
        status: { before: 201, now: 201 },
        headers: [
          line('removed', 'date: Mon, 23 Nov 2026 06:38:12 GMT', true),
          line('added', 'date: Mon, 23 Nov 2026 06:40:12 GMT', true),
        ],
        body: [line('same', '{'), line('same', '  "expires_in": 900'), line('same', '}')],
      },
      {
        name: 'write',
        row: null,
        baseline_row: null,
        status: { before: 201, now: 500 },
        headers: [
          line('removed', 'content-length: 162'),
          line('added', 'content-length: 148'),
          line('removed', 'content-type: application/json; charset=utf-8'),
          line('added', 'content-type: application/problem+json; charset=utf-8'),
          line('removed', 'date: Mon, 23 Nov 2026 06:38:12 GMT', true),
          line('added', 'date: Mon, 23 Nov 2026 06:40:12 GMT', true),
          line('removed', 'x-request-id: 93b0a1', true),
          line('added', 'x-request-id: 7ff21c', true),
        ],
        body: [
          line('same', '{'),
          line('removed', '  "author": {'),
          line('removed', '    "id": "usr_01",'),
          line('removed', '    "name": "QA"'),
          line('removed', '  },'),
          line('removed', '  "created_at": "2026-11-23T06:38:12.331Z",', true),
          line('removed', '  "id": "pst_1f0c2"', true),
          line('added', '  "code": "INTERNAL",'),
          line('added', '  "detail": "The post could not be written",'),
          line('added', '  "status": 500,'),
          line('added', '  "title": "Internal Server Error"'),
          line('same', '}'),
        ],
      },
      {
        name: 'read it back',
        row: null,
        baseline_row: null,
        status: { before: 200, now: null },
        headers: [],
        body: [],
      },
      { name: 'delete', row: null, baseline_row: null, status: { before: 204, now: null }, headers: [], body: [] },
    ],
  };
}

/** Client spans of the watcher, with or without what the service adds to them. */
export function fixtureTrace(run: RunResult, withServer: boolean): Trace {
  const random = seededRandom(7);
  const base = Date.parse(run.started_at);
  const spans: SpanRow[] = [];
  const logs: LogRow[] = [];
  const span = (more: Partial<SpanRow> & Pick<SpanRow, 'span_id' | 'name' | 'kind' | 'duration_ms'>, at: number) => {
    spans.push({
      trace_id: run.trace_id,
      parent_span_id: null,
      service: 'ringdown',
      service_version: '0.1.0',
      start_time: iso(base + at),
      status: 'unset',
      status_message: null,
      attributes: {},
      resource: { 'service.name': more.service ?? 'ringdown', 'process.runtime.name': 'nodejs' },
      events: [],
      ...more,
    });
  };
  span({ span_id: 'aaaaaaaaaaaaaaaa', name: run.name, kind: 'internal', duration_ms: run.duration_ms }, 0);
  let start = 0;
  for (const attempt of run.attempts) {
    span(
      {
        span_id: attempt.span_id,
        parent_span_id: 'aaaaaaaaaaaaaaaa',
        name: `attempt ${attempt.number}`,
        kind: 'internal',
        duration_ms: attempt.duration_ms,
      },
      start,
    );
    for (const step of attempt.steps) {
      if (!step.request || !step.response) continue;
      const at = start + step.offset_ms;
      const route = step.request.url.replace(API, '').replace(/pst_\w+/, '{id}');
      const failed = (step.response.status ?? 0) >= 500;
      const common = {
        'http.request.method': step.request.method,
        'url.full': step.request.url,
        'http.response.status_code': step.response.status,
      };
      span(
        {
          span_id: step.span_id,
          parent_span_id: attempt.span_id,
          name: `${step.request.method} ${route}`,
          kind: 'client',
          duration_ms: step.duration_ms,
          status: failed ? 'error' : 'unset',
          attributes: common,
        },
        at,
      );
      if (!withServer) continue;
      const server = hex(random, 16);
      const service = { service: 'reference-api', service_version: '4.12.0' };
      span(
        {
          ...service,
          span_id: server,
          parent_span_id: step.span_id,
          name: `${step.request.method} ${route}`,
          kind: 'server',
          duration_ms: step.duration_ms * 0.7,
          status: failed ? 'error' : 'unset',
          attributes: { ...common, 'http.route': route, 'user_agent.synthetic.type': 'test' },
        },
        at + step.duration_ms * 0.15,
      );
      const query = hex(random, 16);
      span(
        {
          ...service,
          span_id: query,
          parent_span_id: server,
          name: failed ? 'INSERT posts' : 'SELECT posts',
          kind: 'internal',
          duration_ms: step.duration_ms * 0.35,
          status: failed ? 'error' : 'unset',
          status_message: failed ? SERVER_ERROR : null,
          attributes: {
            'db.system.name': 'sqlite',
            'db.query.text': 'INSERT INTO posts (id, title, body, author_id) VALUES (?, ?, ?, ?)',
          },
          events: failed
            ? [
                {
                  time: iso(base + at + 10),
                  name: 'exception',
                  attributes: {
                    'exception.type': 'SqliteError',
                    'exception.message': 'no such column: author_id',
                    'exception.stacktrace': `${SERVER_ERROR}\n    at Database.prepare (posts-repository.ts:41:22)\n    at writePost (posts/routes.ts:18:31)\n    at preHandlerCallback (handle-request.js:126:37)`,
                  },
                },
              ]
            : [],
        },
        at + step.duration_ms * 0.3,
      );
      const log = (
        level: LogRow['level'],
        message: string,
        attributes: LogRow['attributes'],
        exception: LogRow['exception'] = null,
      ) =>
        logs.push({
          time: iso(base + at + step.duration_ms * 0.8),
          level,
          message,
          service: 'reference-api',
          trace_id: run.trace_id,
          span_id: server,
          exception,
          attributes,
        });
      if (failed) {
        log(
          'error',
          'the post could not be written',
          { 'http.route': route, 'user.id': 'usr_01' },
          {
            type: 'SqliteError',
            message: 'no such column: author_id',
            stacktrace: `${SERVER_ERROR}\n    at Database.prepare (posts-repository.ts:41:22)\n    at writePost (posts/routes.ts:18:31)`,
          },
        );
      }
      log('info', `${step.request.method} ${route} ${step.response.status}`, { 'http.route': route });
    }
    start += attempt.duration_ms + 1000;
  }
  return { trace_id: run.trace_id, spans, logs };
}
