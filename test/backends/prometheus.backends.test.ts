import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { createPrometheus } from '../../monitoring/backends/prometheus/index.ts';
import type { Batch, Exporter, SpoolRecord } from '../../monitoring/exporter.ts';
import { encodeTraces } from '../../monitoring/otlp/encode-traces.ts';
import { type DecodedSpan, decodeTraces } from '../../monitoring/otlp/index.ts';
import type { Reader } from '../../monitoring/reader.ts';
import { describeReader, type ReadableDestination } from '../../monitoring/testing/describe-reader.ts';
import { batchOf, type SpanSeed, spansRecord, statsdRecord } from '../../monitoring/testing/payloads.ts';
import { installPromtool } from './install/prometheus.ts';
import { startPrometheus } from './servers/prometheus.ts';
import { freePort, type Server } from './servers/server.ts';
import { verifies } from './verified.ts';

const forever = new AbortController().signal;
const TOKEN = 'a-scrape-token';
const FLAGS = ['--enable-feature=exemplar-storage', '--storage.tsdb.retention.time=10y'];

let promtool: string;

beforeAll(async () => {
  promtool = await installPromtool();
});

describe('a Prometheus that scrapes', () => {
  let folder: string;
  let server: Server;
  let made: ReturnType<typeof createPrometheus>;
  let position = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringdown-scraped-'));
    const listen = `127.0.0.1:${await freePort()}`;
    server = await startPrometheus({
      config: JSON.stringify({
        scrape_configs: [
          {
            job_name: 'ringdown-telemetry',
            honor_labels: true,
            scrape_interval: '1s',
            authorization: { credentials: TOKEN },
            static_configs: [{ targets: [listen] }],
          },
        ],
      }),
      flags: FLAGS,
    });
    verifies({ backend: 'prometheus', against: 'real', by: `Prometheus ${server.version}` });
    const settings = {
      name: 'prometheus',
      type: 'prometheus',
      dataDir: folder,
      listen,
      token: TOKEN,
      query_url: server.url,
    };
    made = createPrometheus(settings, systemClock);
    await made.exporter.start();
  });

  afterAll(async () => {
    await made?.exporter.shutdown(forever);
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(path: string, parameters: Record<string, string>): Promise<unknown> {
    const answer = await fetch(`${server.url}${path}?${new URLSearchParams(parameters)}`);
    return ((await answer.json()) as { data: unknown }).data;
  }

  /** The value of a query once there is one that fits. */
  async function awaited(query: string, fits: (value: number) => boolean): Promise<number> {
    for (;;) {
      const { result } = (await ask('/api/v1/query', { query })) as { result: { value: [number, string] }[] };
      const value = Number(result[0]?.value[1]);
      if (fits(value)) return value;
      await wait(200);
    }
  }

  async function send(...records: SpoolRecord[]): Promise<void> {
    const exported = await made.exporter.export(batchOf(...records), forever);
    expect(exported).toMatchObject({ rejected: [] });
    expect(exported.retry).toBeUndefined();
  }

  const placed = () => ({ position: position++, receivedAt: Date.now() });
  const traceId = 'ab'.repeat(16);
  const request = (index: number, status: number): SpanSeed => ({
    traceId,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    startNs: BigInt(Date.now()) * 1_000_000n,
    durationNs: BigInt(index + 1) * 1_000_000n,
    attributes: { 'http.request.method': 'GET', 'http.route': '/v1/posts', 'http.response.status_code': status },
  });

  test('holds counters, gauges and histograms as they were sent', async () => {
    await send(
      statsdRecord(placed(), ['orders:2|c|#shop:a"b', 'orders:3|c|#shop:a"b', 'level:7|g', 'wait:5|ms', 'wait:50|ms']),
    );
    expect(await awaited('orders_total{shop="a\\"b"}', (value) => value > 0)).toBe(5);
    expect(await awaited('level', (value) => value > 0)).toBe(7);
    expect(await awaited('wait_milliseconds_bucket{le="8"}', (value) => value > 0)).toBe(1);
    expect(await awaited('wait_milliseconds_count', (value) => value > 0)).toBe(2);
  });

  test('counts requests of spans, and a bucket leads to a trace that fell into it', async () => {
    const spans = Array.from({ length: 100 }, (_, index) => request(index, index < 7 ? 503 : 200));
    await send(spansRecord(placed(), spans, { 'service.name': 'shop' }));
    const count = 'sum(ringdown_request_duration_seconds_count{service_name="shop"})';
    expect(await awaited(count, (value) => value > 0)).toBe(100);
    expect(await awaited('ringdown_request_duration_seconds_count{status_class="5xx"}', (value) => value > 0)).toBe(7);
    const now = Date.now() / 1_000;
    const exemplars = (await ask('/api/v1/query_exemplars', {
      query: 'ringdown_request_duration_seconds_bucket',
      start: String(now - 600),
      end: String(now + 600),
    })) as { exemplars: { labels: Record<string, string> }[] }[];
    const traces = exemplars.flatMap((series) => series.exemplars.map(({ labels }) => labels.trace_id));
    expect(traces.length).toBeGreaterThan(3);
    expect(new Set(traces)).toEqual(new Set([traceId]));
  });

  test('sees what comes again once, and counters go on after a restart of the relay', async () => {
    const batch = batchOf(statsdRecord(placed(), ['kept:5|c']));
    await made.exporter.export(batch, forever);
    await made.exporter.export(batch, forever);
    expect(await awaited('kept_total', (value) => value > 0)).toBe(5);
    await made.exporter.shutdown(forever);
    await made.exporter.start();
    await made.exporter.export(batch, forever);
    await send(statsdRecord(placed(), ['kept:1|c']));
    expect(await awaited('kept_total', (value) => value > 5)).toBe(6);
    expect(await awaited('resets(kept_total[10m])', (value) => value >= 0)).toBe(0);
  });

  test('is killed and comes back: what was counted meanwhile is told', async () => {
    await send(statsdRecord(placed(), ['steady:1|c']));
    await awaited('steady_total', (value) => value > 0);
    await server.kill();
    for (let index = 0; index < 10; index++) await send(statsdRecord(placed(), ['steady:1|c']));
    await server.restart();
    expect(await awaited('steady_total', (value) => value > 1)).toBe(11);
  });

  test('its reader knows the routes and metrics of now', async () => {
    const window = { from: Date.now() - 120_000, to: Date.now() + 5_000 };
    expect(await made.reader!.ask({ ask: 'routes' }, window)).toMatchObject([
      { service: 'shop', method: 'GET', route: '/v1/posts', count: 100, errors: 7 },
    ]);
    const [route] = await made.reader!.ask({ ask: 'routes', service: 'shop', route: '/v1/posts' }, window);
    expect(Math.abs(route!.p50_ms / 50 - 1)).toBeLessThan(0.42);
    const names = await made.reader!.ask({ ask: 'metric_names' }, window);
    expect(names).toContainEqual({ name: 'orders', unit: '', type: 'sum' });
    expect(names).toContainEqual({ name: 'wait_milliseconds', unit: 'ms', type: 'histogram' });
    const waits = await made.reader!.ask(
      { ask: 'metric', name: 'wait', aggregate: 'count', interval_ms: 300_000 },
      window,
    );
    expect(waits[0]!.points.reduce((sum, [, value]) => sum + (value ?? 0), 0)).toBe(2);
  });

  test('the page passes promtool', async () => {
    const { status, stderr, stdout } = spawnSync(promtool, ['check', 'metrics'], { input: made.exporter.page('text') });
    // Its advice on names is about what others chose; what cannot be read ends with 1.
    expect([String(stdout), String(stderr), status]).toEqual([
      expect.any(String),
      expect.not.stringMatching(/error/i),
      expect.not.stringMatching('1'),
    ]);
    expect([0, 3]).toContain(status);
  });

  test('deploy/prometheus/prometheus.yml is a configuration', () => {
    const file = join(folder, 'prometheus.yml');
    // The token files are the user's.
    writeFileSync(join(folder, 'token'), 'x');
    const text = readFileSync(join(import.meta.dirname, '../../deploy/prometheus/prometheus.yml'), 'utf8');
    writeFileSync(file, text.replaceAll('/etc/prometheus/ringdown-token', join(folder, 'token')));
    expect(String(execFileSync(promtool, ['check', 'config', file]))).toContain('SUCCESS');
  });
});

