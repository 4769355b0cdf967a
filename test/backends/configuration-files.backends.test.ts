import { createSocket } from 'node:dgram';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { install as installInfluxdb } from './install/influxdb.ts';
import { install as installKapacitor } from './install/kapacitor.ts';
import { parsePipeline } from './install/logstash-grammar.ts';
import { startPrometheus } from './servers/prometheus.ts';
import { ask } from './servers/ready.ts';
import { freePort, type Server, startServer } from './servers/server.ts';
import { startTelegraf } from './servers/telegraf.ts';
import { verified } from './verified.ts';

/** The files of deploy/ as they are, but for the paths and ports of the machine that they are written for. */
const DEPLOY = join(import.meta.dirname, '../../deploy');
const ACCOUNT = { username: 'ringdown', password: 'kept-in-a-test' };
const AUTHORIZATION = `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`;

function shipped(path: string, replaced: Record<string, string>): string {
  return Object.entries(replaced).reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`deploy/${path} has no ${from} any more`);
      return text.replaceAll(from, to);
    },
    readFileSync(join(DEPLOY, path), 'utf8'),
  );
}

describe('InfluxDB, Telegraf and Kapacitor with the files that are shipped', () => {
  let influxdb: Server;
  let telegraf: Server;
  let kapacitor: Server;

  beforeAll(async () => {
    influxdb = await startShippedInfluxdb();
    await query(`CREATE USER ringdown WITH PASSWORD '${ACCOUNT.password}' WITH ALL PRIVILEGES`);
    await query('CREATE DATABASE ringdown');
    telegraf = await startTelegraf({
      config: ({ statsd }) => shipped('telegraf/telegraf.conf', { '127.0.0.1:8125': `127.0.0.1:${statsd}` }),
      env: {
        TELEGRAF_INTERVAL: '1s',
        INFLUXDB_URL: influxdb.url,
        INFLUXDB_USERNAME: ACCOUNT.username,
        INFLUXDB_PASSWORD: ACCOUNT.password,
      },
    });
    kapacitor = await startShippedKapacitor(influxdb.url);
  });

  afterAll(async () => await Promise.all([telegraf, kapacitor, influxdb].map((server) => server?.stop())));

  test('nobody reads or writes without a password', async () => {
    expect((await fetch(`${influxdb.url}/query?q=SHOW+DATABASES`)).status).toBe(401);
    expect((await fetch(`${influxdb.url}/write?db=ringdown`, { method: 'POST', body: 'x v=1' })).status).toBe(401);
    verified({ ...peer('InfluxDB', influxdb), feature: 'deploy/influxdb/influxdb.conf: starts, and lets nobody in' });
  });

  test('a StatsD line becomes a point', async () => {
    const socket = createSocket('udp4');
    try {
      await until(async () => {
        socket.send('visits:3|c|#route:/posts', Number(new URL(telegraf.url).port), '127.0.0.1');
        return (await query('SELECT sum(value) FROM ringdown..visits GROUP BY route')).includes('"/posts"');
      });
    } finally {
      socket.close();
    }
    verified({
      ...peer('Telegraf', telegraf),
      feature: 'deploy/telegraf/telegraf.conf: StatsD into InfluxDB with a password',
    });
  });

  test('the scripts run, and the data reaches them', async () => {
    const { tasks } = (await (
      await ask(`${kapacitor.url}/kapacitor/v1/tasks?fields=status&fields=error&fields=executing`)
    ).json()) as {
      tasks: { status: string; error: string; executing: boolean }[];
    };
    const scripts = globSync('*.tick', { cwd: join(DEPLOY, 'kapacitor/load/tasks') });
    expect(scripts.length).toBeGreaterThan(0);
    expect(tasks).toEqual(
      scripts.map(() => expect.objectContaining({ status: 'enabled', error: '', executing: true })),
    );
    await until(async () => (await query('SHOW SUBSCRIPTIONS')).includes('kapacitor-'));
    verified({
      ...peer('Kapacitor', kapacitor),
      feature: 'deploy/kapacitor: scripts and handlers load, and subscribe',
    });
  });

  async function query(statement: string): Promise<string> {
    const answer = await fetch(`${influxdb.url}/query?q=${encodeURIComponent(statement)}`, {
      method: 'POST',
      headers: { authorization: AUTHORIZATION },
    });
    return await answer.text();
  }
});

