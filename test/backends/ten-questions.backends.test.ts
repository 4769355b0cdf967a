import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadBackend } from '../../monitoring/backends/registry.ts';
import type { Exporter } from '../../monitoring/exporter.ts';
import { OPERATOR_QUESTIONS, type OperatorQuestion, operatorQuestions } from '../../monitoring/operator-questions.ts';
import type { Reader, RequestSeries } from '../../monitoring/reader.ts';
import type { LogRow, MetricSeries, Page, Trace, TraceSummary } from '../../monitoring/telemetry.ts';
import { hourOfTraffic } from '../../monitoring/testing/hour-of-traffic.ts';
import { startElasticsearch } from './servers/elasticsearch.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import type { Server } from './servers/server.ts';

/** The same hour of data in three stores, asked the same ten questions: what they say is told side by side. */
const traffic = hourOfTraffic(Date.now() - 2 * 3_600_000);
const window = { from: traffic.from, to: traffic.to };
const questions = operatorQuestions({ trace_id: traffic.messages[5]!.traceId, counter: 'orders', text: 'slow query' });
const folder = mkdtempSync(join(tmpdir(), 'ringdown-questions-'));
const servers: Server[] = [];
const stores = new Map<string, { exporter: Exporter; reader: Reader }>();

/** How far a store may be off, as a share, by what its README states; the others agree exactly. */
const STATED_ERROR: Partial<Record<OperatorQuestion, number>> = { p95_per_route: 0.05, distinct_users: 0.05 };

beforeAll(async () => {
  const [elasticsearch, influxdb] = [await startElasticsearch(), await startInfluxdb()];
  servers.push(elasticsearch, influxdb);
  const settings = {
    embedded: {},
    elasticsearch: { url: elasticsearch.url, prefix: 'questions' },
    tick: { url: influxdb.url, database: 'questions' },
  };
  for (const [type, own] of Object.entries(settings)) {
    const { create } = await loadBackend(type);
    const { exporter, reader } = create({ name: type, type, dataDir: join(folder, type), ...own });
    stores.set(type, { exporter, reader: reader! });
    await exporter.start();
    for (const batch of traffic.batches) {
      const { retry, rejected, error } = await exporter.export(batch, AbortSignal.timeout(60_000));
      if (retry) throw error ?? new Error(`${type} handed the hour back`);
      expect(rejected).toEqual([]);
    }
  }
  await fetch(`${elasticsearch.url}/_refresh`, { method: 'POST' });
}, 900_000);

afterAll(async () => {
  for (const { exporter } of stores.values()) await exporter.shutdown(AbortSignal.timeout(5_000));
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An answer as numbers and words that can be compared, in an order of its own. */
const ESSENCE: { [Id in OperatorQuestion]: (answer: never) => (string | number | null)[] } = {
  error_rate: (answer: RequestSeries[]) => answer[0]!.points.map(([, value]) => value),
  p95_per_route: (answer: RequestSeries[]) =>
    answer.toSorted(byGroup).flatMap(({ group, points }) => [group, ...points.map(([, value]) => value)]),
  trace_by_id: (answer: Trace) => [
    ...answer.spans.flatMap(({ span_id, name, status, service }) => [span_id, name, status, service]),
    ...answer.logs.map(({ message }) => message),
  ],
  logs_of_trace: (answer: Page<LogRow>) => answer.items.flatMap(({ message, level }) => [message, level]),
  latest_errors: (answer: Page<LogRow>) => answer.items.flatMap(({ message, level }) => [message, level]),
  slowest_requests: (answer: Page<TraceSummary>) =>
    answer.items.flatMap(({ trace_id, route, status_code }) => [trace_id, route, status_code]),
  requests_per_client: (answer: RequestSeries[]) =>
    answer.toSorted(byGroup).flatMap(({ group, points }) => [group, points[0]![1]]),
  counter_rate: (answer: MetricSeries[]) => answer[0]!.points.map(([, value]) => value ?? 0),
  distinct_users: (answer: RequestSeries[]) => answer[0]!.points.map(([, value]) => value),
  text_search: (answer: Page<LogRow>) => answer.items.map(({ message }) => message),
};

function byGroup(a: RequestSeries, b: RequestSeries): number {
  return String(a.group).localeCompare(String(b.group));
}

test.each(Object.keys(OPERATOR_QUESTIONS) as OperatorQuestion[])('%s: the stores agree', async (id) => {
  const answers = new Map<string, (string | number | null)[]>();
  const took: string[] = [];
  for (const [type, { reader }] of stores) {
    const began = performance.now();
    const answer = await reader.ask(questions[id], window);
    took.push(`${type} ${(performance.now() - began).toFixed(0)} ms`);
    answers.set(type, ESSENCE[id](answer as never));
  }
  const expected = answers.get('embedded')!;
  expect(expected.length).toBeGreaterThan(0);
  let furthest = 0;
  for (const [type, found] of answers) {
    expect([type, found.length]).toEqual([type, expected.length]);
    found.forEach((value, index) => {
      const other = expected[index]!;
      if (typeof value !== 'number' || typeof other !== 'number')
        expect([type, index, value]).toEqual([type, index, other]);
      else if (id === 'p95_per_route') expectBetween(value, index);
      else {
        const off = other === 0 ? Math.abs(value) : Math.abs(value / other - 1);
        furthest = Math.max(furthest, off);
        expect(off).toBeLessThanOrEqual(STATED_ERROR[id] ?? 1e-6);
      }
    });
  }
  console.info(
    `${OPERATOR_QUESTIONS[id]}: ${took.join(', ')}${furthest > 1e-6 ? `; up to ${(furthest * 100).toFixed(1)} % apart` : ''}`,
  );
});

/**
 * Twelve requests of a route in a minute have no one 95th percentile: methods take the last value, the one before it, or one
 * in between. So a value must lie between the neighbours of the rank, widened by the stated error.
 */
function expectBetween(value: number, index: number): void {
  const routes = [...new Set(traffic.requests.filter(({ synthetic }) => !synthetic).map(({ route }) => route))].sort(
    (a, b) => a.localeCompare(b),
  );
  const route = routes[Math.floor(index / 61)]!;
  const from = BigInt(traffic.from + ((index % 61) - 1) * 60_000) * 1_000_000n;
  const durations = traffic.requests
    .filter((request) => request.route === route && !request.synthetic)
    .filter(({ startNs }) => startNs >= from && startNs < from + 60_000_000_000n)
    .map(({ durationNs }) => Number(durationNs) / 1e6)
    .sort((a, b) => a - b);
  const rank = 0.95 * durations.length;
  const error = STATED_ERROR.p95_per_route!;
  expect(value).toBeGreaterThanOrEqual(durations[Math.max(0, Math.floor(rank) - 2)]! * (1 - error));
  expect(value).toBeLessThanOrEqual(durations[Math.min(durations.length - 1, Math.ceil(rank))]! * (1 + error));
}
