import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomHex, seededRandom } from '../../../core/testing/seeded-random.ts';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { Question } from '../../reader.ts';
import type { Attributes } from '../../telemetry.ts';
import {
  batchOf,
  type LogSeed,
  logsRecord,
  metricsRecord,
  type SpanSeed,
  spansRecord,
  statsdRecord,
} from '../../testing/payloads.ts';
import { createEmbedded } from './index.ts';

const forever = new AbortController().signal;
const T0 = Date.UTC(2026, 10, 23, 10, 0, 7);
const ns = (ms: number) => BigInt(ms) * 1_000_000n;
const random = seededRandom(11);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const folder = mkdtempSync(join(tmpdir(), 'ringdown-reader-'));
const clock = new VirtualClock(T0);
const { exporter, reader, store } = createEmbedded(
  { name: 'local', type: 'embedded', dataDir: join(folder, 'store') },
  clock,
);

type Seeded = SpanSeed & { service: string; route: string; method: string; code: number; synthetic: boolean };

const ROUTES = ['/v1/posts', '/v1/posts/:id', '/v1/users', "/v1/o'brien"];
const SPAN_MS = 600_000;
const spans: Seeded[] = Array.from({ length: 6_000 }, (_, index) => {
  const service = index % 5 === 0 ? 'billing' : 'api';
  const route = pick(ROUTES);
  const method = pick(['GET', 'POST']);
  const code = random() < 0.1 ? 503 : 200;
  const synthetic = random() < 0.2;
  return {
    service,
    route,
    method,
    code,
    synthetic,
    traceId: randomHex(random, 32),
    spanId: randomHex(random, 16),
    parentSpanId: synthetic ? randomHex(random, 16) : '',
    name: `${method} ${route}`,
    startNs: ns(T0) + BigInt(Math.floor(random() * SPAN_MS * 1e6)),
    durationNs: BigInt(Math.floor(Math.exp(random() * 6 + 12))),
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': code,
      'url.path': `/v1/${index}`,
      ...(synthetic ? { 'user_agent.synthetic.type': 'test' } : {}),
    },
  };
});

const WORDS = ['connected', 'no such column: author_id', 'Slow Query', '100% sure_thing', "'; DROP TABLE logs; --"];
const logs: (LogSeed & { body: string; severityNumber: number })[] = Array.from({ length: 800 }, (_, index) => ({
  timeNs: ns(T0) + BigInt(Math.floor(random() * SPAN_MS)) * 1_000_000n,
  severityNumber: 1 + Math.floor(random() * 24),
  body: `${pick(WORDS)} ${index}`,
  traceId: spans[index]!.traceId,
  spanId: spans[index]!.spanId,
  attributes: (index % 50 === 0
    ? { 'exception.type': 'SqliteError', 'exception.message': 'Disk I/O', tenant: index }
    : {}) as Attributes,
}));

beforeAll(async () => {
  await exporter.start();
  let position = 0;
  const placed = () => ({ position, receivedAt: T0 + position++ });
  for (let from = 0; from < spans.length; from += 500) {
    const records = ['api', 'billing'].map((service) =>
      spansRecord(
        placed(),
        spans.slice(from, from + 500).filter((span) => span.service === service),
        {
          'service.name': service,
          'service.version': from < 3_000 ? '1.0' : '2.0',
        },
      ),
    );
    await exporter.export(batchOf(...records), forever);
    // Part of the rows is rolled up, part is not, and one day ends in between: questions must not notice.
    if (from === 1_500) await store.upkeep();
    if (from === 3_000) {
      clock.step(86_400_000);
      await store.upkeep();
    }
    if (from === 4_500) await store.upkeep();
  }
  await exporter.export(batchOf(logsRecord(placed(), logs, { 'service.name': 'api' })), forever);
});

afterAll(async () => {
  await exporter.shutdown(forever);
  rmSync(folder, { recursive: true, force: true });
});

