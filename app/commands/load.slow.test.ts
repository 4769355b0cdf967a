import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LoadRun } from '../../scenarios/load/load-run.ts';
import { k6ForTests } from '../../scenarios/load/testing/install-k6.ts';
import { openState } from '../../storage/state.ts';
import { ROOT, ringdown, temporaryFolder } from '../../test/support/ringdown.ts';

const folder = temporaryFolder();
const server = createServer((request, response) => {
  response.statusCode = request.url === '/broken' ? 500 : 200;
  response.end('{"ok":true}');
});
let K6_BIN: string;

const file = (name: string) => join(folder.path, name);
const scenario = (name: string, path: string, more: string) =>
  writeFileSync(
    file(`${name}.scenario.yaml`),
    `version: 1
id: ${name}
name: Load
service: api
secrets: [LOAD_KEY]
variables: { who: nobody }
steps:
  - name: asking
    request: { method: GET, url: ${path}, headers: { x-key: "{{ secrets.LOAD_KEY }}", x-who: "{{ who }}" } }
${more}`,
  );
const LOAD = 'load: { phases: [{ duration: 2s, arrival_rate: 20 }], thresholds: { failed: { lt: 1% } } }\n';
const common = ['--config', file('ringdown.yaml'), '--data-dir', file('data')];
const run = (command: string[], env: NodeJS.ProcessEnv = {}) =>
  ringdown([...command, ...common], { cwd: folder.path, env: { K6_BIN, LOAD_KEY: 'a secret key', ...env } });

beforeAll(async () => {
  K6_BIN = await k6ForTests();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    file('ringdown.yaml'),
    `version: 1\nenvironments: { local: { base_url: "http://127.0.0.1:${port}" } }\n`,
  );
  scenario('good', '/', LOAD);
  scenario('bad', '/broken', LOAD);
  scenario('without', '/', '');
  scenario('refused', '/', `  - { name: resolving, dns: { name: example.com, type: A } }\n${LOAD}`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  folder.remove();
});

test('a load test that holds is told, and kept among the runs', async () => {
  const { code, stdout, stderr } = await run(['load', 'good.scenario.yaml', '--json', '--var', 'who=somebody']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const told = JSON.parse(stdout) as LoadRun;
  expect(told).toMatchObject({ monitor: 'good@local:load', status: 'passed', load: { iterations: { failed: 0 } } });
  const state = await openState(file('data/state.db'));
  try {
    expect(await state.runs.find(told.id)).toMatchObject({ id: told.id, load: told.load });
    const { items } = await state.runs.list('good@local:load', { limit: 10 });
    expect(items.map(({ id }) => id)).toEqual([told.id]);
    expect((await state.runs.list('good@local', { limit: 10 })).items).toEqual([]);
  } finally {
    await state.close();
  }
});

test('a crossed threshold ends with 1', async () => {
  const { code, stdout } = await run(['load', 'bad.scenario.yaml']);
  expect(code).toBe(1);
  expect(stdout).toContain('✗ asking: status is 2xx');
  expect(stdout).toContain('✗ failed less than 1%: 100%');
});

test('what cannot be run ends with 2 and says why', async () => {
  const refused = await run(['load', 'refused.scenario.yaml']);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain(
    'refused.scenario.yaml:10:13: step "resolving": k6 cannot do a step of the kind dns',
  );
  expect(await run(['load', 'without.scenario.yaml'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('does not say how much load'),
  });
  expect(await run(['load', 'good.scenario.yaml'], { K6_BIN: '', PATH: folder.path })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('k6 was not found'),
  });
  expect(await run(['load', 'good.scenario.yaml'], { LOAD_KEY: '' })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('LOAD_KEY'),
  });
  expect(await run(['export', 'jmeter', 'good.scenario.yaml'])).toMatchObject({ code: 2 });
});

test('a script is printed without values of secrets, and k6 can read it', async () => {
  const { code, stdout } = await run(['export', 'k6', 'good.scenario.yaml', '--var', 'who=*/ `${evil}`'], {
    LOAD_KEY: '',
  });
  expect(code).toBe(0);
  expect(stdout).toContain("secrets = { LOAD_KEY: needed('LOAD_KEY') }");
  const written = await run(['export', 'k6', 'good.scenario.yaml', '--output', 'good.js']);
  expect(written).toEqual({ code: 0, stdout: '', stderr: '' });
  const inspected = spawn(K6_BIN, ['inspect', '-e', 'LOAD_KEY=x', 'good.js'], { cwd: folder.path });
  const [inspection] = await once(inspected, 'exit');
  expect(inspection).toBe(0);
  expect(readFileSync(file('good.js'), 'utf8')).not.toContain('a secret key');
});

test('Ctrl+C ends it early, with the figures until then', async () => {
  scenario('long', '/', LOAD.replace('2s', '10m'));
  const child = spawn(
    process.execPath,
    [join(ROOT, 'app/ringdown.mjs'), 'load', 'long.scenario.yaml', '--json', ...common],
    {
      cwd: folder.path,
      env: { ...process.env, K6_BIN, LOAD_KEY: 'a secret key' },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  await once(server, 'request');
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'skipped', load: { stopped: true } });
});
