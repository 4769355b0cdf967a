import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { createEmbedded } from '../../monitoring/backends/embedded/index.ts';
import type { Question, TimeRange } from '../../monitoring/reader.ts';
import { batchOf } from '../../monitoring/testing/payloads.ts';
import type { Report, Suite, SuiteOptions } from '../suite.ts';
import { serverSpans } from './payloads.ts';

const PER_RECORD = 512;
const RECORDS_IN_BATCH = 16;
const HOUR_NS = 3_600_000_000_000n;
const forever = new AbortController().signal;

const QUESTIONS: { name: string; question: (traceId: string) => Question }[] = [
  { name: 'trace by id', question: (trace_id) => ({ ask: 'trace', trace_id }) },
  { name: 'latest 50 requests', question: () => ({ ask: 'traces', order: 'latest', limit: 50 }) },
  { name: 'latest 50 errors', question: () => ({ ask: 'traces', order: 'latest', errors_only: true, limit: 50 }) },
  {
    name: 'slowest 50 of a route',
    question: () => ({ ask: 'traces', order: 'slowest', route: '/v1/feed', limit: 50 }),
  },
  { name: 'table of routes (rollups)', question: () => ({ ask: 'routes', synthetic: false }) },
  {
    name: 'p95 per route and minute (rollups)',
    question: () => ({
      ask: 'metric',
      name: 'http.server.request.duration',
      aggregate: 'p95',
      group_by: 'http.route',
      interval_ms: 60_000,
    }),
  },
];

/** The embedded store alone; beside Elasticsearch it is measured by `ringdown compare`, which needs a server. */
export const suite: Suite = {
  title: 'Embedded store',
  run: async ({ quick, progress }) => {
    const folder = mkdtempSync(join(tmpdir(), 'ringdown-bench-store-'));
    try {
      return await measure(folder, quick, progress);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(dataDir: string, quick: boolean, progress: SuiteOptions['progress']): Promise<Report> {
  const rounds = quick ? 2 : 6;
  const recordCount = 160;
  const perRound = recordCount * PER_RECORD;
  const startNs = BigInt(Date.now()) * 1_000_000n - HOUR_NS;
  const { exporter, reader, store } = createEmbedded({ name: 'bench', type: 'embedded', dataDir }, systemClock);
  await exporter.start();
  const costs: number[] = [];
  let rss = 0;
  for (let round = 0; round < rounds; round++) {
    const records = serverSpans(round, recordCount, PER_RECORD, startNs, HOUR_NS / BigInt(perRound));
    const before = process.cpuUsage();
    for (let from = 0; from < recordCount; from += RECORDS_IN_BATCH) {
      const batch = records.slice(from, from + RECORDS_IN_BATCH).map((record, index) => ({
        ...record,
        position: round * recordCount + from + index,
      }));
      const exported = await exporter.export(batchOf(...batch), forever);
      if (exported.retry) throw exported.error;
    }
    const used = process.cpuUsage(before);
    costs.push((used.user + used.system) / perRound);
    rss = Math.max(rss, process.memoryUsage.rss());
    progress(`round ${round + 1}: ${costs.at(-1)!.toFixed(2)} µs CPU per span`);
  }
  await store.upkeep();
  const now = Date.now();
  const window = { from: now - 4_000_000, to: now + 1_000 };
  const latest = await reader.ask({ ask: 'traces', order: 'latest', limit: 1 }, window);
  const rows: string[][] = [];
  for (const { name, question } of QUESTIONS) {
    const times = await timed(question(latest.items[0]!.trace_id), window, reader, quick ? 3 : 7);
    rows.push([name, `${median(times).toFixed(0)} ms`]);
  }
  await exporter.shutdown(forever);
  const total = rounds * perRound;
  const bytes = readdirSync(dataDir).reduce((sum, file) => sum + statSync(join(dataDir, file)).size, 0) / total;
  const cost = median(costs);
  return {
    method: [
      `${total} SERVER spans with nine attributes, of one hour, in OTLP records of ${PER_RECORD}, ${RECORDS_IN_BATCH} records to a transaction.`,
      'CPU of the whole process by the system’s accounting: decoding, commit with fsync, folding up and rollups included; median of the rounds.',
      'Questions go through the reader over the whole hour, everything in one file; medians.',
    ],
    versions: { '@duckdb/node-api': versionOf('@duckdb/node-api') },
    table: {
      columns: ['measure', 'value'],
      rows: [
        ['CPU per span stored', `${cost.toFixed(2)} µs`],
        ['on disk per span', `${bytes.toFixed(0)} B`],
        ['memory of the process at most', `${(rss / 1e6).toFixed(0)} MB`],
        ...rows,
      ],
    },
    findings: [
      `Target 6 µs CPU per span: ${cost <= 6 ? 'held' : 'missed'}. Target 110 B per span: ${bytes <= 110 ? 'held' : 'missed'}.`,
      'Elasticsearch answers a trace by its id faster (it has an index per term, we scan two columns), and text search scales with its index where ours scans.',
    ],
  };
}

async function timed(
  question: Question,
  window: TimeRange,
  reader: ReturnType<typeof createEmbedded>['reader'],
  times: number,
): Promise<number[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    const start = performance.now();
    await reader.ask(question, window);
    taken.push(performance.now() - start);
  }
  return taken;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
