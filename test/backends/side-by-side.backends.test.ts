import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { List } from '../../control/resources.ts';
import type { RequestSeries } from '../../monitoring/reader.ts';
import type { BackendStatus, LedgerRow, MetricSeries } from '../../monitoring/telemetry.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';
import { Load } from './load.ts';
import { startCollector } from './servers/collector.ts';
import { startElasticsearch } from './servers/elasticsearch.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import { startMoto } from './servers/moto.ts';
import type { Server } from './servers/server.ts';
import { verified } from './verified.ts';

/** The API under load with every backend on, while each of them is restarted, paused and killed in turn. */
const LOAD_SECONDS = Number(process.env.RINGDOWN_LOAD_SECONDS ?? 120);
const REQUESTS_PER_SECOND = 200;
const DRAINED_WITHIN_MS = 180_000;
const PHASE_MS = 20_000;
/** A StatsD counter of the API: one for each request. */
const REQUESTS = 'http.server.requests';
const LOAD_PATH = '/v1/posts/load-';
const LOAD_SPANS = { prefix: { 'url.path': LOAD_PATH } };

/** A composite aggregation's answer. */
interface Paths {
  buckets: { key: { path: string }; doc_count: number }[];
  after_key?: object;
}

const SCENARIO = `version: 1
id: health
name: The API is up
service: reference-api
schedule: { every: 5s }
retry: { times: 1, delay: 100ms }
steps:
  - { name: asking, request: GET /healthz }
`;

const folder = temporaryFolder();
const servers: Record<'elk' | 'tick' | 'collector' | 'aws', Server> = {} as never;
let watcher: Running;
let load: Load;

beforeAll(async () => {
  servers.elk = await startElasticsearch();
  servers.tick = await startInfluxdb();
  servers.collector = await startCollector();
  servers.aws = await startMoto();
  writeFileSync(join(folder.path, 'health.scenario.yaml'), SCENARIO);
  watcher = await Running.start({
    command: 'up',
    folder: folder.path,
    config: `version: 1
scenarios: ["*.scenario.yaml"]
backends:
  - { name: local, type: embedded }
  - { name: elk, type: elasticsearch, url: "${servers.elk.url}", queue: { timeout: 10s } }
  - { name: tick, type: tick, url: "${servers.tick.url}", queue: { timeout: 10s } }
  - { name: collector, type: otlp, url: "${servers.collector.url}", queue: { timeout: 10s } }
  - { name: aws, type: cloudwatch, url: "${servers.aws.url}", region: eu-west-1, queue: { timeout: 10s } }
`,
    env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  });
}, 900_000);

afterAll(async () => {
  await load?.stop();
  await watcher?.stop();
  for (const server of Object.values(servers)) await server.stop();
  folder.remove();
}, 60_000);

const ledger = async () => (await watcher.api<List<BackendStatus>>('/api/v1/backends')).items;

/** What a backend's ledger says of all signals together, or of one. */
function total(rows: readonly LedgerRow[], outcome: keyof LedgerRow, signal?: LedgerRow['signal']): number {
  return rows.filter((row) => !signal || row.signal === signal).reduce((sum, row) => sum + (row[outcome] as number), 0);
}

/** The API sends what it recorded each half second: waits until the last of it is somewhere. */
async function exported(): Promise<void> {
  for (const end = performance.now() + DRAINED_WITHIN_MS; performance.now() < end; await wait(500)) {
    await elasticsearch('/traces-*/_refresh');
    const { count } = await elasticsearch<{ count: number }>('/traces-*/_count', { query: LOAD_SPANS });
    if (count >= load.sent) return;
  }
}

/** Asks again until nothing is pending for traces and logs, and a backend's metrics stand still while it is counted. */
async function settled(): Promise<BackendStatus[]> {
  const end = performance.now() + DRAINED_WITHIN_MS;
  for (;;) {
    const items = await ledger();
    if (items.every(({ ledger: rows }) => total(rows, 'pending') === 0)) return items;
    if (performance.now() > end) {
      const pending = items.map(({ name, ledger: rows, last_error }) => [name, total(rows, 'pending'), last_error]);
      throw new Error(`not drained: ${JSON.stringify(pending)}`);
    }
    await wait(250);
  }
}