test.each(['prometheus/prometheus.yml', 'compose/prometheus.yml'])('Prometheus takes deploy/%s', async (path) => {
  // The credentials are read at the first scrape, so the file may name places of another machine.
  const server = await startPrometheus({ config: shipped(path, {}), flags: ['--enable-feature=exemplar-storage'] });
  try {
    // Targets are known seconds after the start.
    await until(async () => (await (await ask(`${server.url}/api/v1/targets`)).text()).includes('"job":"ringdown"'));
    verified({
      backend: 'prometheus',
      against: 'real',
      by: `Prometheus ${server.version}`,
      feature: `deploy/${path}: starts`,
    });
  } finally {
    await server.stop();
  }
});

test.each(globSync('logstash/*.conf', { cwd: DEPLOY }))('deploy/%s keeps to the grammar of Logstash', async (path) => {
  const sections = await parsePipeline(join(DEPLOY, path));
  expect(sections.map(([name]) => name)).toEqual(['input', 'filter', 'output']);
  const by = 'the grammar of Logstash 8.11 in logstash-pipeline-parser; Logstash itself was not run';
  verified({ backend: 'elasticsearch', against: 'emulator', by, feature: `deploy/${path}: its grammar` });
});

test('what the grammar of Logstash does not know is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
  try {
    const path = join(folder, 'broken.conf');
    writeFileSync(path, 'input { tcp { port => } }');
    await expect(parsePipeline(path)).rejects.toThrow(/Parse/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function peer(name: string, { version }: Server) {
  return { backend: 'tick', against: 'real' as const, by: `${name} ${version}` };
}

async function startShippedInfluxdb(): Promise<Server> {
  return await startServer({
    name: 'InfluxDB',
    async prepare(folder) {
      const [http, rpc] = [await freePort(), await freePort()];
      const config = join(folder, 'influxdb.conf');
      const replaced = { '127.0.0.1:8086': `127.0.0.1:${http}`, '127.0.0.1:8088': `127.0.0.1:${rpc}` };
      writeFileSync(config, shipped('influxdb/influxdb.conf', { ...replaced, '/var/lib/influxdb': folder }));
      const url = `http://127.0.0.1:${http}`;
      const answers = async () => (await ask(`${url}/ping`)).headers.get('x-influxdb-version') ?? undefined;
      return { command: await installInfluxdb(), args: ['-config', config], url, answers };
    },
  });
}

async function startShippedKapacitor(influxdbUrl: string): Promise<Server> {
  return await startServer({
    name: 'Kapacitor',
    async prepare(folder) {
      const port = await freePort();
      const config = join(folder, 'kapacitor.conf');
      const load = join(folder, 'load');
      cpSync(join(DEPLOY, 'kapacitor/load'), load, { recursive: true });
      for (const handler of globSync('handlers/*.yaml', { cwd: load })) {
        writeFileSync(join(load, handler), shipped(`kapacitor/load/${handler}`, { '/var/lib/kapacitor': folder }));
      }
      const replaced = { ':9092': `127.0.0.1:${port}`, '/var/lib/kapacitor': folder, '/etc/kapacitor/load': load };
      writeFileSync(config, shipped('kapacitor/kapacitor.conf', replaced));
      const env = {
        KAPACITOR_HOSTNAME: '127.0.0.1',
        KAPACITOR_INFLUXDB_0_URLS_0: influxdbUrl,
        KAPACITOR_INFLUXDB_0_USERNAME: ACCOUNT.username,
        KAPACITOR_INFLUXDB_0_PASSWORD: ACCOUNT.password,
      };
      const url = `http://127.0.0.1:${port}`;
      const answers = async () => {
        return (await ask(`${url}/kapacitor/v1/ping`)).headers.get('x-kapacitor-version') ?? undefined;
      };
      const command = join(await installKapacitor(), 'kapacitord');
      return { command, args: ['-config', config], env, url, answers };
    },
  });
}

/** Waits until something is so; the test's own time limit ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}
