import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PEER_CERTIFICATE } from '../../test/support/agent-peers.ts';
import type { Report, Suite, SuiteOptions } from '../suite.ts';
import { Child } from './child.ts';
import type { Listening, Received } from './collector.ts';
import { BASELINE, isInstrumented, isVendorAgent, LEGS, type Leg, TITLES } from './legs.ts';

const CONNECTIONS = 32;
const WARM_UP_REQUESTS = 30_000;
/** Longer than any leg's export interval but stock's metrics: what a round recorded leaves within its measurement. */
const DRAIN_MS = 700;
/** What the agents of vendors are told to send each second, or each five. */
const VENDOR_DRAIN_MS = 1500;
const STOCK_DRAIN_MS = 5500;

interface Round {
  cpuPerRequest: number;
  requestsPerSecond: number;
  p99Ms: number;
}

/** CPU that instrumentation adds to a request, every request traced. */
export const suite: Suite = {
  title: 'Instrumentation: CPU per request',

  async run({ quick, progress }: SuiteOptions): Promise<Report> {
    const rounds = quick ? 2 : 7;
    const requests = quick ? 20_000 : 30_000;
    const collector = new Child('collector.ts');
    const load = new Child('load.ts');
    const listening = await collector.next<Listening>();
    const { port, statsdPort } = listening;
    const folder = mkdtempSync(join(tmpdir(), 'ringdown-bench-'));
    writeFileSync(join(folder, 'peer.pem'), PEER_CERTIFICATE);
    const servers = new Map<Leg, { child: Child; port: number; sent: number; rounds: Round[] }>();
    try {
      for (const leg of LEGS) {
        const args = [leg, `http://127.0.0.1:${port}/${leg}`, String(statsdPort)];
        const child = new Child('server.ts', args, agentSettings(leg, listening, join(folder, 'peer.pem')));
        servers.set(leg, { child, port: (await child.next<{ port: number }>()).port, sent: 0, rounds: [] });
      }
      const cpu = async (child: Child) => (await child.ask<{ cpuMicros: number }>('cpu')).cpuMicros;
      const fire = (leg: Leg, count: number) => {
        const server = servers.get(leg)!;
        server.sent += count;
        return load.ask<{ seconds: number; p99Ms: number }>({
          port: server.port,
          connections: CONNECTIONS,
          requests: count,
        });
      };
      for (const leg of LEGS) await fire(leg, WARM_UP_REQUESTS);
      await pause(DRAIN_MS);
      for (let round = 0; round < rounds; round++) {
        // Another order each round, so that no leg always follows the same neighbour.
        const order = LEGS.map((_, index) => LEGS[(index + round) % LEGS.length]!);
        for (const leg of order) {
          const server = servers.get(leg)!;
          const before = await cpu(server.child);
          const { seconds, p99Ms } = await fire(leg, requests);
          if (isInstrumented(leg)) await pause(isVendorAgent(leg) ? VENDOR_DRAIN_MS : DRAIN_MS);
          const spent = (await cpu(server.child)) - before;
          server.rounds.push({ cpuPerRequest: spent / requests, requestsPerSecond: requests / seconds, p99Ms });
          progress(`round ${round + 1}/${rounds} ${leg}: ${(spent / requests).toFixed(2)} µs a request`);
        }
      }
      await pause(STOCK_DRAIN_MS);
      const { counts } = await collector.ask<{ counts: Partial<Record<Leg, Received>> }>('counts');
      return report(servers, counts, rounds, requests);
    } finally {
      for (const { child } of servers.values()) child.stop();
      load.stop();
      collector.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Agents read the environment. Elastic's queue is emptied each second, New Relic's when its collector says. */
function agentSettings(leg: Leg, { elasticApmPort, newRelicPort }: Listening, certificate: string): NodeJS.ProcessEnv {
  if (leg === 'elastic-apm') {
    return {
      ELASTIC_APM_SERVER_URL: `http://127.0.0.1:${elasticApmPort}`,
      ELASTIC_APM_SERVICE_NAME: 'bench',
      ELASTIC_APM_API_REQUEST_TIME: '1s',
      ELASTIC_APM_LOG_LEVEL: 'off',
      ELASTIC_APM_CLOUD_PROVIDER: 'none',
    };
  }
  if (leg !== 'newrelic') return {};
  return {
    NEW_RELIC_LICENSE_KEY: '0'.repeat(40),
    NEW_RELIC_APP_NAME: 'bench',
    NEW_RELIC_HOST: 'localhost',
    NEW_RELIC_PORT: String(newRelicPort),
    NEW_RELIC_LOG: 'stderr',
    NEW_RELIC_LOG_LEVEL: 'fatal',
    NODE_EXTRA_CA_CERTS: certificate,
    NEW_RELIC_UTILIZATION_DETECT_AWS: 'false',
    NEW_RELIC_UTILIZATION_DETECT_AZURE: 'false',
    NEW_RELIC_UTILIZATION_DETECT_GCP: 'false',
  };
}

type Servers = Map<Leg, { sent: number; rounds: Round[] }>;

function report(servers: Servers, counts: Partial<Record<Leg, Received>>, rounds: number, requests: number): Report {
  const cost = new Map(LEGS.map((leg) => [leg, median(servers.get(leg)!.rounds.map((round) => round.cpuPerRequest))]));
  // The difference is taken within each round, so that what slowed the whole machine down cancels out.
  const addedOf = (leg: Leg) =>
    median(
      servers
        .get(leg)!
        .rounds.map((round, index) => round.cpuPerRequest - servers.get(BASELINE[leg])!.rounds[index]!.cpuPerRequest),
    );
  const kept = (leg: Leg) => (counts[leg]?.serverSpans ?? 0) / servers.get(leg)!.sent;
  const rows = LEGS.map((leg) => [
    TITLES[leg],
    cost.get(leg)!.toFixed(1),
    Math.min(...servers.get(leg)!.rounds.map((round) => round.cpuPerRequest)).toFixed(1),
    BASELINE[leg] === leg ? '–' : addedOf(leg).toFixed(1),
    `${(cost.get(leg)! / cost.get('plain')!).toFixed(2)} ×`,
    Math.round(median(servers.get(leg)!.rounds.map((round) => round.requestsPerSecond))).toLocaleString('en'),
    median(servers.get(leg)!.rounds.map((round) => round.p99Ms)).toFixed(2),
    isInstrumented(leg) ? `${counts[leg]?.serverSpans ?? 0} of ${servers.get(leg)!.sent}` : '–',
    isInstrumented(leg) && counts[leg] ? Math.round(counts[leg].bytes / servers.get(leg)!.sent).toString() : '–',
  ]);
  const verdict = (leg: Leg, target: number) => {
    const added = addedOf(leg);
    return `${TITLES[leg]}: ${added.toFixed(1)} µs added, target ≤ ${target} µs: ${added <= target ? 'met' : 'missed'}.`;
  };
  return {
    method: [
      '`GET /posts/:id`, 700 bytes of JSON without a schema; each leg is a server process of its own.',
      `${CONNECTIONS} keep-alive connections from a separate process, closed loop at saturation, ${requests.toLocaleString('en')} requests a round after ${WARM_UP_REQUESTS.toLocaleString('en')} to warm up.`,
      `Medians of ${rounds} interleaved rounds. CPU is user + system time of the whole server process by the operating system's accounting, exports included; “added” is against the same server without instrumentation (the last of ours against the pino line).`,
      'Everything is exported as OTLP/HTTP protobuf to a collector in another process, which counts SERVER spans; elastic-apm-node and newrelic report to stand-ins of their vendors’ collectors there, which count transactions. New Relic’s is given the documented limits of 10,000 transactions and 2,000 spans a minute.',
      `StatsD: counters summed and sent once a second, timers sampled above 200 requests a second with the rate in the packet (${counts['ours-statsd']?.statsdPackets ?? 0} datagrams received).`,
    ],
    versions: packageVersions([
      'fastify',
      '@opentelemetry/sdk-node',
      '@opentelemetry/instrumentation-http',
      '@fastify/otel',
      'elastic-apm-node',
      'newrelic',
      'hot-shots',
      'pino',
    ]),
    table: {
      columns: [
        'leg',
        'CPU µs/request',
        'best round',
        'added µs',
        'of plain',
        'requests/s',
        'p99 ms',
        'SERVER spans received',
        'bytes/request',
      ],
      rows,
    },
    findings: [
      verdict('ours', 6),
      verdict('ours-statsd', 8),
      `Log records cost ${addedOf('ours-pino').toFixed(1)} µs with their span, against the same line without us; the line itself ${addedOf('pino').toFixed(1)} µs.`,
      `Stock OpenTelemetry adds ${addedOf('stock').toFixed(1)} µs and delivers ${(kept('stock') * 100).toFixed(1)} % of its SERVER spans; it records a span per hook and handler beside them, which we do not.`,
      `elastic-apm-node adds ${addedOf('elastic-apm').toFixed(1)} µs and delivers ${(kept('elastic-apm') * 100).toFixed(1)} % of its transactions, newrelic ${addedOf('newrelic').toFixed(1)} µs and ${(kept('newrelic') * 100).toFixed(1)} %.`,
      'Where we lose: stock traces outgoing node:http calls and dozens of libraries by itself; ours records the incoming request and what the handlers record through @opentelemetry/api, and only passes the trace on to undici and fetch.',
    ],
  };
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function packageVersions(names: string[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  const read = (name: string) => {
    for (const folder of require.resolve.paths(name) ?? []) {
      try {
        return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version as string;
      } catch {
        // Not in this folder; node_modules may lie further up.
      }
    }
    return 'unknown';
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}