async function elasticsearch<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(servers.elk.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function influx(query: string): Promise<unknown[][]> {
  const response = await fetch(`${servers.tick.url}/query?db=ringdown&epoch=ns&q=${encodeURIComponent(query)}`);
  const { results } = (await response.json()) as { results: { series?: { values: unknown[][] }[]; error?: string }[] };
  if (results[0]?.error) throw new Error(results[0].error);
  return (results[0]?.series ?? []).flatMap(({ values }) => values);
}

describe('every backend on, each restarted, paused and killed in turn', () => {
  test(`${LOAD_SECONDS} s of load: no event is lost, none is counted twice, and the ledger says so`, async () => {
    load = new Load(watcher.ready.api_url!, REQUESTS_PER_SECOND);
    load.start();
    const faults = Object.values(servers).flatMap((server) => [
      () => server.restart(),
      async () => {
        server.pause();
        await wait((LOAD_SECONDS * 1_000) / 24);
        server.resume();
      },
      async () => {
        await server.kill();
        await wait((LOAD_SECONDS * 1_000) / 48);
        await server.restart();
      },
    ]);
    const began = performance.now();
    for (const [index, fault] of faults.entries()) {
      const due = began + ((index + 0.5) / faults.length) * LOAD_SECONDS * 1_000;
      await wait(Math.max(0, due - performance.now()));
      await fault();
    }
    await wait(Math.max(0, began + LOAD_SECONDS * 1_000 - performance.now()));
    await load.stop();
    expect(load.failed).toEqual([]);

    await exported();
    const backends = await settled();
    for (const { name, ledger: rows } of backends) {
      for (const row of rows) {
        const { received, delivered, pending, rejected, dropped, filtered } = row;
        const where = `${name} ${row.signal}`;
        expect([where, received]).toEqual([where, delivered + pending + rejected + dropped + filtered]);
        expect([where, rejected, dropped]).toEqual([where, 0, 0]);
      }
    }
    await expectEveryRequestOnce();
    const [spansHeld, logsHeld] = await expectCountsOfElasticsearch();
    const influxHeld = await expectCountsOfInfluxdb();
    await expectEveryRequestCounted();
    console.info(
      `${load.sent} requests in ${LOAD_SECONDS} s, ${faults.length} faults; Elasticsearch holds ${spansHeld} spans and ${logsHeld} logs, InfluxDB ${influxHeld} spans, as their ledgers say; p50 ${load.quantile(0.5).toFixed(1)} ms, p99 ${load.quantile(0.99).toFixed(1)} ms`,
    );
    for (const [backend, server, software] of [
      ['elasticsearch', servers.elk, 'Elasticsearch'],
      ['tick', servers.tick, 'InfluxDB'],
    ] as const) {
      verified({
        backend,
        feature: 'under load, restarted, paused and killed: counts equal the ledger, nothing twice',
        against: 'real',
        by: `${software} ${server.version}`,
      });
    }
  });

  /** The number of each request stands in its span's path: every one is there, and is there once. */
  async function expectEveryRequestOnce(): Promise<void> {
    const everyNumber = Array.from({ length: load.sent }, (_, number) => number);
    expect(await numbersInElasticsearch()).toEqual(everyNumber);
    const paths = await influx(`SELECT attributes FROM spans WHERE attributes =~ /load-/`);
    const numbers = paths.map(([, text]) => Number(/load-(\d+)/.exec(String(text))![1]));
    expect(numbers.sort((a, b) => a - b)).toEqual(everyNumber);
  }

  /** A number that is held twice comes twice. */
  async function numbersInElasticsearch(): Promise<number[]> {
    await elasticsearch('/traces-*/_refresh');
    const numbers: number[] = [];
    let after: object | undefined;
    do {
      const { aggregations } = await elasticsearch<{ aggregations: { paths: Paths } }>('/traces-*/_search', {
        size: 0,
        query: LOAD_SPANS,
        aggs: {
          paths: {
            composite: { size: 10_000, sources: [{ path: { terms: { field: 'url.path' } } }], ...(after && { after }) },
          },
        },
      });
      for (const { key, doc_count } of aggregations.paths.buckets) {
        numbers.push(...Array<number>(doc_count).fill(Number(key.path.slice(LOAD_PATH.length))));
      }
      after = aggregations.paths.after_key;
    } while (after);
    return numbers.sort((a, b) => a - b);
  }

  async function expectCountsOfElasticsearch(): Promise<number[]> {
    const held: number[] = [];
    // A document holds several StatsD lines, so metrics are held to the other stores by their sums.
    for (const signal of ['traces', 'logs'] as const)
      held.push(await expectCount('elk', signal, () => countDocuments(signal)));
    return held;
  }

  async function countDocuments(signal: string): Promise<number> {
    await elasticsearch(`/${signal}-ringdown.*/_refresh`);
    return (await elasticsearch<{ count: number }>(`/${signal}-ringdown.*/_count`)).count;
  }

  async function expectCountsOfInfluxdb(): Promise<number> {
    return await expectCount('tick', 'traces', async () => {
      const [row] = await influx('SELECT count(duration_ns) FROM spans');
      return row![1] as number;
    });
  }

  /** StatsD counted every request, and no store has more of them than there were. */
  async function expectEveryRequestCounted(): Promise<void> {
    const from = `from=${new Date(Date.now() - 3_600_000).toISOString()}`;
    const sums = `name=${REQUESTS}&aggregate=sum&interval_ms=3600000&${from}`;
    for (const backend of ['local', 'elk', 'tick']) {
      const counted = () => sum<MetricSeries>(`metrics?backend=${backend}&${sums}`);
      let found = await counted();
      // The API sends its counters each second, the last of them after the last request.
      for (const end = performance.now() + 30_000; found < load.sent && performance.now() < end; await wait(500))
        found = await counted();
      const served = await sum<RequestSeries>(`requests?backend=local&measure=count&${from}`);
      expect([backend, found >= load.sent, found <= served]).toEqual([backend, true, true]);
    }
  }

  async function sum<Series extends { points: [number, number | null][] }>(question: string): Promise<number> {
    const { items } = await watcher.api<List<Series>>(`/api/v1/telemetry/${question}`);
    return items.flatMap(({ points }) => points).reduce((total, [, value]) => total + (value ?? 0), 0);
  }

  /** The watcher's own telemetry goes on, so a count is held to a ledger that was the same before and after it. */
  async function expectCount(
    backend: string,
    signal: LedgerRow['signal'],
    count: () => Promise<number>,
  ): Promise<number> {
    const delivered = async () => {
      const rows = (await ledger()).find(({ name }) => name === backend)!.ledger;
      return { delivered: total(rows, 'delivered', signal), pending: total(rows, 'pending', signal) };
    };
    for (;;) {
      const before = await delivered();
      const held = await count();
      const after = await delivered();
      if (before.pending > 0 || after.pending > 0 || before.delivered !== after.delivered) continue;
      expect([backend, signal, held]).toEqual([backend, signal, before.delivered]);
      return held;
    }
  }
});

test('one backend dead for the whole time changes neither the API’s latency nor the others’ lag', async () => {
  const phases: { dead: boolean; p99: number; lag: number }[] = [];
  for (const dead of [false, true, false, true]) {
    if (dead) await servers.elk.kill();
    const steady = new Load(watcher.ready.api_url!, REQUESTS_PER_SECOND);
    steady.start();
    // The first seconds of a fault are the fault's; what is compared is the state after them.
    await wait(PHASE_MS / 4);
    const from = steady.latencies.length;
    const lags: number[] = [];
    for (const end = performance.now() + PHASE_MS; performance.now() < end; await wait(500)) {
      const healthy = (await ledger()).filter(({ name }) => name !== 'elk');
      lags.push(Math.max(...healthy.map(({ lag_seconds }) => lag_seconds)));
    }
    const p99 = steady.quantile(0.99, from);
    await steady.stop();
    phases.push({ dead, p99, lag: lags.sort((a, b) => a - b)[Math.floor(lags.length * 0.9)]! });
    if (dead) {
      await servers.elk.restart();
      await settled();
    }
  }
  const of = (dead: boolean, key: 'p99' | 'lag') =>
    phases.filter((phase) => phase.dead === dead).reduce((sum, phase) => sum + phase[key] / 2, 0);
  console.info(
    `all healthy: p99 ${of(false, 'p99').toFixed(1)} ms, lag ${of(false, 'lag').toFixed(2)} s; Elasticsearch dead: p99 ${of(true, 'p99').toFixed(1)} ms, lag ${of(true, 'lag').toFixed(2)} s`,
  );
  // Far above the noise of a busy machine, far below what waiting for a dead backend would cost.
  expect(of(true, 'p99')).toBeLessThan(2 * of(false, 'p99') + 100);
  expect(of(true, 'lag')).toBeLessThan(of(false, 'lag') + 5);
  const elk = (await ledger()).find(({ name }) => name === 'elk')!;
  expect(elk.healthy).toBe(true);
  expect(total(elk.ledger, 'dropped')).toBe(0);
});
