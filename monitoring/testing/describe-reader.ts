import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Exporter } from '../exporter.ts';
import { groupName } from '../group-by.ts';
import { type OperatorQuestion, operatorQuestions } from '../operator-questions.ts';
import type { Question, Reader, RequestSeries } from '../reader.ts';
import type { LogRow, MetricSeries, Page, Trace, TraceSummary } from '../telemetry.ts';
import { hourOfTraffic, type Message, type Request } from './hour-of-traffic.ts';

/** A destination that is empty, with both halves of a backend. */
export interface ReadableDestination {
  exporter: Exporter;
  reader: Reader;
  /** Resolves when what was exported can be found. */
  settle?(): Promise<void>;
  close(): Promise<void>;
}

export interface ReaderHarness {
  /** @param folder empty, removed after the tests */
  prepare(folder: string): Promise<ReadableDestination>;
  /** Unix milliseconds of the hour's begin; an hour in 2026 when absent. */
  from?: number;
  /** How far a percentile may be off, as a share of the true value. 0.05 when absent. */
  percentileError?: number;
  /** The same for numbers of distinct values. 0 when absent. */
  distinctError?: number;
  /** Questions that this backend can never answer; each must be refused with a reason. */
  cannot?: readonly OperatorQuestion[];
  /** What alert rules ask beside those, and this backend can never answer. */
  cannotForRules?: readonly RuleQuestion[];
}

type RuleQuestion = 'log_counts' | 'single_status' | 'route_and_status';

const FROM = Date.UTC(2026, 10, 20, 9, 0, 0);
const forever = new AbortController().signal;

