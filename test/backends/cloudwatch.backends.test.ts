import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { clientSettings } from '../../monitoring/aws/client.ts';
import { backend, createCloudwatch } from '../../monitoring/backends/cloudwatch/index.ts';
import { extractMetrics } from '../../monitoring/backends/cloudwatch/testing/metrics-stand-in.ts';
import { loadBackend } from '../../monitoring/backends/registry.ts';
import type { SpoolRecord } from '../../monitoring/exporter.ts';
import { operatorQuestions } from '../../monitoring/operator-questions.ts';
import { loadSource } from '../../monitoring/sources/registry.ts';
import type { LogRow, MetricSeries, Page } from '../../monitoring/telemetry.ts';
import { describeExporter } from '../../monitoring/testing/describe-exporter.ts';
import { hourOfTraffic } from '../../monitoring/testing/hour-of-traffic.ts';
import { startElasticsearch } from './servers/elasticsearch.ts';
import { startMoto } from './servers/moto.ts';
import type { Server } from './servers/server.ts';
import { verifies } from './verified.ts';

const REGION = 'eu-west-1';
const HOUR_MS = 3_600_000;
const credentials = { access_key_id: 'emulator', secret_access_key: 'emulator' };
const FETCHER = join(import.meta.dirname, '../../monitoring/sources/cloudwatch-logs/testing/fetch-into-file.ts');
const forever = new AbortController().signal;

let moto: Server;
let logs: CloudWatchLogsClient;
let metrics: CloudWatchClient;
let groups = 0;

beforeAll(async () => {
  moto = await startMoto();
  verifies({ backend: 'cloudwatch', against: 'emulator', by: `moto ${moto.version}` });
  const shared = clientSettings({
    region: REGION,
    url: moto.url,
    credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
  });
  logs = new CloudWatchLogsClient(shared);
  metrics = new CloudWatchClient(shared);
});

afterAll(async () => {
  logs?.destroy();
  metrics?.destroy();
  await moto?.stop();
});

function settingsOf(dataDir: string, logGroup: string) {
  return {
    name: 'aws',
    type: 'cloudwatch',
    dataDir,
    region: REGION,
    url: moto.url,
    ...credentials,
    log_group: logGroup,
  };
}

/** Messages of all groups whose name begins so. */
async function messagesIn(prefix: string): Promise<string[]> {
  const found: string[] = [];
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: prefix }));
  for (const { logGroupName } of logGroups ?? []) {
    let nextToken: string | undefined;
    do {
      const page = await logs.send(new FilterLogEventsCommand({ logGroupName: logGroupName!, nextToken }));
      found.push(...(page.events ?? []).map(({ message }) => message!));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }
  return found;
}

describeExporter('cloudwatch, on an emulator', {
  delivery: 'at_least_once',
  canHold: true,
  nowMs: Date.now() - HOUR_MS,
  async prepare(folder) {
    const prefix = `/contract-${groups++}`;
    let isDown = false;
    const mend = async () => {
      if (isDown) await moto.restart();
      else moto.resume();
      isDown = false;
    };
    const documents = async () => (await messagesIn(prefix)).map((message) => JSON.parse(message));
    return {
      create: () =>
        createCloudwatch(settingsOf(join(folder, 'cloudwatch'), `${prefix}/{service}/{environment}`), systemClock)
          .exporter,
      async trace(traceId) {
        const of = (await documents()).filter((document) => document.trace_id === traceId);
        return {
          spanIds: of.filter(({ signal }) => signal === 'span').map(({ span_id }) => span_id),
          messages: of.filter(({ signal }) => signal === 'log').map(({ message }) => message),
        };
      },
      async counter(name) {
        return (await documents()).reduce((sum, one) => sum + (one.signal === 'metric' ? (one[name] ?? 0) : 0), 0);
      },
      async breakDown() {
        isDown = true;
        await moto.kill();
      },
      hold: async () => moto.pause(),
      mend,
      close: mend,
    };
  },
});