const WINDOWS = [
  { from: T0, to: T0 + SPAN_MS },
  { from: T0 + 61_234, to: T0 + 400_001 },
  { from: T0 + 5_000, to: T0 + 25_000 },
  { from: T0 - 3_600_000, to: T0 + 3_600_000 },
];
const inWindow = (at: bigint, window: { from: number; to: number }) => at >= ns(window.from) && at < ns(window.to);

function nearestRank(sorted: number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}

describe('routes', () => {
  test.each(WINDOWS)('counts, errors and percentiles agree with a naive count over %j', async (window) => {
    for (const synthetic of [undefined, false, true]) {
      const question: Question = { ask: 'routes', ...(synthetic === undefined ? {} : { synthetic }) };
      const answers = await reader.ask(question, window);
      const expected = new Map<string, number[]>();
      let errors = 0;
      for (const span of spans) {
        if (!inWindow(span.startNs, window) || (synthetic !== undefined && span.synthetic !== synthetic)) continue;
        const key = `${span.service} ${span.method} ${span.route}`;
        expected.set(key, [...(expected.get(key) ?? []), Number(span.durationNs) / 1e6]);
        if (span.code >= 500) errors++;
      }
      expect(answers.map((row) => `${row.service} ${row.method} ${row.route}`).sort()).toEqual(
        [...expected.keys()].sort(),
      );
      expect(answers.reduce((total, row) => total + row.errors, 0)).toBe(errors);
      for (const row of answers) {
        const durations = expected.get(`${row.service} ${row.method} ${row.route}`)!.sort((a, b) => a - b);
        expect(row.count).toBe(durations.length);
        for (const [shown, q] of [
          [row.p50_ms, 0.5],
          [row.p95_ms, 0.95],
          [row.p99_ms, 0.99],
        ] as const) {
          expect(Math.abs(shown / nearestRank(durations, q) - 1)).toBeLessThan(0.05);
        }
      }
    }
  });

  test('a route whose name looks like SQL is only a name', async () => {
    const answers = await reader.ask({ ask: 'routes', service: 'api', route: "/v1/o'brien" }, WINDOWS[0]!);
    expect(new Set(answers.map(({ route }) => route))).toEqual(new Set(["/v1/o'brien"]));
    expect(await reader.ask({ ask: 'routes', route: "' OR 1=1 --" }, WINDOWS[0]!)).toEqual([]);
  });
});

describe('traces', () => {
  const matching = (fits: (span: Seeded) => boolean, window = WINDOWS[1]!) =>
    spans.filter((span) => inWindow(span.startNs, window) && fits(span));
  const byStart = (a: Seeded, b: Seeded) => (a.startNs > b.startNs ? -1 : 1);
  const byDuration = (a: Seeded, b: Seeded) => (a.durationNs > b.durationNs ? -1 : 1);

  test('the latest, page by page, are all there once and in order', async () => {
    const expected = matching(() => true).sort(byStart);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const question: Question = { ask: 'traces', order: 'latest', limit: 700, ...(cursor ? { cursor } : {}) };
      const page: { items: { trace_id: string }[]; next_cursor: string | null } = await reader.ask(
        question,
        WINDOWS[1]!,
      );
      seen.push(...page.items.map(({ trace_id }) => trace_id));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen).toEqual(expected.map(({ traceId }) => traceId));
  });

  test.each([
    ['of a service', { service: 'billing' }, (span: Seeded) => span.service === 'billing'],
    ['of a route', { route: '/v1/posts' }, (span: Seeded) => span.route === '/v1/posts'],
    ['that failed', { errors_only: true }, (span: Seeded) => span.code >= 500],
    ['of scenarios', { synthetic: true }, (span: Seeded) => span.synthetic],
    ['of people', { synthetic: false, service: 'api' }, (span: Seeded) => !span.synthetic && span.service === 'api'],
    ['that took long', { min_duration_ms: 20 }, (span: Seeded) => span.durationNs >= 20_000_000n],
  ])('the slowest %s', async (_name, filter, fits) => {
    const page = await reader.ask({ ask: 'traces', order: 'slowest', limit: 25, ...filter }, WINDOWS[1]!);
    const expected = matching(fits).sort(byDuration).slice(0, 25);
    expect(page.items.map(({ trace_id }) => trace_id)).toEqual(expected.map(({ traceId }) => traceId));
    expect(page.items[0]).toMatchObject({
      service: expected[0]!.service,
      route: expected[0]!.route,
      status_code: expected[0]!.code,
      error: expected[0]!.code >= 500,
      synthetic: expected[0]!.synthetic,
      duration_ms: Number(expected[0]!.durationNs) / 1e6,
    });
  });

  test('a cursor that was not given out is refused', async () => {
    const question: Question = { ask: 'traces', order: 'latest', limit: 5, cursor: 'nonsense' };
    await expect(reader.ask(question, WINDOWS[0]!)).rejects.toThrow('cursor');
  });
});

