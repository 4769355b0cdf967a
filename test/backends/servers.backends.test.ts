import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeJson } from '../../monitoring/otlp/index.ts';
import { run } from './install/cache.ts';
import { startAlertmanager } from './servers/alertmanager.ts';
import { startCollector } from './servers/collector.ts';
import { startElasticsearch } from './servers/elasticsearch.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import { startKapacitor } from './servers/kapacitor.ts';
import { startMariadb } from './servers/mariadb.ts';
import { startMoto } from './servers/moto.ts';
import { startPrometheus } from './servers/prometheus.ts';
import { firstWords } from './servers/ready.ts';
import { startRedis } from './servers/redis.ts';
import type { Server } from './servers/server.ts';
import { startTelegraf, statsdIntoInfluxdb } from './servers/telegraf.ts';

const WORD = 'ringdown-was-here';

interface Kept {
  start(): Promise<Server>;
  /** Stores the word. */
  write(url: string): Promise<void>;
  /** What was stored, somewhere in a text. */
  read(url: string): Promise<string>;
}

/** Servers that keep data: what was acknowledged is there after a kill. */
const keeping: Record<string, Kept> = {
  Elasticsearch: {
    start: startElasticsearch,
    write: (url) => post(`${url}/kept/_doc/1?refresh=true`, 'application/json', JSON.stringify({ word: WORD })),
    read: (url) => get(`${url}/kept/_search?q=word:${WORD}`),
  },
  InfluxDB: {
    start: startInfluxdb,
    async write(url) {
      // A statement that failed is a 200 too; that the database is there shows when it takes the word.
      await until(async () => {
        await post(`${url}/query?q=CREATE+DATABASE+kept`, 'text/plain', '');
        await post(`${url}/write?db=kept`, 'text/plain', `kept word="${WORD}"`);
        return true;
      });
    },
    read: (url) => get(`${url}/query?db=kept&q=SELECT+word+FROM+kept`),
  },
  Redis: {
    start: startRedis,
    write: async (url) => void (await firstWords(Number(new URL(url).port), `SET kept ${WORD}\r\n`)),
    read: async (url) => (await firstWords(Number(new URL(url).port), 'GET kept\r\n')).toString(),
  },
  MariaDB: {
    start: startMariadb,
    write: async (url) => void (await sql(url, `CREATE TABLE kept (word TEXT); INSERT INTO kept VALUES ('${WORD}')`)),
    read: (url) => sql(url, 'SELECT word FROM kept'),
  },
};

describe.each(Object.entries(keeping))('%s', (_, { start, write, read }) => {
  let server: Server;

  beforeAll(async () => {
    server = await start();
  });

  afterAll(async () => await server?.stop());

  test('says its version', () => {
    expect(server.version).toMatch(/^\d+\.\d+/);
  });

  test('keeps its data through a kill', async () => {
    await write(server.url);
    await server.kill();
    await expect(read(server.url)).rejects.toThrow();
    await server.restart();
    expect(await read(server.url)).toContain(WORD);
  });

  test('answers nothing while it is paused, and again when it is resumed', async () => {
    server.pause();
    let answered = false;
    const answer = read(server.url).finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    server.resume();
    expect(await answer).toContain(WORD);
  });

  test('leaves nothing behind when it stops', async () => {
    const { pid, folder } = server;
    await server.stop();
    expect(existsSync(folder)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

test('Prometheus scrapes what it is told to', async () => {
  const target = await startPrometheus({ config: '{}' });
  const config = { scrape_configs: [{ job_name: 'other', scrape_interval: '1s', static_configs: [at(target)] }] };
  const server = await startPrometheus({ config: JSON.stringify(config) });
  try {
    await until(async () => (await get(`${server.url}/api/v1/query?query=up`)).includes('"1"'));
    await server.kill();
    await server.restart();
    expect(await get(`${server.url}/api/v1/query?query=sum_over_time(up[1h])`)).toContain('"other"');
  } finally {
    await Promise.all([server.stop(), target.stop()]);
  }
});

test('Alertmanager takes alerts', async () => {
  const server = await startAlertmanager({ config: 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]' });
  try {
    await post(`${server.url}/api/v2/alerts`, 'application/json', JSON.stringify([{ labels: { alertname: WORD } }]));
    await until(async () => (await get(`${server.url}/api/v2/alerts`)).includes(WORD));
  } finally {
    await server.stop();
  }
});

test('moto answers as AWS would', async () => {
  const server = await startMoto();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new CloudWatchLogsClient({ endpoint: server.url, region: 'eu-west-1', credentials });
  const command = new CreateLogGroupCommand({ logGroupName: WORD });
  try {
    await client.send(command);
    await expect(client.send(command)).rejects.toThrow('already exists');
  } finally {
    client.destroy();
    await server.stop();
  }
});

test('Telegraf takes StatsD into InfluxDB, and Kapacitor sees it there', async () => {
  const influxdb = await startInfluxdb();
  const telegraf = await startTelegraf({ config: statsdIntoInfluxdb(influxdb.url, 'telegraf') });
  const socket = createSocket('udp4');
  try {
    await post(`${influxdb.url}/query?q=CREATE+DATABASE+telegraf`, 'text/plain', '');
    const script = `dbrp "telegraf"."autogen"\nstream\n  |from().measurement('visits')\n  |httpOut('seen')`;
    const kapacitor = await startKapacitor({ influxdbUrl: influxdb.url, tasks: { visits: script } });
    try {
      const send = () => socket.send('visits:3|c|#route:/posts', Number(new URL(telegraf.url).port), '127.0.0.1');
      await until(async () => {
        send();
        return (await get(`${influxdb.url}/query?db=telegraf&q=SELECT+sum(value)+FROM+visits`)).includes('values');
      });
      await until(async () => {
        send();
        return (await get(`${kapacitor.url}/kapacitor/v1/tasks/visits/seen`)).includes('visits');
      });
    } finally {
      await kapacitor.stop();
    }
  } finally {
    socket.close();
    await Promise.all([telegraf.stop(), influxdb.stop()]);
  }
});

test('the Collector takes OTLP and writes it down', async () => {
  const server = await startCollector();
  try {
    const spans = [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: WORD }];
    const body = encodeJson('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const headers = { 'content-type': 'application/x-protobuf' };
    const answer = await fetch(`${server.url}/v1/traces`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    await until(async () => readFileSync(server.output, 'utf8').includes(WORD));
  } finally {
    await server.stop();
  }
});

test('a server that does not start says why', async () => {
  await expect(startPrometheus({ config: 'not: [prometheus' })).rejects.toThrow(/Prometheus did not start.*yaml/s);
});

function at(server: Server): { targets: string[] } {
  return { targets: [new URL(server.url).host] };
}

/** Waits until something is so; the test's own time limit ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function post(url: string, type: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}

async function get(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

async function sql(url: string, statement: string): Promise<string> {
  const { port, username, password, pathname } = new URL(url);
  const where = ['--no-defaults', '--host=127.0.0.1', `--port=${port}`, `--user=${username}`, `--password=${password}`];
  return await run('mariadb', [...where, pathname.slice(1), '--execute', statement]);
}