describe('questions about an hour of traffic', () => {
  const traffic = hourOfTraffic(Date.now() - 3 * HOUR_MS, 1_000);
  const window = { from: traffic.from, to: traffic.to };
  const told = traffic.messages[5]!;
  const questions = operatorQuestions({ trace_id: told.traceId, counter: 'orders', text: 'slow query' });
  let folder: string;
  let both: ReturnType<typeof createCloudwatch>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringdown-cloudwatch-'));
    both = createCloudwatch(settingsOf(folder, '/traffic/{service}/{environment}'), systemClock);
    await both.exporter.start();
    for (const batch of traffic.batches) {
      const { retry, rejected, error } = await both.exporter.export(batch, forever);
      if (retry) throw error ?? new Error('the hour of traffic was handed back');
      expect(rejected).toEqual([]);
    }
  });

  afterAll(async () => {
    await both?.exporter.shutdown(forever);
    rmSync(folder, { recursive: true, force: true });
  });

  test('every span, log record and StatsD line is in the log groups once', async () => {
    const ids = (await messagesIn('/traffic'))
      .map((message) => JSON.parse(message))
      .filter(({ signal }) => signal !== 'metric')
      .map(({ event_id }) => event_id);
    expect(ids).toHaveLength(traffic.requests.length + traffic.messages.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a trace by its id, and the logs of a trace, by FilterLogEvents', async () => {
    expect(await both.reader.ask(questions.trace_by_id, window)).toMatchObject({
      spans: [{ trace_id: told.traceId, span_id: told.spanId }],
      logs: [{ message: told.text }],
    });
    const { items } = (await both.reader.ask(questions.logs_of_trace, window)) as Page<LogRow>;
    expect(items).toMatchObject([{ message: told.text, span_id: told.spanId }]);
  });

  // moto does not take metrics out of events; a stand-in does it here, so that what is seen is GetMetricData.
  test('the rate of a counter by GetMetricData, after a stand-in took the metrics out of the events', async () => {
    const data = (await messagesIn('/traffic')).flatMap((message) => extractMetrics(message, 'Ringdown'));
    const orders = data.filter(({ name, dimensions }) => name === 'orders' && Object.keys(dimensions).length === 0);
    expect(orders).toHaveLength(traffic.orders.length);
    for (const { timestampMs, values, counts } of orders) {
      const datum = { MetricName: 'orders', Timestamp: new Date(timestampMs), Values: values, Counts: counts };
      await metrics.send(new PutMetricDataCommand({ Namespace: 'Ringdown', MetricData: [datum] }));
    }
    const [series] = (await both.reader.ask(questions.counter_rate, window)) as MetricSeries[];
    expect(series!.points).toHaveLength(60);
    for (const [at, value] of series!.points) {
      const sum = traffic.orders
        .filter(([time]) => time >= at && time < at + 60_000)
        .reduce((all, [, one]) => all + one, 0);
      expect(value ?? 0).toBeCloseTo(sum / 60, 6);
    }
  });

  test('provision finds its groups as they should be', async () => {
    expect(await backend.provision!(settingsOf(folder, '/traffic/{service}/{environment}'), forever)).toEqual([
      'log group /traffic/billing/test: retention 30 d, as it should be',
      'log group /traffic/shop/test: retention 30 d, as it should be',
      // StatsD names no service.
      'log group /traffic/unknown_service/default: retention 30 d, as it should be',
    ]);
  });
});