describe('logs', () => {
  const newest = (a: { timeNs: bigint }, b: { timeNs: bigint }) =>
    a.timeNs > b.timeNs ? -1 : a.timeNs < b.timeNs ? 1 : 0;

  test.each([
    ['of a level and above', { level: 'error' }, (log: (typeof logs)[0]) => log.severityNumber >= 17],
    [
      'with a text, whatever its case',
      { text: 'slow QUERY' },
      (log: (typeof logs)[0]) => log.body.startsWith('Slow Query'),
    ],
    [
      'with LIKE wildcards taken as letters',
      { text: '0% sure_' },
      (log: (typeof logs)[0]) => log.body.startsWith('100%'),
    ],
    [
      'with a text that looks like SQL',
      { text: "'; drop table" },
      (log: (typeof logs)[0]) => log.body.startsWith("';"),
    ],
    [
      'with a text in the exception',
      { text: 'disk i/o' },
      (log: (typeof logs)[0]) => 'exception.type' in log.attributes!,
    ],
    ['of a trace', { trace_id: logs[17]!.traceId! }, (log: (typeof logs)[0]) => log.traceId === logs[17]!.traceId],
    ['of a span', { span_id: logs[18]!.spanId! }, (log: (typeof logs)[0]) => log.spanId === logs[18]!.spanId],
    ['of a malformed trace id', { trace_id: "x' OR 1=1" }, () => false],
  ] as const)('records %s', async (_name, filter, fits) => {
    const page = await reader.ask({ ask: 'logs', limit: 1_000, ...filter }, WINDOWS[0]!);
    expect(page.items.map(({ message }) => message).sort()).toEqual(
      logs
        .filter(fits)
        .map(({ body }) => body)
        .sort(),
    );
    const times = page.items.map(({ time }) => time);
    expect(times).toEqual([...times].sort().reverse());
  });

  test('pages neither skip nor repeat while new records arrive', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    let round = 0;
    do {
      const question: Question = { ask: 'logs', limit: 90, ...(cursor ? { cursor } : {}) };
      const page: { items: { message: string }[]; next_cursor: string | null } = await reader.ask(
        question,
        WINDOWS[0]!,
      );
      seen.push(...page.items.map(({ message }) => message));
      cursor = page.next_cursor;
      const late = [{ timeNs: ns(T0 + SPAN_MS - 1), body: `late ${round}`, severityNumber: 9 }];
      const placed = { position: 10_000 + round, receivedAt: T0 + 900_000 + round++ };
      await exporter.export(batchOf(logsRecord(placed, late, { 'service.name': 'late' })), forever);
    } while (cursor);
    const expected = [...logs].sort(newest).map(({ body }) => body);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((message) => !message.startsWith('late')).sort()).toEqual(expected.sort());
  });

  test('an exception stands apart from the other attributes', async () => {
    const page = await reader.ask({ ask: 'logs', limit: 1, text: 'SqliteError' }, WINDOWS[0]!);
    expect(page.items[0]!.exception).toEqual({ type: 'SqliteError', message: 'Disk I/O', stacktrace: null });
    expect(Object.keys(page.items[0]!.attributes)).toEqual(['tenant']);
  });
});

