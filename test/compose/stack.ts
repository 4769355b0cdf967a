import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { run } from '../backends/install/cache.ts';
import { freePort } from '../backends/servers/server.ts';
import type { Engine } from './engine.ts';

export const CHECKOUT = resolve(import.meta.dirname, '../..');
const PROJECT = 'ringdown-test';
const PORTS = [
  'RINGDOWN',
  'OTLP',
  'STATSD',
  'API',
  'ELASTICSEARCH',
  'INFLUXDB',
  'KAPACITOR',
  'PROMETHEUS',
  'RECEIVER',
] as const;

interface ConfigFile {
  backends: { name: string }[];
  channels?: object[];
}

export interface ContainerState {
  Id: string;
  Name: string;
  RestartCount: number;
  State: { Pid: number; Status: string; ExitCode: number; StartedAt: string; Health?: { Status: string } };
  Config: { Labels: Record<string, string>; User: string };
  HostConfig: {
    Memory: number;
    PidsLimit: number;
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    PortBindings: Record<string, { HostIp: string }[] | null>;
    SecurityOpt: string[] | null;
  };
}

/** docker-compose.yml as a project of its own: its own .env, its own ports, and a receiver of pages beside it. */
export class Stack {
  readonly #engine: Engine;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ringdown-compose-'));
  readonly ports = {} as Record<(typeof PORTS)[number], number>;
  /** What .env says, secrets that make-env.sh has drawn among it. */
  readonly settings: Record<string, string> = {};

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** @param profiles those that the watcher's config is put together from */
  static async create(engine: Engine, profiles: string[]): Promise<Stack> {
    const stack = new Stack(engine);
    const envFile = join(stack.#folder, 'env');
    await run('sh', [join(CHECKOUT, 'deploy/compose/make-env.sh')], { env: { ...process.env, ENV_FILE: envFile } });
    for (const [, name, value] of readFileSync(envFile, 'utf8').matchAll(/^([A-Z_]+)=(.*)$/gm)) {
      stack.settings[name!] = value!;
    }
    for (const name of PORTS) {
      stack.ports[name] = await freePort();
      stack.settings[`${name}_PORT`] = String(stack.ports[name]);
    }
    Object.assign(stack.settings, {
      COMPOSE_PROFILES: profiles.join(','),
      RINGDOWN_CONFIG: stack.#writeConfig(profiles),
      RINGDOWN_PUBLIC_URL: `http://127.0.0.1:${stack.ports.RINGDOWN}`,
      API_FAULTS: 'true',
      HOOK_SECRET: 'a secret of the test',
    });
    return stack;
  }

  /** The configs of the profiles as one, with a channel that leads to the receiver. */
  #writeConfig(profiles: string[]): string {
    const files = profiles.map((profile) => join(CHECKOUT, 'deploy/compose', `ringdown.${profile}.yaml`));
    const configs = files.map((file) => parse(readFileSync(file, 'utf8')) as ConfigFile);
    const backends = new Map(configs.flatMap((config) => config.backends).map((entry) => [entry.name, entry]));
    const config = {
      ...configs[0],
      backends: [...backends.values()],
      channels: [{ name: 'hook', type: 'webhook', url: 'http://receiver:9999/page', secret: 'a secret of the test' }],
    };
    const file = join(this.#folder, 'ringdown.yaml');
    writeFileSync(file, stringify(config));
    chmodSync(file, 0o644);
    return file;
  }

  /** Runs a command of Compose. @returns what it printed */
  async compose(args: string[], settings: Record<string, string> = {}): Promise<string> {
    const envFile = join(this.#folder, 'env');
    writeFileSync(
      envFile,
      Object.entries({ ...this.settings, ...settings })
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    const files = ['docker-compose.yml', 'test/compose/receiver.yaml'].flatMap((file) => ['--file', file]);
    const project = ['--project-name', PROJECT, '--env-file', envFile, ...files];
    return await run(this.#engine.compose, [...project, ...args], { cwd: CHECKOUT, env: this.#engine.env });
  }

  async docker(args: string[]): Promise<string> {
    return await run(this.#engine.docker, args, { env: this.#engine.env });
  }

  async container(service: string): Promise<ContainerState> {
    const id = (await this.compose(['ps', '--all', '--quiet', service])).trim();
    const [state] = JSON.parse(await this.docker(['inspect', id])) as ContainerState[];
    return state!;
  }

  async containers(): Promise<ContainerState[]> {
    const ids = (await this.compose(['ps', '--all', '--quiet'])).trim().split('\n');
    return JSON.parse(await this.docker(['inspect', ...ids])) as ContainerState[];
  }

  /** Names of what the project has: containers, volumes and networks. */
  async remains(): Promise<string[]> {
    const filter = ['--filter', `label=com.docker.compose.project=${PROJECT}`, '--quiet'];
    const lists = [
      ['ps', '--all', ...filter],
      ['volume', 'ls', ...filter],
      ['network', 'ls', ...filter],
    ];
    const found = await Promise.all(lists.map((list) => this.docker(list)));
    return found.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  }

  /** Kills the process as a crash would: `docker kill` counts as a wish of the operator, after which nothing is restarted. */
  async crash(service: string): Promise<void> {
    const { State, Id } = await this.container(service);
    process.kill(State.Pid, 'SIGKILL');
    await eventually(async () => {
      const [now] = JSON.parse(await this.docker(['inspect', Id])) as ContainerState[];
      return now!.State.Pid !== State.Pid && now!.RestartCount > 0;
    }, `${service} to be restarted`);
  }

  async healthy(service: string): Promise<void> {
    await eventually(
      async () => (await this.container(service)).State.Health?.Status === 'healthy',
      `${service} to be healthy`,
    );
  }

  /** Asks the watcher. */
  async api<T>(path: string): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.RINGDOWN}${path}`, {
      headers: { authorization: `Bearer ${this.settings.RINGDOWN_TOKEN}` },
      signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Breaks a route of the reference API, or mends all. */
  async fault(fault: object | null): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.API}/__faults`, {
      method: fault ? 'PUT' : 'DELETE',
      headers: {
        authorization: `Bearer ${this.settings.API_FAULTS_TOKEN}`,
        ...(fault ? { 'content-type': 'application/json' } : {}),
      },
      ...(fault ? { body: JSON.stringify(fault) } : {}),
    });
    if (!answer.ok) throw new Error(`the fault was refused: ${answer.status} ${await answer.text()}`);
  }

  async pages(): Promise<{ event: string; dedup_key: string; incident: { cause: Record<string, string> } }[]> {
    return (await (await fetch(`http://127.0.0.1:${this.ports.RECEIVER}/pages`)).json()) as never;
  }

  /** Messages of the logs of one service, as Elasticsearch has them: refreshed, each once per document. */
  async elasticsearchMessages(service: string): Promise<string[]> {
    await this.#elasticsearch('logs-ringdown.*/_refresh', 'POST');
    const found = (await this.#elasticsearch('logs-ringdown.*/_search', 'POST', {
      size: 10_000,
      query: { term: { 'service.name': service } },
      _source: ['message'],
    })) as { hits: { hits: { _source: { message: string } }[] } };
    return found.hits.hits.map(({ _source }) => _source.message);
  }