/**
 * Prometheus stamps what it fetches with the time of the fetch, so that an hour of the past cannot be scraped. The hour is
 * exported minute by minute on a clock moved by hand, the page is read as at a scrape a minute, and promtool makes blocks
 * of it that a real Prometheus then serves.
 */
const MINUTE_MS = 60_000;

describeReader('prometheus (an hour of pages, scraped by the minute)', {
  percentileError: Math.SQRT2 - 1,
  cannot: [
    'trace_by_id',
    'logs_of_trace',
    'latest_errors',
    'slowest_requests',
    'requests_per_client',
    'distinct_users',
    'text_search',
  ],
  cannotForRules: ['log_counts', 'single_status'],
  async prepare(folder): Promise<ReadableDestination> {
    const server = await startPrometheus({ config: '{}', flags: FLAGS });
    const collected: Batch[] = [];
    const settings = {
      name: 'prometheus',
      type: 'prometheus',
      dataDir: folder,
      listen: '127.0.0.1:0',
      query_url: server.url,
    };
    const clock = new VirtualClock(0);
    const { exporter, reader } = createPrometheus(settings, clock);
    const collecting: Exporter = {
      start: () => exporter.start(),
      async export(batch) {
        collected.push(batch);
        return { accepted: {}, rejected: [] };
      },
      shutdown: (abort) => exporter.shutdown(abort),
    };
    return {
      exporter: collecting,
      reader: reader as Reader,
      async settle() {
        const page = await scrapeByTheMinute(
          exporter,
          clock,
          collected.flatMap(({ records }) => records),
        );
        const file = join(folder, 'page.txt');
        writeFileSync(file, page);
        const blocks = join(folder, 'blocks');
        execFileSync(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', file, blocks], { stdio: 'pipe' });
        await server.kill();
        for (const block of readdirSync(blocks)) {
          cpSync(join(blocks, block), join(server.folder, 'data', block), { recursive: true });
        }
        await server.restart();
      },
      close: () => server.stop(),
    };
  },
});

async function scrapeByTheMinute(
  exporter: ReturnType<typeof createPrometheus>['exporter'],
  clock: VirtualClock,
  records: readonly SpoolRecord[],
): Promise<string> {
  const minuteOf = (ms: number) => Math.floor(ms / MINUTE_MS);
  const spans = Map.groupBy(
    records.filter(({ signal }) => signal === 'traces').flatMap(({ bytes }) => decodeTraces(bytes)),
    ({ startNs }) => minuteOf(Number(startNs / 1_000_000n)),
  );
  const lines = Map.groupBy(
    records.filter(({ encoding }) => encoding === 'statsd'),
    ({ receivedAt }) => minuteOf(receivedAt),
  );
  const minutes = [...new Set([...spans.keys(), ...lines.keys()])].sort((a, b) => a - b);
  const parts: string[] = [];
  let position = 0;
  for (const minute of minutes) {
    const placed = (record: Omit<SpoolRecord, 'position'>): SpoolRecord => ({ ...record, position: position++ });
    const receivedAt = minute * MINUTE_MS;
    clock.step(receivedAt - clock.now());
    const own: DecodedSpan[] = spans.get(minute) ?? [];
    const batch = batchOf(
      placed({ signal: 'traces', encoding: 'otlp', items: own.length, receivedAt, bytes: encodeTraces(own) }),
      ...(lines.get(minute) ?? []).map(placed),
    );
    expect((await exporter.export(batch, forever)).rejected).toEqual([]);
    const scrapedAt = (minute + 1) * MINUTE_MS;
    clock.step(scrapedAt - clock.now());
    for (const line of exporter.page('text').split('\n')) {
      if (line !== '' && !line.startsWith('#')) parts.push(`${line} ${scrapedAt / 1_000}\n`);
    }
  }
  return `${parts.join('')}# EOF\n`;
}
