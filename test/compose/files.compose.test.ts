import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Engine, startEngine } from './engine.ts';
import { CHECKOUT, Stack } from './stack.ts';

/** What docker-compose.yml says, of every service: those whose images cannot be had here are read and not started. */
interface Service {
  image: string;
  profiles?: string[];
  mem_limit?: string;
  pids_limit?: number;
  restart?: string;
  cap_drop?: string[];
  security_opt?: string[];
  ports?: { host_ip?: string; published: string }[];
  environment?: Record<string, string | null>;
  healthcheck?: object;
  command?: string[] | null;
}

const SERVICES: Record<string, string[]> = {
  '': ['api', 'watcher'],
  elk: ['elasticsearch', 'elasticsearch-setup', 'kibana'],
  tick: ['chronograf', 'influxdb', 'kapacitor', 'telegraf'],
  grafana: ['grafana', 'prometheus'],
  newrelic: ['api-newrelic'],
};
/** What wants an account elsewhere, and what only serves those who ship their logs through it. */
const BESIDES_ALL = ['api-newrelic', 'logstash'];

let engine: Engine;
let stack: Stack;
let services: Record<string, Service>;

beforeAll(async () => {
  engine = await startEngine();
  stack = await Stack.create(engine, ['elk', 'tick']);
  const everything = await stack.compose(['--profile', '*', 'config', '--format', 'json']);
  services = (JSON.parse(everything) as { services: Record<string, Service> }).services;
  delete services.receiver;
});
afterAll(async () => {
  await stack?.remove();
  await engine?.stop();
});

describe('docker-compose.yml', () => {
  test.each(Object.entries(SERVICES))('the profile "%s" starts what belongs to it', async (profile, expected) => {
    const named = await stack.compose(['config', '--services'], { COMPOSE_PROFILES: profile });
    const found = named
      .trim()
      .split('\n')
      .filter((name) => name !== 'receiver');
    expect(found.toSorted()).toEqual([...new Set([...SERVICES['']!, ...expected])].toSorted());
  });

  test('the profile "all" starts everything that runs on one machine', async () => {
    const named = await stack.compose(['config', '--services'], { COMPOSE_PROFILES: 'all' });
    const found = named
      .trim()
      .split('\n')
      .filter((name) => name !== 'receiver');
    const besides = Object.keys(services).filter((name) => !found.includes(name));
    expect(besides.toSorted()).toEqual(BESIDES_ALL);
  });

  test('every image is pinned to a version', () => {
    for (const { image } of Object.values(services)) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z]+)*$/);
  });

  test('every service is limited, unprivileged and published on loopback alone', () => {
    for (const [name, service] of Object.entries(services)) {
      expect([name, Number(service.mem_limit) > 0]).toEqual([name, true]);
      expect([name, service.cap_drop, service.security_opt]).toEqual([name, ['ALL'], ['no-new-privileges:true']]);
      for (const { host_ip } of service.ports ?? []) expect([name, host_ip]).toEqual([name, '127.0.0.1']);
      if (name !== 'elasticsearch-setup') expect([name, service.restart]).toEqual([name, 'unless-stopped']);
    }
  });

  test('every secret comes from .env, and without one the start says what to do', async () => {
    const secrets = Object.entries(stack.settings).filter(([name]) => /PASSWORD|TOKEN|KEY$/.test(name));
    expect(secrets.length).toBeGreaterThan(8);
    for (const [name] of secrets) {
      await expect(stack.compose(['config', '--quiet'], { [name]: '' })).rejects.toThrow(
        new RegExp(`${name} is missing a value: run deploy/compose/make-env\\.sh`),
      );
    }
    const known = new Set(secrets.map(([, value]) => value));
    for (const [name, { environment }] of Object.entries(services)) {
      for (const [variable, value] of Object.entries(environment ?? {})) {
        if (!/PASSWORD$|SECRET|TOKEN$|_KEY$/.test(variable) || variable === 'NEW_RELIC_LICENSE_KEY') continue;
        expect([name, variable, known.has(value ?? '')]).toEqual([name, variable, true]);
      }
    }
  });

  test('.env.example names every variable that is read', () => {
    const files = [
      'docker-compose.yml',
      'deploy/grafana/compose.yaml',
      ...['elasticsearch', 'elastic-apm', 'tick', 'prometheus'].map(
        (name) => `monitoring/backends/${name}/compose.yaml`,
      ),
    ];
    const example = readFileSync(join(CHECKOUT, 'deploy/compose/.env.example'), 'utf8');
    const named = new Set([...example.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name));
    const read = files.flatMap((file) =>
      [...readFileSync(join(CHECKOUT, file), 'utf8').matchAll(/\$\{([A-Z_]+)/g)]
        .filter((match) => match.input[match.index - 1] !== '$')
        .map(([, name]) => name),
    );
    expect([...new Set(read)].filter((name) => !named.has(name))).toEqual([]);
    expect([...named].filter((name) => !read.includes(name))).toEqual([]);
  });
});
