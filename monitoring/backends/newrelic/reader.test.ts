import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { operatorQuestions } from '../../operator-questions.ts';
import type { Question, Reader, RequestStatus } from '../../reader.ts';
import { backend, createNewRelic } from './index.ts';
import { NerdGraphPeer } from './testing/nerdgraph-peer.ts';

const FROM = Date.UTC(2026, 10, 20, 9, 0, 0);
const window = { from: FROM, to: FROM + 120_000 };
const TRACE = 'ab'.repeat(16);
const questions = operatorQuestions({ trace_id: TRACE, counter: 'orders', text: "it's 100%\\" });

let peer: NerdGraphPeer;
let reader: Reader;
const settings = { name: 'nr', type: 'newrelic', dataDir: '', api_key: 'k', user_key: 'a-user-key', account_id: 42 };

beforeEach(async () => {
  peer = await NerdGraphPeer.start();
  reader = createNewRelic({ ...settings, query_url: peer.url }, new VirtualClock()).reader!;
});

afterEach(() => peer.close());

const ask = <Q extends Question>(question: Q) => reader.ask(question, window);
const REAL = "WHERE `span.kind` = 'server' AND `user_agent.synthetic.type` IS NULL";
const ALL = `SINCE ${FROM} UNTIL ${FROM + 120_000}`;

test('error rate of real requests', async () => {
  peer.answers.push(['Span', [{ requests: 10, value: 0.3 }]]);
  expect(await ask(questions.error_rate)).toEqual([{ group: null, points: [[FROM, 0.3]] }]);
  expect(peer.queries).toEqual([
    `SELECT count(*) AS 'requests', filter(count(*), WHERE numeric(\`http.response.status_code\`) >= 500) / count(*) AS 'value' FROM Span ${REAL} ${ALL}`,
  ]);
});

test('requests of a route and a status; numbers of log records are refused', async () => {
  const status = (wanted: RequestStatus) =>
    ask({ ask: 'requests', measure: 'count', route: "/v1/o'brien", status: wanted, limit: 1 });
  for (const wanted of ['5xx', 'ok', 'error', 404] as const) await status(wanted);
  const code = '`http.response.status_code`';
  expect(peer.queries.map((query) => /`http\.route` = (.*) SINCE/.exec(query)?.[1])).toEqual([
    `'/v1/o\\'brien' AND numeric(${code}) >= 500 AND numeric(${code}) < 600`,
    `'/v1/o\\'brien' AND (${code} IS NULL OR numeric(${code}) < 500)`,
    `'/v1/o\\'brien' AND numeric(${code}) >= 500`,
    `'/v1/o\\'brien' AND numeric(${code}) = 404`,
  ]);
  await expect(ask({ ask: 'log_counts', limit: 1 })).rejects.toMatchObject({ code: 'CANNOT_ANSWER' });
});

test('p95 of every route in every minute, empty minutes included', async () => {
  const row = (minute: number, facet: string, requests: number, p95: number) => ({
    beginTimeSeconds: FROM / 1_000 + minute * 60,
    facet,
    requests,
    value: { 95: p95 },
  });
  peer.answers.push(['Span', [row(0, '/a', 3, 12.5), row(1, '/a', 0, 0), row(1, '/b', 1, 7)]]);
  expect(await ask(questions.p95_per_route)).toEqual([
    {
      group: '/a',
      points: [
        [FROM, 12.5],
        [FROM + 60_000, null],
      ],
    },
    {
      group: '/b',
      points: [
        [FROM, null],
        [FROM + 60_000, 7],
      ],
    },
  ]);
  expect(peer.queries[0]).toContain("percentile(`duration.ms`, 95) AS 'value'");
  expect(peer.queries[0]).toMatch(/FACET `http.route` LIMIT 50 SINCE \d+ UNTIL \d+ TIMESERIES 60 seconds$/);
});

test('a trace with its logs', async () => {
  const span = {
    timestamp: FROM,
    'trace.id': TRACE,
    id: 'cd'.repeat(8),
    name: 'GET /a',
    'span.kind': 'server',
    'duration.ms': 12,
    'service.name': 'shop',
    'http.route': '/a',
    'otel.status_code': 'ERROR',
  };
  const log = { timestamp: FROM + 1, message: 'gone', 'severity.number': 17, 'trace.id': TRACE, 'exception.type': 'E' };
  peer.answers.push(['FROM Span', [span]], ['FROM Log', [log]]);
  expect(await ask(questions.trace_by_id)).toMatchObject({
    trace_id: TRACE,
    spans: [
      { span_id: 'cd'.repeat(8), kind: 'server', status: 'error', duration_ms: 12, attributes: { 'http.route': '/a' } },
    ],
    logs: [{ message: 'gone', level: 'error', exception: { type: 'E', message: null } }],
  });
});

test('a trace that is not there is nothing', async () => {
  expect(await ask(questions.trace_by_id)).toBeNull();
});