describe('log groups that are fetched', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringdown-source-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function makeGroup(logGroupName: string): Promise<(messages: readonly string[]) => Promise<void>> {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'stream' }));
    return async (messages) => {
      const logEvents = messages.map((message) => ({ message, timestamp: Date.now() }));
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: 'stream', logEvents }));
    };
  }

  const sourceOf = (name: string, logGroup: string) => ({
    name,
    type: 'cloudwatch-logs',
    dataDir: join(folder, name),
    region: REGION,
    url: moto.url,
    ...credentials,
    log_group: logGroup,
    every: '1s',
  });

  test('killed and started again and again, every event arrives, and none twice but those that were not noted yet', async () => {
    const put = await makeGroup('/aws/lambda/killed');
    const random = seededRandom(3);
    const spool = join(folder, 'spool');
    const checkpoint = join(folder, 'killed', 'checkpoint.json');
    const KILLS = 10;
    let count = 0;
    let unnoted = 0;
    for (let round = 0; round <= KILLS; round++) {
      await put(Array.from({ length: 500 }, () => JSON.stringify({ level: 'info', message: `event ${count++}` })));
      const child = fork(FETCHER, [JSON.stringify(sourceOf('killed', '/aws/lambda/killed')), spool]);
      await once(child, 'message');
      if (round === KILLS) await until(() => new Set(linesOf(spool)).size === count && noted(checkpoint) === count);
      // Before, in the middle of, or after the writing of the checkpoint.
      else await new Promise((resolve) => setTimeout(resolve, random() * 30));
      child.kill('SIGKILL');
      await once(child, 'exit');
      unnoted += new Set(linesOf(spool)).size - noted(checkpoint);
    }
    const lines = linesOf(spool);
    const repeats = lines.length - new Set(lines).size;
    console.log(`cloudwatch-logs: ${count} events, ${KILLS} kills, none lost, ${repeats} twice`);
    expect(new Set(lines).size).toBe(count);
    expect(repeats).toBe(unnoted);
  });

  test('what a function writes to CloudWatch Logs is found in Elasticsearch, with its service, level and trace', async () => {
    const elasticsearch = await startElasticsearch();
    const put = await makeGroup('/aws/lambda/shop');
    const { exporter, reader } = (await loadBackend('elasticsearch')).create({
      name: 'elk',
      type: 'elasticsearch',
      dataDir: join(folder, 'elk'),
      url: elasticsearch.url,
    });
    const { create } = await loadSource('cloudwatch-logs');
    const handedOver: SpoolRecord[] = [];
    const source = create(sourceOf('shop', '/aws/lambda/shop'), {
      clock: systemClock,
      random: Math.random,
      log: () => undefined,
      async append(record) {
        handedOver.push({ ...record, position: handedOver.length * 1_000 });
      },
    });
    try {
      await exporter.start();
      await put([
        JSON.stringify({
          level: 'ERROR',
          message: 'no such column',
          'trace.id': 'e'.repeat(32),
          service: { name: 'shop' },
        }),
        ...Array.from({ length: 20 }, (_, index) => `line ${index}`),
      ]);
      await source.start();
      await until(() => handedOver.reduce((sum, { items }) => sum + items, 0) === 21);
      const exported = await exporter.export({ records: handedOver, end: 1_000_000 }, forever);
      expect(exported).toEqual({ accepted: { logs: 21 }, rejected: [] });
      const window = { from: Date.now() - HOUR_MS, to: Date.now() + HOUR_MS };
      const find = async (question: object) =>
        ((await reader!.ask({ ask: 'logs', limit: 100, ...question }, window)) as Page<LogRow>).items;
      await untilAsync(async () => (await find({})).length === 21);
      expect(await find({ trace_id: 'e'.repeat(32) })).toMatchObject([
        { message: 'no such column', level: 'error', service: 'shop' },
      ]);
    } finally {
      await source.shutdown(forever);
      await exporter.shutdown(forever);
      await elasticsearch.stop();
    }
  });
});

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

/** How many events the source has noted as handed on. */
function noted(checkpoint: string): number {
  return existsSync(checkpoint) ? Object.keys(JSON.parse(readFileSync(checkpoint, 'utf8')).seen).length : 0;
}

async function until(claim: () => boolean): Promise<void> {
  await untilAsync(async () => claim());
}

async function untilAsync(claim: () => Promise<boolean>): Promise<void> {
  for (const latest = Date.now() + 60_000; !(await claim()); ) {
    if (Date.now() > latest) throw new Error('it did not come to that within 60 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