/** Every reader is asked the ten questions about the same hour, and must agree with what was sent. */
export function describeReader(name: string, harness: ReaderHarness): void {
  describe(`${name} answers the operators' questions`, () => {
    const traffic = hourOfTraffic(harness.from ?? FROM);
    const window = { from: traffic.from, to: traffic.to };
    const real = traffic.requests.filter(({ synthetic }) => !synthetic);
    const told = traffic.messages[5]!;
    const questions = operatorQuestions({ trace_id: told.traceId, counter: 'orders', text: 'slow query' });
    let folder: string;
    let destination: ReadableDestination;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ringdown-reader-'));
      destination = await harness.prepare(folder);
      await destination.exporter.start();
      for (const batch of traffic.batches) {
        const { retry, rejected, error } = await destination.exporter.export(batch, forever);
        if (retry) throw error ?? new Error('the hour of traffic was handed back');
        expect(rejected).toEqual([]);
      }
      await destination.settle?.();
    }, 120_000);

    afterAll(async () => {
      await destination?.exporter.shutdown(AbortSignal.timeout(5_000));
      await destination?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const ask = <Q extends Question>(question: Q) => destination.reader.ask(question, window);

    /** A question that this backend can answer, or one that it must refuse. */
    function asked(id: OperatorQuestion, title: string, check: () => Promise<void>): void {
      if (!harness.cannot?.includes(id)) test(title, check, 60_000);
      else {
        test(`${title}: refused with a reason`, async () => {
          await expect(ask(questions[id])).rejects.toMatchObject({
            code: 'CANNOT_ANSWER',
            message: expect.stringMatching(/\w/),
          });
        });
      }
    }

    asked('error_rate', 'the error rate of real requests', async () => {
      const [series] = (await ask(questions.error_rate)) as RequestSeries[];
      expect(series!.group).toBeNull();
      expect(series!.points).toHaveLength(1);
      expect(series!.points[0]![1]).toBeCloseTo(real.filter(isFailed).length / real.length, 6);
    });

    asked('p95_per_route', 'the 95th percentile of every route in every minute', async () => {
      const found = (await ask(questions.p95_per_route)) as RequestSeries[];
      expect(found.map(({ group }) => group).sort()).toEqual([...new Set(real.map(({ route }) => route))].sort());
      for (const { group, points } of found) {
        expect(points).toHaveLength(60);
        for (const [at, value] of points) {
          const durations = real
            .filter((request) => request.route === group && isWithin(request.startNs, at, at + 60_000))
            .map(({ durationNs }) => Number(durationNs) / 1e6);
          expectPercentile(value, durations, 0.95, harness.percentileError ?? 0.05);
        }
      }
    });

    asked('trace_by_id', 'a trace by its id, with its times and attributes', async () => {
      const request = traffic.requests.find(({ traceId }) => traceId === told.traceId)!;
      const trace = (await ask(questions.trace_by_id)) as Trace;
      expect(trace.spans).toHaveLength(1);
      expect(trace.spans[0]).toMatchObject({
        trace_id: request.traceId,
        span_id: request.spanId,
        parent_span_id: null,
        name: `${request.method} ${request.route}`,
        kind: 'server',
        service: request.service,
        service_version: '1.2.3',
        status: isFailed(request) ? 'error' : 'unset',
      });
      expect(Date.parse(trace.spans[0]!.start_time)).toBe(Number(request.startNs / 1_000_000n));
      expect(trace.spans[0]!.duration_ms).toBeCloseTo(Number(request.durationNs) / 1e6, 2);
      expect(trace.spans[0]!.attributes).toMatchObject({
        'http.route': request.route,
        'client.address': request.client,
      });
      expect(trace.logs.map(({ message }) => message)).toEqual([told.text]);
      expect(await ask({ ask: 'trace', trace_id: 'f'.repeat(32) })).toBeNull();
    });

    asked('logs_of_trace', 'the logs of a trace', async () => {
      const { items } = (await ask(questions.logs_of_trace)) as Page<LogRow>;
      expect(items).toMatchObject([
        {
          message: told.text,
          service: told.service,
          trace_id: told.traceId,
          span_id: told.spanId,
          level: levelOf(told),
        },
      ]);
    });

    asked('latest_errors', 'the latest errors, newest first, page by page', async () => {
      const expected = traffic.messages.filter(({ severityNumber }) => severityNumber >= 17).sort(newestFirst);
      const first = (await ask(questions.latest_errors)) as Page<LogRow>;
      expect(first.items.map(({ message }) => message)).toEqual(expected.slice(0, 50).map(({ text }) => text));
      const second = (await ask({
        ...questions.latest_errors,
        cursor: first.next_cursor!,
      } as Question)) as Page<LogRow>;
      expect(second.items.map(({ message }) => message)).toEqual(expected.slice(50, 100).map(({ text }) => text));
    });

    asked('slowest_requests', 'the slowest real requests', async () => {
      const expected = [...real].sort((a, b) => (a.durationNs > b.durationNs ? -1 : 1)).slice(0, 50);
      const { items } = (await ask(questions.slowest_requests)) as Page<TraceSummary>;
      expect(items.map(({ trace_id }) => trace_id)).toEqual(expected.map(({ traceId }) => traceId));
      expect(items[0]).toMatchObject({ route: expected[0]!.route, status_code: expected[0]!.status, synthetic: false });
    });

    asked('requests_per_client', 'requests per client, the busiest first', async () => {
      const found = (await ask(questions.requests_per_client)) as RequestSeries[];
      const counts = new Map<string, number>();
      for (const { client } of real) counts.set(client, (counts.get(client) ?? 0) + 1);
      expect(found.map(({ points }) => points[0]![1])).toEqual([...counts.values()].sort((a, b) => b - a).slice(0, 50));
      for (const { group, points } of found) expect([group, points[0]![1]]).toEqual([group, counts.get(group!)]);
    });

    asked('counter_rate', 'the rate of a counter per minute', async () => {
      const found = (await ask(questions.counter_rate)) as MetricSeries[];
      expect(found).toHaveLength(1);
      expect(found[0]!.points).toHaveLength(60);
      for (const [at, value] of found[0]!.points) {
        const sum = traffic.orders
          .filter(([time]) => time >= at && time < at + 60_000)
          .reduce((all, [, one]) => all + one, 0);
        expect(value ?? 0).toBeCloseTo(sum / 60, 6);
      }
    });

    if (!harness.cannot?.includes('counter_rate')) {
      test('a metric over a window that is one interval', async () => {
        const range = { from: traffic.from + 7 * 60_000, to: traffic.from + 38 * 60_000 };
        const inside = traffic.orders.filter(([time]) => time >= range.from && time < range.to);
        const sum = inside.reduce((all, [, one]) => all + one, 0);
        for (const [aggregate, value] of [
          ['sum', sum],
          ['rate', sum / (31 * 60)],
        ] as const) {
          const [series, ...others] = await destination.reader.ask({ ask: 'metric', name: 'orders', aggregate }, range);
          expect(others).toEqual([]);
          expect(series!.points).toEqual([[range.from, expect.closeTo(value, 6)]]);
        }
      }, 60_000);
    }

    asked('distinct_users', 'the number of distinct users', async () => {
      const [series] = (await ask(questions.distinct_users)) as RequestSeries[];
      const users = new Set(real.flatMap(({ user }) => user ?? []));
      const error = Math.abs(series!.points[0]![1]! / users.size - 1);
      expect(error).toBeLessThanOrEqual(harness.distinctError ?? 0);
    });

    asked('text_search', 'logs by words, whatever their case', async () => {
      const search = async (text: string) =>
        ((await ask({ ask: 'logs', text, limit: 1_000 })) as Page<LogRow>).items.map(({ message }) => message).sort();
      const having = (text: string) =>
        traffic.messages
          .map((message) => message.text)
          .filter((one) => one.toLowerCase().includes(text.toLowerCase()))
          .sort();
      for (const text of ['slow query', 'no such column: author_id', "it's", '100% sure_thing*']) {
        expect(having(text).length).toBeGreaterThan(0);
        expect([text, await search(text)]).toEqual([text, having(text)]);
      }
      expect(await search('nothing\'; DROP TABLE logs; -- " \\ (.*)+')).toEqual([]);
    });

    /** A question of alert rules that this backend can answer, or one that it must refuse. */
    function askedByRules(id: RuleQuestion, title: string, question: Question, check: () => Promise<void>): void {
      if (!harness.cannotForRules?.includes(id)) test(title, check, 60_000);
      else {
        test(`${title}: refused with a reason`, async () => {
          await expect(ask(question)).rejects.toMatchObject({ code: 'CANNOT_ANSWER' });
        });
      }
    }

    const counted = { ask: 'requests', measure: 'count', synthetic: false, limit: 50 } as const;
    const numberOf = (found: RequestSeries[]) => found[0]?.points[0]?.[1] ?? 0;
    const having = (chosen: (request: Request) => boolean) => real.filter(chosen).length;

    const narrow = { ...counted, service: 'shop', route: "/v1/o'brien/:id", status: '5xx' } as const;
    askedByRules(
      'route_and_status',
      'requests of a route, of a class of answers, of errors and of all others',
      narrow,
      async () => {
        const ofRoute = (request: Request) => request.service === narrow.service && request.route === narrow.route;
        expect(numberOf(await ask(narrow))).toBe(having((request) => ofRoute(request) && isFailed(request)));
        expect(numberOf(await ask({ ...narrow, status: '4xx' }))).toBe(
          having((request) => ofRoute(request) && request.status === 404),
        );
        expect(numberOf(await ask({ ...counted, status: 'error' }))).toBe(having(isFailed));
        expect(numberOf(await ask({ ...counted, status: 'ok' }))).toBe(having((request) => !isFailed(request)));
        expect(numberOf(await ask({ ...counted, status: '3xx' }))).toBe(0);
        const failedByRoute = await ask({ ...counted, status: 'error', group_by: 'http.route' });
        for (const { group, points } of failedByRoute) {
          expect(points[0]![1]).toBe(having((request) => request.route === group && isFailed(request)));
        }
        const names = ['service.name', 'http.route', 'http.request.method'];
        const combined = await ask({ ...counted, service: narrow.service, group_by: names });
        const own = real.filter(({ service }) => service === narrow.service);
        const sent = Map.groupBy(own, ({ service, route, method }) => groupName([service, route, method]));
        expect(new Map(combined.map(({ group, points }) => [group, points[0]![1]]))).toEqual(
          new Map([...sent].map(([group, all]) => [group, all.length])),
        );
        const [slow] = await ask({ ...counted, measure: 'p95', route: narrow.route, status: 'ok' });
        const durations = real
          .filter((request) => request.route === narrow.route && !isFailed(request))
          .map(({ durationNs }) => Number(durationNs) / 1e6);
        expectPercentile(slow!.points[0]![1], durations, 0.95, harness.percentileError ?? 0.05);
      },
    );

    const single = { ...counted, status: 404 } as const;
    askedByRules('single_status', 'requests that were answered with one status', single, async () => {
      expect(numberOf(await ask(single))).toBe(having(({ status }) => status === 404));
      expect(numberOf(await ask({ ...single, status: 418 }))).toBe(0);
    });

    const logs = { ask: 'log_counts', limit: 50 } as const;
    askedByRules('log_counts', 'numbers of log records, by service, level, words and time', logs, async () => {
      const count = async (question: Partial<Question>) =>
        (await ask({ ...logs, ...question } as Extract<Question, { ask: 'log_counts' }>))[0]!.points.map(([, n]) => n);
      const { messages } = traffic;
      expect(await count({})).toEqual([messages.length]);
      expect(await count({ service: 'billing', level: 'warn' })).toEqual([
        messages.filter(({ service, severityNumber }) => service === 'billing' && severityNumber >= 13).length,
      ]);
      expect(await count({ text: "it's" })).toEqual([messages.filter(({ text }) => text.includes("it's")).length]);
      expect(await count({ text: 'no such word' })).toEqual([0]);
      expect(await count({ service: 'nobody', interval_ms: 1_800_000 })).toEqual([0, 0]);
      const perMinute = await count({ level: 'error', interval_ms: 60_000 });
      expect(perMinute).toEqual(
        Array.from({ length: 60 }, (_, minute) => {
          const start = traffic.from + minute * 60_000;
          return messages.filter(
            ({ timeNs, severityNumber }) => severityNumber >= 17 && isWithin(timeNs, start, start + 60_000),
          ).length;
        }),
      );
      const byService = await ask({ ...logs, group_by: 'service.name' });
      expect(byService.map(({ group, points }) => [group, points[0]![1]])).toEqual(
        ['shop', 'billing'].map((name) => [name, messages.filter(({ service }) => service === name).length]),
      );
      const levels = Map.groupBy(messages, levelOf);
      const byLevel = await ask({ ...logs, group_by: 'log.level' });
      expect(new Map(byLevel.map(({ group, points }) => [group, points[0]![1]]))).toEqual(
        new Map([...levels].map(([level, all]) => [level, all.length])),
      );
      const both = Map.groupBy(messages, (message) => groupName([message.service, null, levelOf(message)]));
      const byBoth = await ask({ ...logs, group_by: ['service.name', 'no.such.attribute', 'log.level'] });
      expect(new Map(byBoth.map(({ group, points }) => [group, points[0]![1]]))).toEqual(
        new Map([...both].map(([group, all]) => [group, all.length])),
      );
      expect(await ask({ ...logs, group_by: 'no.such.attribute' })).toEqual([
        { group: null, points: [[traffic.from, messages.length]] },
      ]);
    });
  });
}

function isFailed({ status }: Request): boolean {
  return status >= 500;
}

function isWithin(ns: bigint, fromMs: number, toMs: number): boolean {
  return ns >= BigInt(fromMs) * 1_000_000n && ns < BigInt(toMs) * 1_000_000n;
}

function newestFirst(a: Message, b: Message): number {
  return a.timeNs > b.timeNs ? -1 : 1;
}

function levelOf({ severityNumber }: Message): LogRow['level'] {
  return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[Math.floor((severityNumber - 1) / 4)]!;
}

/**
 * Few values leave several right answers: methods of percentiles choose, or interpolate between, the neighbours of the
 * rank. So the value must lie between them, widened by the stated error.
 */
function expectPercentile(value: number | null, all: number[], q: number, error: number): void {
  if (all.length === 0) {
    expect(value).toBeNull();
    return;
  }
  const sorted = all.toSorted((a, b) => a - b);
  const rank = q * sorted.length;
  const lower = sorted[Math.max(0, Math.floor(rank) - 2)]!;
  const upper = sorted[Math.min(sorted.length - 1, Math.ceil(rank))]!;
  expect(value).toBeGreaterThanOrEqual(lower * (1 - error));
  expect(value).toBeLessThanOrEqual(upper * (1 + error));
}