test('logs of a trace, and the latest errors page by page', async () => {
  const rows = Array.from({ length: 51 }, (_, index) => ({
    message: `m${index}`,
    timestamp: FROM,
    'severity.number': 17,
  }));
  peer.answers.push(['Log', rows]);
  await ask(questions.logs_of_trace);
  expect(peer.queries[0]).toBe(
    `SELECT * FROM Log WHERE \`trace.id\` = '${TRACE}' ${ALL} ORDER BY \`timestamp\` DESC LIMIT 51`,
  );
  const first = await reader.ask({ ask: 'logs', level: 'error', limit: 50 }, window);
  expect(first.items).toHaveLength(50);
  expect(peer.queries[1]).toContain('numeric(`severity.number`) >= 17');
  const second = await reader.ask({ ask: 'logs', level: 'error', limit: 50, cursor: first.next_cursor! }, window);
  expect(second).toMatchObject({ items: [{ message: 'm50' }], next_cursor: null });
});

test('slowest requests', async () => {
  peer.answers.push([
    'Span',
    [{ timestamp: FROM, 'trace.id': TRACE, 'duration.ms': 99, 'http.response.status_code': 503 }],
  ]);
  const { items } = (await ask(questions.slowest_requests)) as { items: unknown[] };
  expect(items).toMatchObject([{ duration_ms: 99, status_code: 503, error: true, synthetic: false }]);
  expect(peer.queries[0]).toBe(`SELECT * FROM Span ${REAL} ${ALL} ORDER BY \`duration.ms\` DESC LIMIT 51`);
});

test('requests per client and distinct users', async () => {
  peer.answers.push(['FACET', [{ facet: '10.0.0.1', requests: 7, value: 7 }]], ['unique', [{ requests: 7, value: 3 }]]);
  expect(await ask(questions.requests_per_client)).toEqual([{ group: '10.0.0.1', points: [[FROM, 7]] }]);
  expect(await ask(questions.distinct_users)).toEqual([{ group: null, points: [[FROM, 3]] }]);
  expect(peer.queries[1]).toContain("uniqueCount(`user.id`) AS 'value'");
});

test('requests by several attributes are one facet of each combination', async () => {
  peer.answers.push(['FACET', [{ facet: ['shop', '/a'], requests: 7, value: 7 }]]);
  const question = { ask: 'requests', measure: 'count', group_by: ['service.name', 'http.route'], limit: 5 } as const;
  expect(await ask(question)).toEqual([{ group: '["shop","/a"]', points: [[FROM, 7]] }]);
  expect(peer.queries[0]).toContain('FACET `service.name`, `http.route` LIMIT 5');
  peer.answers.unshift(['Metric', [{ facet: ['shop', ''], value: 2 }]]);
  const metric = { ask: 'metric', name: 'orders', aggregate: 'sum', group_by: ['service.name', 'city'] } as const;
  expect(await ask(metric)).toMatchObject([{ attributes: { 'service.name': 'shop', city: '' }, points: [[FROM, 2]] }]);
});

test('the rate of a counter', async () => {
  peer.answers.push(['Metric', [{ beginTimeSeconds: FROM / 1_000, value: 0.5 }]]);
  expect(await ask(questions.counter_rate)).toEqual([
    {
      name: 'orders',
      unit: '',
      attributes: {},
      points: [
        [FROM, 0.5],
        [FROM + 60_000, null],
      ],
    },
  ]);
  expect(peer.queries[0]).toContain("rate(sum(`orders`), 1 second) AS 'value' FROM Metric WHERE metricName = 'orders'");
});

test('text is looked for as it stands, whatever its case', async () => {
  await ask(questions.text_search);
  expect(peer.queries[0]).toContain("`message` RLIKE '(?is).*it\\'s 100%\\\\\\\\.*'");
});

test('what New Relic found wrong after it said 200 is told by provision', async () => {
  peer.answers.push(['NrIntegrationError', [{ count: 3, facet: ['MetricApiError', 'too many attributes'] }]]);
  const lines = await backend.provision!({ ...settings, query_url: peer.url }, new AbortController().signal);
  expect(lines).toEqual(['NrIntegrationError, 3 times in the last day: MetricApiError: too many attributes']);
});

test('a key that New Relic does not know is said, without the key', async () => {
  const other = createNewRelic({ ...settings, user_key: 'hunter2', query_url: peer.url }, new VirtualClock()).reader!;
  const asked = other.ask(questions.error_rate, window);
  await expect(asked).rejects.toMatchObject({
    code: 'NEW_RELIC_REFUSED',
    message: expect.stringMatching(/Api-Key is invalid/),
  });
  await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
});

test('more intervals than New Relic gives are refused', async () => {
  const question: Question = { ask: 'metric', name: 'a', aggregate: 'sum', interval_ms: 1_000 };
  await expect(reader.ask(question, { from: FROM, to: FROM + 3_600_000 })).rejects.toMatchObject({
    code: 'TOO_MANY_INTERVALS',
  });
});