test('a trace comes back exactly: nanoseconds, nested attributes, events, and its logs', async () => {
  const traceId = 'feedfacecafebeef0123456789abcdef';
  const startNs = 1_795_000_000_123_456_789n;
  const attributes = {
    "it's": '"quoted" \\ \u0000 ☃ 👩‍🚀',
    list: [1, 'two', false, null],
    map: { deep: { deeper: [0.5] } },
    big: '9007199254740993',
    __proto__x: 'own',
  };
  const events = [{ timeNs: startNs + 1n, name: 'exception', attributes: { 'exception.message': 'boom' } }];
  const root = { traceId, spanId: '00000000000000a1', name: 'POST', kind: 3, startNs, durationNs: 5_000_001n };
  const child = {
    ...{ traceId, spanId: 'ffffffffffffffff', parentSpanId: root.spanId, startNs: startNs + 7n, durationNs: 1n },
    ...{ status: 2, statusMessage: 'went wrong', attributes, events },
  };
  const log = { timeNs: startNs + 9n, severityText: 'WARNING', body: { code: 5 }, traceId, spanId: child.spanId };
  const at = { position: 20_000, receivedAt: T0 + 1_000_000 };
  await exporter.export(
    batchOf(
      spansRecord(at, [child, root], { 'service.name': 'exact', 'service.version': '9' }),
      logsRecord({ ...at, position: 20_001 }, [log], { 'service.name': 'exact' }),
    ),
    forever,
  );
  const ms = Number(startNs / 1_000_000n);
  const trace = await reader.ask({ ask: 'trace', trace_id: traceId.toUpperCase() }, { from: ms - 1, to: ms + 1 });
  expect(trace).toMatchObject({
    trace_id: traceId,
    spans: [
      {
        span_id: '00000000000000a1',
        parent_span_id: null,
        kind: 'client',
        status: 'unset',
        start_time: '2026-11-18T11:06:40.123456789Z',
        duration_ms: 5.000001,
        service_version: '9',
        resource: { 'service.name': 'exact', 'service.version': '9' },
      },
      {
        span_id: 'ffffffffffffffff',
        parent_span_id: '00000000000000a1',
        start_time: '2026-11-18T11:06:40.123456796Z',
        duration_ms: 0.000001,
        status: 'error',
        status_message: 'went wrong',
        events: [{ time: '2026-11-18T11:06:40.123456790Z', name: 'exception' }],
      },
    ],
    logs: [
      { time: '2026-11-18T11:06:40.123456798Z', level: 'warn', message: '{"code":5}', span_id: 'ffffffffffffffff' },
    ],
  });
  expect(trace!.spans[1]!.attributes).toEqual(attributes);
});