  /** Log documents that match a query in Lucene's syntax. */
  async elasticsearchMatches(query: string): Promise<unknown[]> {
    const body = { query: { query_string: { query } } };
    const found = (await this.#elasticsearch('logs-ringdown.*/_search', 'POST', body)) as { hits: { hits: unknown[] } };
    return found.hits.hits;
  }

  async elasticsearchCount(streams: string): Promise<number> {
    await this.#elasticsearch(`${streams}/_refresh`, 'POST');
    return ((await this.#elasticsearch(`${streams}/_count`, 'GET')) as { count: number }).count;
  }

  async #elasticsearch(path: string, method: string, body?: object): Promise<unknown> {
    const { ELASTIC_RINGDOWN_PASSWORD } = this.settings;
    const answer = await fetch(`http://127.0.0.1:${this.ports.ELASTICSEARCH}/${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`ringdown:${ELASTIC_RINGDOWN_PASSWORD}`).toString('base64')}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) throw new Error(`Elasticsearch answered ${answer.status} to ${path}: ${await answer.text()}`);
    return await answer.json();
  }

  /** Rows of one InfluxQL query, without their times. */
  async influx(query: string): Promise<unknown[]> {
    const url = new URL(`http://127.0.0.1:${this.ports.INFLUXDB}/query`);
    url.search = new URLSearchParams({ db: 'ringdown', q: query }).toString();
    const answer = await fetch(url, {
      headers: {
        authorization: `Basic ${Buffer.from(`ringdown:${this.settings.INFLUXDB_PASSWORD}`).toString('base64')}`,
      },
      signal: AbortSignal.timeout(30_000),
    });
    const { results, error } = (await answer.json()) as {
      error?: string;
      results?: { error?: string; series?: { values: unknown[][] }[] }[];
    };
    const failed = error ?? results?.[0]?.error;
    if (failed) throw new Error(`InfluxDB answered to ${query}: ${failed}`);
    return (results?.[0]?.series ?? []).flatMap(({ values }) => values.map((row) => row[1]));
  }

  /** Samples of an instant query. */
  async prometheus(query: string): Promise<[time: number, value: string][]> {
    const url = new URL(`http://127.0.0.1:${this.ports.PROMETHEUS}/api/v1/query`);
    url.searchParams.set('query', query);
    const { data } = (await (await fetch(url, { signal: AbortSignal.timeout(30_000) })).json()) as {
      data: { result: { value: [number, string] }[] };
    };
    return data.result.map(({ value }) => value);
  }

  /** Takes down containers, networks and volumes. */
  async remove(): Promise<void> {
    await this.compose(['down', '--volumes', '--remove-orphans', '--timeout', '20']);
    rmSync(this.#folder, { recursive: true });
  }
}

const WITHIN_MS = 240_000;

/** Asks until the answer is true. What throws counts as not yet. */
export async function eventually(ask: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  let trouble = '';
  for (;;) {
    const met = await ask().catch((error: Error) => {
      trouble = `: ${error.message}`;
      return false;
    });
    if (met) return;
    if (performance.now() > end) throw new Error(`waited ${WITHIN_MS / 1_000} s for ${what}${trouble}`);
    await wait(250);
  }
}