test('a list of traces shows the first SERVER span of each, and the root where there is none', async () => {
  const at = T0 + 7_200_000;
  const ids = { traceId: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', durationNs: 9n };
  const client = { ...ids, spanId: '0000000000000001', kind: 3, name: 'scenario', startNs: ns(at) };
  const server = (n: number, route: string) => ({
    ...{
      ...ids,
      spanId: `000000000000000${n}`,
      parentSpanId: client.spanId,
      startNs: ns(at + n),
      name: `GET ${route}`,
    },
    attributes: { 'http.request.method': 'GET', 'http.route': route },
  });
  const lone = {
    ...ids,
    traceId: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    spanId: '0000000000000009',
    kind: 1,
    name: 'job',
    startNs: ns(at + 9),
  };
  const record = spansRecord({ position: 30_000, receivedAt: at }, [server(3, '/b'), client, server(2, '/a'), lone], {
    'service.name': 'mixed',
  });
  await exporter.export(batchOf(record), forever);
  const window = { from: at - 1, to: at + 1_000 };
  const all = await reader.ask({ ask: 'traces', order: 'latest', limit: 10 }, window);
  expect(all.items.map(({ name, route }) => [name, route])).toEqual([
    ['job', 'job'],
    ['GET /a', '/a'],
  ]);
  const second = await reader.ask({ ask: 'traces', order: 'latest', limit: 10, route: '/b' }, window);
  expect(second.items.map(({ name }) => name)).toEqual(['GET /b']);
});

describe('metrics', () => {
  const at = T0 + 14_400_000 - ((T0 + 14_400_000) % 60_000);
  const window = { from: at, to: at + 300_000 };
  const bounds = [0.005, 0.01, 0.1];

  beforeAll(async () => {
    const resource = { 'service.name': 'meter' };
    let position = 40_000;
    const placed = (ms: number) => ({ position: position++, receivedAt: at + ms });
    const startNs = ns(at - 1_000);
    for (let minute = 0; minute < 5; minute++) {
      const ms = minute * 60_000 + 30_000;
      const timeNs = ns(at + ms);
      const counts = (times: number) => [times, 2 * times, 3 * times, 0];
      await exporter.export(
        batchOf(
          metricsRecord(
            placed(ms),
            [
              { name: 'queue', type: 'gauge', value: 10 + minute, timeNs, attributes: { shard: 'a' } },
              { name: 'queue', type: 'gauge', value: 20 + minute, timeNs, attributes: { shard: 'b' } },
              // Begins again after the third minute.
              {
                name: 'served',
                type: 'sum',
                value: minute < 3 ? 10 * (minute + 1) : minute,
                timeNs,
                startNs: minute < 3 ? startNs : ns(at + 170_000),
              },
              { name: 'added', type: 'sum', temporality: 'delta', value: 4, timeNs, startNs },
              {
                name: 'latency',
                unit: 's',
                type: 'histogram',
                sum: minute + 1,
                bounds,
                bucketCounts: counts(minute + 1),
                timeNs,
                startNs,
              },
              {
                name: 'latency.delta',
                unit: 's',
                type: 'histogram',
                temporality: 'delta',
                sum: 1,
                bounds,
                bucketCounts: counts(1),
                timeNs,
                startNs,
              },
            ],
            resource,
          ),
          statsdRecord(placed(ms), [
            'orders:3|c|#city:seoul',
            'orders:2|c|@0.5|#city:busan',
            ...Array.from({ length: 100 }, (_, index) => `render:${index + 1}|ms`),
            'level:10|g',
            'level:-4|g',
            'users:kim|s',
            'users:kim|s',
            'users:lee|s',
          ]),
        ),
        forever,
      );
      if (minute === 2) await store.upkeep();
    }
  });

  const ask = async (question: Partial<Question> & { name: string }, interval_ms = 60_000) =>
    await reader.ask(
      { ask: 'metric', aggregate: 'sum', interval_ms, ...question } as Extract<Question, { ask: 'metric' }>,
      window,
    );
  const values = (series: { points: [number, number | null][] }[]) =>
    series.map(({ points }) => points.map(([, value]) => value));

  test('counters add up, sampled ones by their rate, apart by tag', async () => {
    expect(values(await ask({ name: 'orders' }))).toEqual([[7, 7, 7, 7, 7]]);
    const cities = await ask({ name: 'orders', group_by: 'city' });
    expect(cities.map(({ attributes }) => ({ ...attributes }))).toEqual([{ city: 'busan' }, { city: 'seoul' }]);
    expect(values(cities)).toEqual([Array(5).fill(4), Array(5).fill(3)]);
    const both = await ask({ name: 'orders', group_by: ['city', 'shard'] });
    expect(both.map(({ attributes }) => ({ ...attributes }))).toEqual([
      { city: 'busan', shard: '' },
      { city: 'seoul', shard: '' },
    ]);
    expect(values(await ask({ name: 'orders', attributes: { city: 'seoul' } }))).toEqual([Array(5).fill(3)]);
    expect(values(await ask({ name: 'orders', aggregate: 'rate' }))[0]![0]).toBeCloseTo(7 / 60);
  });

  test('timers have percentiles, extremes and a mean', async () => {
    for (const [aggregate, wanted] of [
      ['p50', 50],
      ['p95', 95],
      ['p99', 99],
      ['avg', 50.5],
      ['min', 1],
      ['max', 100],
      ['count', 100],
    ] as const) {
      for (const value of values(await ask({ name: 'render', aggregate }))[0]!)
        expect(Math.abs(value! / wanted - 1)).toBeLessThan(0.03);
    }
  });

  test('gauges keep their level, set members count once', async () => {
    expect(values(await ask({ name: 'queue', aggregate: 'max' }))).toEqual([[20, 21, 22, 23, 24]]);
    expect(values(await ask({ name: 'queue', aggregate: 'avg', group_by: 'shard' }))).toEqual([
      [10, 11, 12, 13, 14],
      [20, 21, 22, 23, 24],
    ]);
    expect(values(await ask({ name: 'level', aggregate: 'min' }))).toEqual([[6, 6, 6, 6, 6]]);
    expect(values(await ask({ name: 'users' }))).toEqual([[2, 2, 2, 2, 2]]);
  });

  test('running totals are shown as their increase, over a new beginning too', async () => {
    expect(values(await ask({ name: 'served' }))).toEqual([[10, 10, 10, 3, 1]]);
    expect(values(await ask({ name: 'added' }))).toEqual([[4, 4, 4, 4, 4]]);
    expect(values(await ask({ name: 'latency', aggregate: 'count' }))).toEqual([[6, 6, 6, 6, 6]]);
    expect(values(await ask({ name: 'latency.delta', aggregate: 'count' }))).toEqual([[6, 6, 6, 6, 6]]);
    for (const name of ['latency', 'latency.delta']) {
      for (const value of values(await ask({ name, aggregate: 'p50' }))[0]!) expect(value).toBeCloseTo(0.01);
    }
  });

  test('intervals below a minute come from single points, empty ones are null', async () => {
    const [points] = values(await ask({ name: 'orders' }, 10_000));
    expect(points).toHaveLength(30);
    expect(points!.filter((value) => value !== null)).toEqual([7, 7, 7, 7, 7]);
    expect(points!.indexOf(7)).toBe(3);
  });

  test('names are listed with unit and type', async () => {
    const names = await reader.ask({ ask: 'metric_names' }, window);
    expect(names).toContainEqual({ name: 'render', unit: 'ms', type: 'timer' });
    expect(names).toContainEqual({ name: 'latency', unit: 's', type: 'histogram' });
    expect(names).toContainEqual({ name: 'http.server.request.duration', unit: 's', type: 'histogram' });
  });

  test('request duration is worked out from spans where nobody sends it', async () => {
    const range = { from: T0 - 7_000, to: T0 - 7_000 + 660_000 };
    const question: Question = {
      ask: 'metric',
      name: 'http.server.request.duration',
      aggregate: 'count',
      interval_ms: 60_000,
      attributes: { 'service.name': 'billing' },
    };
    const [series] = await reader.ask(question, range);
    expect(series!.points.reduce((total, [, value]) => total + (value ?? 0), 0)).toBe(
      spans.filter(({ service }) => service === 'billing').length,
    );
    expect(series!.unit).toBe('s');
  });
});

test('versions are the deployments of the window, each at its first sighting', async () => {
  const versions = await reader.ask({ ask: 'versions', service: 'api' }, WINDOWS[3]!);
  expect(versions.map(({ version }) => version)).toEqual(expect.arrayContaining(['1.0', '2.0']));
  const first = spans.slice(0, 500).find(({ service }) => service === 'api')!;
  expect(BigInt(Date.parse(versions.find(({ version }) => version === '1.0')!.first_seen))).toBe(
    first.startNs / 1_000_000n,
  );
  expect(await reader.ask({ ask: 'versions', service: 'api' }, { from: 0, to: T0 - 1 })).toEqual([]);
});

test('a question is given up when its caller is gone', async () => {
  await expect(reader.ask({ ask: 'metric_names' }, WINDOWS[0]!, AbortSignal.abort(new Error('gone')))).rejects.toThrow(
    'gone',
  );
});
